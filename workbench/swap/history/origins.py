"""What a swap's numbers come from, and what of it changed since the swap before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import listed
from workbench.provenance import UNKNOWN, sha256
from workbench.tables import CASES, LABELS, REVIEWS, RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.frozen import Frozen
    from workbench.store import Transaction

KINDS: Mapping[str, str] = {
    "evalset": "set",
    "generators": "generator",
    "prompts": "prompt",
    "rubrics": "rubric",
    "judges": "judge",
}
"""What is compared from swap to swap, and its word on a mark."""


def origins(
    tx: Transaction, frozen: Frozen, case_ids: Sequence[str], outcomes: pd.DataFrame
) -> dict[str, Any]:
    """Return what the numbers of a swap come from, as it is kept for the swaps after it.

    A case that a run made has the run's template as its prompt, any other the prompt that came with it:
    two prompts of one template differ by their cell and hints, which is no change of the prompt.

    Args:
        tx: An open transaction.
        frozen: The set.
        case_ids: The cases of the swap.
        outcomes: The result rows that it is decided on.

    Returns:
        evalset {name, version, sha256}, generators [family], prompts {count, sha256},
        rubrics [version], judges [{name, family}]; each list sorted, with `unknown` for what is missing.
    """
    cases = tx.read(CASES, case_id=list(case_ids))
    labels = folds.labels(folds.upheld(tx.read(LABELS), tx.read(REVIEWS)))
    rubrics = labels.loc[labels["case_id"].isin(set(case_ids)), "rubric_version"].fillna(UNKNOWN)
    judges = outcomes[["judge", "judge_family"]].drop_duplicates().sort_values(["judge", "judge_family"])
    prompts = sorted(_prompts(tx, cases))
    return {
        "evalset": {"name": frozen.name, "version": frozen.version, "sha256": frozen.sha256},
        "generators": sorted({str(name) for name in cases["generator_family"].dropna()}),
        "prompts": {"count": len(prompts), "sha256": sha256(prompts)},
        "rubrics": sorted({str(version) for version in rubrics}),
        "judges": [{"name": str(name), "family": str(family)} for name, family in judges.to_numpy()],
    }


def _prompts(tx: Transaction, cases: pd.DataFrame) -> set[str]:
    """Return the hashes of the prompts of cases: of the template where a run is known."""
    own = cases.dropna(subset="prompt_sha256").set_index("case_id")["prompt_sha256"].to_dict()
    for run in tx.rows(RUNS):
        for slot in run["slots"]:
            template = run["prompts"].get(slot["bucket"])
            if template and slot["case_id"] in own:
                own[slot["case_id"]] = template
    return set(own.values())


def marks(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what changed from one swap's origins to the next one's, as {kind, text}.

    Example:
        >>> first = {"generators": ["mistral/large"], "rubrics": ["1"], "judges": [], "prompts": {"sha256": "a", "count": 3},
        ...          "evalset": {"name": "launch", "version": 1, "sha256": "b"}}
        >>> second = {**first, "rubrics": ["2"], "evalset": {"name": "launch", "version": 2, "sha256": "c"}}
        >>> [mark["text"] for mark in marks(first, second)]
        ['set: launch v1 → launch v2', 'rubric: 1 → 2']
    """
    changed = [
        kind for kind in KINDS if _identity(kind, before.get(kind)) != _identity(kind, after.get(kind))
    ]
    return [
        {"kind": KINDS[kind], "text": f"{KINDS[kind]}: {_told(kind, before)} → {_told(kind, after)}"}
        for kind in changed
    ]


def _identity(kind: str, value: Any) -> Any:
    return value["sha256"] if kind in {"evalset", "prompts"} and value else value


def _told(kind: str, swap: Mapping[str, Any]) -> str:
    value = swap.get(kind)
    if not value:
        return "none"
    if kind == "evalset":
        return f"{value['name']} v{value['version']}"
    if kind == "prompts":
        return f"{value['count']:,} ({value['sha256'][:8]})" if value["count"] else "none"
    if kind == "judges":
        return listed([f"{judge['name']} ({judge['family']})" for judge in value])
    return listed(value)
