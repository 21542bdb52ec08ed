"""The order of a sitting: drawn in blocks that are balanced over cells, with hidden checks between."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

BLOCK = 20
"""How many showings make a block, over which cells are balanced and checks are spread.

Position must not go with cell, or fatigue and a hard cell look alike. Source: notes on fatigue, blocks of 20.
"""


class Planted(NamedTuple):
    """A hidden check in its place.

    Attributes:
        after: After how many decisions of the sitting it comes.
        kind: `bad`, `good` or `repeat`.
    """

    after: int
    kind: str


def balanced(cells: Mapping[str, str], rng: random.Random) -> list[str]:
    """Return cases in a random order in which every stretch holds its share of every cell.

    Args:
        cells: The cell of each case, by its id.
        rng: What draws.

    Returns:
        The ids. Of a cell with n of N cases, b cases in a row that begin a block hold b * n / N, give
        or take one.

    Example:
        >>> import random
        >>> cells = {f"{cell}{number}": cell for cell in "ab" for number in range(40)}
        >>> order = balanced(cells, random.Random(1))
        >>> [sum(case.startswith("a") for case in order[at:at + 20]) for at in (0, 20, 40, 60)]
        [10, 10, 10, 10]
    """
    members: defaultdict[str, list[str]] = defaultdict(list)
    for case_id, cell in cells.items():
        members[cell].append(case_id)
    moments = []
    for cell in sorted(members):
        rng.shuffle(members[cell])
        start = rng.random()
        step = len(members[cell])
        moments += [((place + start) / step, case_id) for place, case_id in enumerate(members[cell])]
    order = [case_id for _, case_id in sorted(moments)]
    blocks = [order[at : at + BLOCK] for at in range(0, len(order), BLOCK)]
    for block in blocks:
        rng.shuffle(block)
    return [case_id for block in blocks for case_id in block]


def checks(cases: int, shares: Mapping[str, float], rng: random.Random) -> list[Planted]:
    """Return where hidden checks come in a sitting: spread over its blocks, at a random place in each.

    Places are counted in decisions, so that checks keep their share when others take cases away.

    Args:
        cases: How many candidates the sitting has.
        shares: The share of what is shown by kind, each from 0 to below 1.
        rng: What draws.

    Example:
        >>> import random
        >>> found = checks(170, {"bad": 0.05, "good": 0.05, "repeat": 0.05}, random.Random(7))
        >>> [sum(one.kind == kind for one in found) for kind in ("bad", "good", "repeat")]
        [10, 10, 9]
    """
    shown = round(cases / (1 - sum(shares.values())))
    found: list[Planted] = []
    for block in range(-(-shown // BLOCK)):
        begin, end = block * BLOCK, min((block + 1) * BLOCK, shown)
        kinds = [
            kind
            for kind, share in shares.items()
            # A repeat needs something before it that is forgotten by then.
            if not (kind == "repeat" and block == 0)
            for _ in range(round(share * end) - round(share * begin))
        ]
        moments = rng.sample(range(begin, end), min(len(kinds), end - begin))
        found += [Planted(*pair) for pair in zip(moments, rng.sample(kinds, len(kinds)), strict=False)]
    return sorted(found)


def is_double(case_id: str, share: float) -> bool:
    """Say whether a candidate is one of those that two people decide on.

    It is so for everybody and for good, since it depends on the id alone.

    Args:
        case_id: Its id.
        share: The share of such candidates (0-1).

    Example:
        >>> round(sum(is_double(f"m{number}", 0.15) for number in range(2000)) / 2000, 2)
        0.15
    """
    digest = hashlib.sha256(f"double {case_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def is_for(reviewer: str, names: Iterable[str], assigned: Mapping[str, Sequence[str]]) -> bool:
    """Say whether a candidate may go to a reviewer.

    Args:
        reviewer: Who asks.
        names: The levels and the bucket of the candidate.
        assigned: Who alone reviews what, by level or bucket; what is not named goes to anybody.

    Example:
        >>> is_for("Ana", ["angry", "prompted"], {"angry": ["Bo"]}), is_for("Ana", ["new"], {"angry": ["Bo"]})
        (False, True)
    """
    return all(reviewer in assigned[name] for name in names if name in assigned)
