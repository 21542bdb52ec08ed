"""Hidden checks: cases whose right verdict is known, planted between the candidates.

A known-good one is a real conversation of the seed. A known-bad one is a text with a fault that no
careful reader lets through; it finds who waves things through, and says nothing about subtle faults.
They live in the table `checks`, never in `cases`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.provenance import content_sha256, sha256
from workbench.redact import redact
from workbench.text import last_user, turns_text

if TYPE_CHECKING:
    import datetime as dt
    import random
    from collections.abc import Callable, Iterable, Mapping, Sequence

SEED = "seed"
"""How a known-good check was made: it is a conversation of the seed as it is."""

LEAST_WORDS = 6
"""Words that a message needs before its shuffled words are no longer a message."""

_ANSWER = (
    "Thank you for reaching out to us today. I understand how frustrating this must be, and I apologise for "
    "the inconvenience. I would be happy to assist you further. Could you please confirm your order number?"
)


def _answer(text: str, cell: str, rng: random.Random) -> str:
    """The customer speaks as the assistant does."""
    del text, cell, rng
    return _ANSWER


def _preamble(text: str, cell: str, rng: random.Random) -> str:
    """What a generator says around a case is left in it."""
    del rng
    wanted = f" for {cell.replace('/', ', ').replace('_', ' ')}" if cell else ""
    return f'Sure! Here is a realistic customer message{wanted}:\n\n"{text}"\n\nWould you like another variation?'


def _placeholders(text: str, cell: str, rng: random.Random) -> str:
    """A template is not filled in."""
    del cell, rng
    hollow = re.sub(r"\d[\d.,:/-]*", "[NUMBER]", text)
    return f"Hi, my name is [CUSTOMER NAME] and I am writing about [PRODUCT]. {hollow}"


def _salad(text: str, cell: str, rng: random.Random) -> str:
    """The words stand in no order."""
    del cell
    words = text.split()
    return " ".join(rng.sample(words, len(words))) if len(words) >= LEAST_WORDS else ""


FAULTS: Mapping[str, Callable[[str, str, random.Random], str]] = {
    "answer": _answer,
    "preamble": _preamble,
    "placeholders": _placeholders,
    "salad": _salad,
}
"""Ways to spoil a message; each returns the spoilt one, or nothing where it cannot."""


def known_bad(
    material: Iterable[Mapping[str, Any]], cells: Sequence[str | None], rng: random.Random, *, at: dt.datetime
) -> list[dict[str, Any]]:
    """Return known-bad checks, one of each conversation, the kinds of fault in turn.

    Args:
        material: Rows of `cases` that are spoilt.
        cells: Cells that waiting candidates claim; a check claims one of them.
        rng: What draws.
        at: When they are made.

    Returns:
        Rows of `checks` with the truth `reject`.
    """
    made, texts = [], set()
    for number, row in enumerate(material):
        turns, cell = row["turns"], rng.choice(cells)
        text = last_user(turns)
        if not text:
            continue
        ways = [*FAULTS][number % len(FAULTS) :] + [*FAULTS][: number % len(FAULTS)]
        for how in ways:
            spoilt = FAULTS[how](text, cell or "", rng)
            if spoilt and spoilt not in texts and spoilt != text:
                texts.add(spoilt)
                talk = [{"role": "user", "text": spoilt}] if how == "answer" else _said_last(turns, spoilt)
                made.append(_check("reject", how, row, talk, cell, at))
                break
    return made


def known_good(
    seed: Iterable[Mapping[str, Any]], cells: Sequence[str | None], rng: random.Random, *, at: dt.datetime
) -> list[dict[str, Any]]:
    """Return known-good checks: real conversations without personal data that is found.

    Args:
        seed: Rows of `cases` of the bucket seed.
        cells: Cells that waiting candidates claim. A check claims one that has the level of its slice,
            where there is one; whether it fits is not known, and no reviewer is held to it.
        rng: What draws.
        at: When they are made.

    Returns:
        Rows of `checks` with the truth `keep`.
    """
    made = []
    for row in seed:
        text = turns_text(row["turns"])
        if redact(text) == text:
            near = [cell for cell in cells if cell and row["slice"] in cell.split("/")]
            made.append(_check("keep", SEED, row, row["turns"], rng.choice(near or cells), at))
    return made


def _said_last(turns: list[dict[str, str]], text: str) -> list[dict[str, str]]:
    place = max(number for number, turn in enumerate(turns) if turn["role"] == "user")
    return [*turns[:place], {"role": "user", "text": text}]


def _check(
    truth: str,
    how: str,
    row: Mapping[str, Any],
    turns: list[dict[str, str]],
    cell: str | None,
    at: dt.datetime,
) -> dict[str, Any]:
    content = content_sha256(turns, row["context"])
    return {
        "check_id": f"check-{sha256([row['case_id'], how, content])[:12]}",
        "truth": truth,
        "how": how,
        "made_from": [row["case_id"]],
        "turns": turns,
        "context": row["context"],
        "cell": cell,
        "content_sha256": content,
        "created_at": at,
    }
