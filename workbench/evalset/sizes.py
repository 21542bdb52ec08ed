"""How a mix divides a number of cases, and how large a set this seed carries of it."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.mixes import Mix

LAUNCH_CASES = 1_000
"""Cases of a set for a confident model swap. Source: the long text, its opening."""


def carries(found: pd.DataFrame, parts: Mapping[str, Mix]) -> pd.DataFrame:
    """Return how large a set of each mix can be while every real share is filled by this seed.

    Args:
        found: What freezing takes; see `workbench.evalset.members`.
        parts: The mixes by name; see `workbench.mixes.mixes`.

    Returns:
        One row per mix: `mix`, `target` (the seed's share, 0-1), `seed_cases`, `seed_roots`,
        `carried` (cases, the seed's divided by its share, rounded down), `carried_by_roots` (the
        same by roots, which statistics count) and `seed_for_launch` (seed cases that a set of
        `LAUNCH_CASES` takes). A mix without a share for the seed has no limit: the last three are
        missing.

    Example:
        >>> import pandas as pd
        >>> from workbench.evalset import PRESETS
        >>> seed = pd.DataFrame({"bucket": "seed", "root_id": [f"r{i}" for i in range(184)]})
        >>> carries(seed, PRESETS).set_index("mix").loc["mature", ["carried", "seed_for_launch"]].tolist()
        [613, 300]
    """
    import pandas as pd

    seed = found[found["bucket"] == "seed"]
    roots = seed["root_id"].nunique()
    rows = []
    for name, mix in parts.items():
        share = mix.get(("seed",), 0.0)
        row = {"mix": name, "target": share, "seed_cases": len(seed), "seed_roots": roots}
        row |= {"carried": _reach(len(seed), share), "carried_by_roots": _reach(roots, share)}
        needed = whole_numbers(LAUNCH_CASES, mix).get(("seed",), 0)
        rows.append(row | {"seed_for_launch": needed if share else None})
    limits = dict.fromkeys(["carried", "carried_by_roots", "seed_for_launch"], "Int64")
    return pd.DataFrame(rows).astype(limits)


def _reach(seed: int, share: float) -> int | None:
    # 147 / 0.3 is a little under 490 in floating point.
    return math.floor(round(seed / share, 9)) if share else None


def undropped(found: Mapping[tuple[str, ...], int], parts: Mix) -> dict[tuple[str, ...], int]:
    """Return the parts of the smallest set in which a mix holds while no case is dropped.

    Args:
        found: The cases of each part that there are.
        parts: The share of each part; one of 0 asks for no case and holds whatever is there.

    Example:
        >>> undropped({("seed",): 30, ("prompted",): 35}, {("seed",): 0.3, ("prompted",): 0.7})
        {('seed',): 30, ('prompted',): 70}
    """
    # The part that is fullest against its target sets the size.
    sizes = [many / parts[part] for part, many in found.items() if parts[part] > 0]
    for total in itertools.count(math.floor(round(max(sizes, default=0.0), 9))):
        wanted = whole_numbers(total, parts)
        if all(wanted[part] >= many for part, many in found.items() if parts[part] > 0):
            break
    return wanted


def whole_numbers(total: int, parts: Mix) -> dict[tuple[str, ...], int]:
    """Return how many of a total belong to each part, by the largest remainder.

    Each part gets its exact number rounded down; what is left goes to the parts with the largest
    remainders, of equal ones to the first. So no part is off by a whole case, and all add up.

    Args:
        total: Cases, 0 or more.
        parts: The share of each part, adding up to about 1.

    Source: Hamilton's method; Balinski and Young (2001), Fair Representation, chapter 3.

    Example:
        >>> from workbench.evalset import PRESETS
        >>> list(whole_numbers(613, PRESETS["mature"]).values())
        [184, 214, 123, 61, 31]
    """
    whole = math.fsum(parts.values())
    exact = {part: round(total * share / whole, 9) for part, share in parts.items()}
    found = {part: math.floor(value) for part, value in exact.items()}
    largest = sorted(parts, key=lambda part: found[part] - exact[part])
    for part in largest[: total - sum(found.values())]:
        found[part] += 1
    return found
