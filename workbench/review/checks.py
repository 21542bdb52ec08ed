"""Hidden checks: cases whose right verdict is known, planted between the candidates.

A known-good one is a real conversation of the seed. A known-bad one is a text with a fault that no
careful reader lets through; it finds who waves things through, and says nothing about subtle faults.
They live in the table `checks`, never in `cases`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.provenance import BETWEEN, content_sha256, sha256
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

LEAST_ANSWER = 12
"""Words that an assistant's turn needs before it is plain that no customer says it. Our convention: a
shorter one, such as `May I have the order number?`, could be anybody's."""

_GREETS = (
    "Thank you for reaching out to us today. I understand how frustrating this must be, and I apologise for it.",
    "I am sorry to hear that you have had this experience with our service.",
    "Thanks for contacting customer support. I have had a look at your account.",
    "I completely understand your concern, and I am here to help you with it.",
    "Great question! I can certainly look into this for you.",
    "We appreciate your patience while our team goes through your request.",
)
_ASKS = (
    "Could you please confirm your order number so that I can assist you further?",
    "I have passed your request on to the responsible department, which will get back to you shortly.",
    "Please send us a photo of the item, and we will arrange the next step for you.",
    "Under our policy we can offer you a return label. Would you like me to send it to you?",
    "May I ask you to verify the address on your account before I go on?",
    "Is there anything else that I can do for you today?",
)
_BEFORE = (
    "Sure! Here is a realistic customer message{}:",
    "Certainly. One example{}, written as a customer would type it:",
    "**Customer message{}**",
    "Example 3{}:",
    "I have written the following message{}, as you asked:",
    "Below is a test case{}.",
)
_BEHIND = (
    "Would you like another variation?",
    "Let me know if I should make the tone angrier or the text shorter.",
    "(This message leaves out the order number, as many customers do.)",
    "Expected behaviour: the assistant asks for details and applies the policy.",
    "Feel free to change the names and figures.",
    "I hope this helps with your evaluation set!",
)
_HOLLOW = (
    ("Hi, my name is [CUSTOMER NAME] and I am writing about [PRODUCT]. {}", "[NUMBER]"),
    ("{} My order is <order_id>, placed on <date>.", "<number>"),
    ("Dear {{company_name}}, {} Kind regards, {{first_name}}", "{number}"),
    ("{} I bought the INSERT PRODUCT HERE about XX days ago.", "XX"),
    ("I ordered ________ from you. {}", "____"),
    ("Re: [ISSUE TYPE]. {} Please write to [EMAIL ADDRESS].", "[...]"),
)
"""Templates, and what stands in them for a number."""


def _answer(text: str, cell: str, rng: random.Random) -> str:
    """The customer speaks as the assistant does."""
    del text, cell
    return f"{rng.choice(_GREETS)} {rng.choice(_ASKS)}"


def _preamble(text: str, cell: str, rng: random.Random) -> str:
    """What a generator says around a case is left in it."""
    wanted = f" for {cell.replace('/', ', ').replace('_', ' ')}" if cell else ""
    return f'{rng.choice(_BEFORE).format(wanted)}\n\n"{text}"\n\n{rng.choice(_BEHIND)}'


def _placeholders(text: str, cell: str, rng: random.Random) -> str:
    """A template is not filled in."""
    del cell
    frame, number = rng.choice(_HOLLOW)
    return frame.format(re.sub(r"\d[\d.,:/-]*", number, text))


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

    Words are drawn, so that a fault is not known by how it begins. A customer who speaks as the assistant
    does says what an assistant said in the material, where one said enough, and else composed words.

    Args:
        material: Rows of `cases` that are spoilt.
        cells: Cells that waiting candidates claim; a check claims one of them.
        rng: What draws.
        at: When they are made.

    Returns:
        Rows of `checks` with the truth `reject`.
    """
    rows = [*material]
    made, texts, answers = [], set(), _answers(rows)
    for number, row in enumerate(rows):
        turns, cell = row["turns"], rng.choice(cells)
        text = last_user(turns)
        if not text:
            continue
        ways = [*FAULTS][number % len(FAULTS) :] + [*FAULTS][: number % len(FAULTS)]
        for how in ways:
            sources, spoilt = [row["case_id"]], FAULTS[how](text, cell or "", rng)
            if how == "answer" and answers:
                spoilt, source = answers.pop(rng.randrange(len(answers)))
                sources = [*dict.fromkeys([*sources, source])]
            if spoilt and spoilt not in texts and spoilt != text:
                texts.add(spoilt)
                talk = [{"role": "user", "text": spoilt}] if how == "answer" else _said_last(turns, spoilt)
                made.append(_check("reject", how, sources, talk, row["context"], cell=cell, at=at))
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
            near = [cell for cell in cells if cell and row["slice"] in cell.split(BETWEEN)]
            cell = rng.choice(near or cells)
            made.append(
                _check("keep", SEED, [row["case_id"]], row["turns"], row["context"], cell=cell, at=at)
            )
    return made


def intact(row: Mapping[str, Any]) -> bool:
    """Say whether a check is as it was made: its id is a hash of everything it says but its day.

    Args:
        row: A row of `checks`, with None for what is missing.

    Example:
        >>> import datetime as dt, random
        >>> case = {"case_id": "s1", "slice": None, "context": None,
        ...         "turns": [{"role": "user", "text": "where is it????"}]}
        >>> [check] = known_good([case], [None], random.Random(1), at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC))
        >>> intact(check), intact(check | {"truth": "reject"})
        (True, False)
    """
    return bool(row["check_id"] == _named(row))


def _answers(material: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what assistants said in conversations, each once, and the id of one that it was said in."""
    said = {
        turn["text"]: row["case_id"]
        for row in material
        for turn in row["turns"]
        if turn["role"] == "assistant" and len(turn["text"].split()) >= LEAST_ANSWER
    }
    return [(text, source) for text, source in said.items() if redact(text) == text]


def _said_last(turns: list[dict[str, str]], text: str) -> list[dict[str, str]]:
    place = max(number for number, turn in enumerate(turns) if turn["role"] == "user")
    return [*turns[:place], {"role": "user", "text": text}]


def _check(
    truth: str,
    how: str,
    made_from: list[str],
    turns: list[dict[str, str]],
    context: Any,
    *,
    cell: str | None,
    at: dt.datetime,
) -> dict[str, Any]:
    row = {
        "truth": truth,
        "how": how,
        "made_from": made_from,
        "turns": turns,
        "context": context,
        "cell": cell,
        "content_sha256": content_sha256(turns, context),
        "created_at": at,
    }
    return {"check_id": _named(row), **row}


def _named(row: Mapping[str, Any]) -> str:
    told = {name: value for name, value in row.items() if name not in {"check_id", "created_at"}}
    return f"check-{sha256(told)[:16]}"
