"""Pass rates, differences and readings of each swap by group and bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.provenance import BUCKETS, GROUPS
from workbench.stats.rates import rate
from workbench.swap.comparison import difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from workbench.swap.history.past import Past

KINDS = {"group": GROUPS, "bucket": BUCKETS}


def rates(swaps: Sequence[Past], *, alpha: float) -> list[dict[str, Any]]:
    """Return one row per swap that is used, and group or bucket that it has a pair in.

    Args:
        swaps: Oldest first.
        alpha: One minus the confidence level of the pass rates; a difference has its own look's.

    Returns:
        `swap` (its place, from 0), `kind` (group or bucket), `part`, `paired`, `roots`, and for each
        of baseline and candidate `<side>_rate`, `<side>_low`, `<side>_high` (0-1); `delta_pp`,
        `low_pp`, `high_pp` (percentage points), `reading`; `why` a number is None.
    """
    return [
        {"swap": place, "kind": kind, "part": part, **_row(rows, swap, alpha)}
        for place, swap in enumerate(swaps)
        if not swap.unused and swap.pairs is not None
        for kind, part, rows in _parts(swap.pairs)
    ]


def readings(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the readings {group: reading} of each swap, oldest first, of what `rates` returns.

    The self-test is answered from them, so that it looks at the same swaps as the table of signs.

    Example:
        >>> real = {"swap": 0, "kind": "group", "part": "real", "reading": "worse"}
        >>> readings([real, real | {"kind": "bucket", "part": "seed"}, real | {"swap": 2, "reading": "better"}])
        [{'real': 'worse'}, {'real': 'better'}]
    """
    told: dict[int, dict[str, str]] = {}
    for row in rows:
        if row["kind"] == "group":
            told.setdefault(row["swap"], {})[row["part"]] = row["reading"]
    return list(told.values())


def _parts(pairs: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for kind, parts in KINDS.items():
        for part in parts:
            rows = pairs[pairs[kind] == part]
            if len(rows):
                yield kind, part, rows


def _row(pairs: pd.DataFrame, swap: Past, alpha: float) -> dict[str, Any]:
    roots = pairs["root_id"].to_numpy()
    d = (pairs["candidate"] - pairs["baseline"]).to_numpy(float)
    real = bool((pairs["group"] == "real").all())
    found = difference(d, roots, alpha=swap.alpha, margin=swap.margin_pp / 100, whole_roots=real)
    row: dict[str, Any] = {"paired": len(pairs), "roots": found.roots}
    why = [found.why.get("low_pp", "")]
    for side in ("baseline", "candidate"):
        told = rate(pairs[side].to_numpy(float), roots, alpha=alpha)
        row |= {f"{side}_rate": told.value, f"{side}_low": told.low, f"{side}_high": told.high}
        why.append(told.reason or "")
    return row | {
        "delta_pp": found.delta_pp,
        "low_pp": found.low_pp,
        "high_pp": found.high_pp,
        "reading": found.reading,
        "why": " ".join(dict.fromkeys(filter(None, why))),
    }
