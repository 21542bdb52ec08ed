"""Style hints: which real cases of the train split a prompt shows, and how they are written into it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.provenance import sha256
from workbench.redact import find, redact, texts
from workbench.text import ODD, user_text, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

HINTS = 3
"""Real cases per prompt. Source: the long text, sections 3 and 6."""

NEARNESS = ("cell", "partial", "near", "any")
"""How near a hint is to a cell: `cell` is the cell itself; `partial` is known on some axes, such as
`*/delay`, and differs on none; `near` shares a level; `any` shares none."""

UNKNOWN = "*"
"""The level of a case on an axis that nothing says anything about."""

SAME_WORDS = 8
"""Words in a row that count as the same text. Source: Brown et al., "Language Models are Few-Shot Learners",
2020, appendix C: 8 to 13 by the length of the texts, and no fewer, because shorter runs collide by chance."""

_SIGNS = re.compile(f"[<>{ODD}]|={{3,}}")

_WRITTEN = re.compile(r"\\(?:u.{4}|.)|.")
"""One sign of a text as JSON writes it."""


class Hint(NamedTuple):
    """A real case that a prompt shows.

    Attributes:
        case_id: The case.
        nearness: One of `NEARNESS`.
    """

    case_id: str
    nearness: str


def nearness(levels: tuple[str, ...], cell: tuple[str, ...]) -> str:
    """Say how near a case is to a cell; both are one level per axis, and a cell may have none.

    Example:
        >>> cell = ("angry", "delay")
        >>> [nearness(levels, cell) for levels in (cell, ("*", "delay"), ("new", "delay"), ("new", "damaged"))]
        ['cell', 'partial', 'near', 'any']
    """
    shared = sum(one == other for one, other in zip(levels, cell, strict=False))
    if not shared:
        return "any"
    if shared == len(cell):
        return "cell"
    differs = any(one not in {UNKNOWN, other} for one, other in zip(levels, cell, strict=False))
    return "near" if differs else "partial"


def train(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `cases` that may be shown: real ones of the train split, with a text.

    Those that `withheld` returns are not among them.
    """
    real = _real(cases)
    return real[~real["case_id"].isin(withheld(cases)["case_id"])]


def withheld(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the real cases of the train split that no prompt shows, because they would give others away.

    Such a case holds, as a prompt would show it, `SAME_WORDS` words in a row that a customer of an eval
    or holdout case wrote: a case of the seed or a golden one. What assistants wrote in those does not
    count, for support answers everybody in the same words.

    Args:
        cases: The table `cases`, whole.
    """
    kept = cases["bucket"].isin(["seed", "golden"]) & cases["split"].isin(["eval", "holdout"])
    return telling(_real(cases), cases[kept])


def telling(shown: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the cases that, shown in a prompt, hold `SAME_WORDS` words in a row that a customer of others wrote.

    Args:
        shown: Rows of `cases`.
        others: Rows of `cases`.
    """
    secret = _runs(user_text(turns) for turns in others["turns"])
    told = zip(shown["turns"], shown["context"], strict=True)
    return shown.loc[[not secret.isdisjoint(_runs(_shown(turns, context))) for turns, context in told]]


def _real(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the real cases of the train split that have a text."""
    real = (cases["bucket"] == "seed") & (cases["split"] == "train")
    return cases[real & cases["turns"].map(bool).astype(bool)]


def _shown(turns: list[dict[str, str]], context: object) -> list[str]:
    """Return the texts of a case as a prompt shows it, and those of the customer as one besides."""
    told: dict[str, Any] = redact({"turns": turns, "context": context})
    return [user_text(told["turns"]), *texts(told)]


def _runs(told: Iterable[str]) -> set[tuple[str, ...]]:
    """Return every `SAME_WORDS` words that stand in a row in one of these texts."""
    said = [words(text) for text in told]
    return {tuple(one[at : at + SAME_WORDS]) for one in said for at in range(len(one) - SAME_WORDS + 1)}


def dealt(
    places: Mapping[str, tuple[str, ...]], cell: tuple[str, ...], *, count: int, seed: int
) -> list[tuple[Hint, ...]]:
    """Return the hints of each candidate of a cell, three for each, or as many as there are.

    They come from the nearest cases that are at least three together: the cell's own, then what is
    known in part, then what shares a level, then any. None is shown again before all of these were
    shown, the nearest of them first. What a candidate is shown depends on the seed, the cell, its
    number in the cell and the cases alone.

    Args:
        places: The levels of each case that may be shown, by its id.
        cell: The levels of the cell; for the red team the attack, which no case has.
        count: How many candidates.
        seed: The seed of chance.

    Example:
        >>> places = {"s1": ("angry", "delay"), "s2": ("*", "delay"), "s3": ("*", "delay"), "s4": ("new", "damaged")}
        >>> [[hint.case_id for hint in hand] for hand in dealt(places, ("angry", "delay"), count=2, seed=7)]
        [['s1', 's3', 's2'], ['s1', 's3', 's2']]
    """
    hints = [Hint(case, nearness(levels, cell)) for case, levels in places.items()]
    pool: list[Hint] = []
    for near in NEARNESS:
        if len(pool) < HINTS:
            pool += [hint for hint in hints if hint.nearness == near]
    hands: list[tuple[Hint, ...]] = []
    deck: list[Hint] = []
    rounds = 0
    for _ in range(count):
        hand: list[Hint] = []
        while len(hand) < min(HINTS, len(pool)):
            following = next((hint for hint in deck if hint not in hand), None)
            if following is None:
                deck += _shuffled(pool, [seed, cell, rounds])
                rounds += 1
            else:
                deck.remove(following)
                hand.append(following)
        hands.append(tuple(hand))
    return hands


def _shuffled(pool: list[Hint], name: list[Any]) -> list[Hint]:
    """Return hints with the nearest first, and equally near ones in the order of a hash."""
    return sorted(pool, key=lambda hint: (NEARNESS.index(hint.nearness), sha256([*name, hint.case_id])))


def line(turns: list[dict[str, str]], context: object) -> str:
    r"""Return a case as one line of JSON, redacted, that cannot close what it stands in.

    What could end a line or a mark-up, look like a marker line, hide from a reader, or be taken for personal
    data in the line and is none in the case, is written as JSON escapes.

    Example:
        >>> line([{"role": "user", "text": "</case>\nI am kim@shop.example"}], None)
        '{"turns": [{"role": "user", "text": "\\u003c/case\\u003e\\nI am \\u003cEMAIL_1\\u003e"}]}'
    """
    told = {"turns": turns} | ({} if context is None else {"context": context})
    written = _SIGNS.sub(_escaped, json.dumps(redact(told), ensure_ascii=False))
    # The wire reads the line and not the case: a line break and @shop.example are the address n@shop.example to it.
    while found := {at for span in find(written) for at in range(span.start, span.end)}:
        signs = _WRITTEN.finditer(written)
        written = "".join(
            _escaped(sign) if sign.start() in found and sign[0][0] != "\\" else sign[0] for sign in signs
        )
    return written


def _escaped(sign: re.Match[str]) -> str:
    return re.sub("(.{4})", r"\\u\1", sign[0].encode("utf-16-be", "surrogatepass").hex())
