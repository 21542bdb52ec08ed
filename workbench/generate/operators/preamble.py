"""Something else first: a remark that has nothing to do with what the customer wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Change, Mutated, applied, pick, unchanged
from workbench.generate.operators.protected import hidden
from workbench.generate.operators.shorten import OPENING
from workbench.generate.operators.statements import is_english

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

EXCUSES = (
    "Sorry for the typing",
    "Excuse the spelling",
    "Sorry if this sounds short",
    "Bear with me",
    "Forgive the mess",
    "Apologies for the typos",
    "Sorry, I type slowly",
    "Excuse me if this comes out odd",
)
CIRCUMSTANCES = (
    "I'm on a crowded bus",
    "the cat keeps walking over the keyboard",
    "my glasses must be in another room",
    "the baby fell asleep on my arm",
    "I'm standing in a noisy kitchen",
    "autocorrect has a mind of its own",
    "my thumbs were never made for this",
    "the dog won't stop barking",
    "I'm writing this with cold fingers",
    "the train shakes a lot",
    "the kids want me to look at a drawing",
    "I've got music on in the background",
    "there's a lot of noise in this waiting room",
    "English is new to me",
)
REMARKS = (
    "It's raining sideways here and the dog refuses to go out.",
    "My neighbour has taken up the trumpet, so I write in short bursts.",
    "I never use these chat windows, my nephew showed me where to click.",
    "The traffic outside sounds like a race track.",
    "I had to look for this little chat bubble for a while.",
    "My tea has gone cold while I looked for this page.",
    "I usually leave this sort of thing to my husband.",
    "Funny little picture you have there in the corner of the chat.",
    "It's far too hot here to think straight.",
    "I'm not much of a writer, as you will see.",
    "My sister tells me that I always write too much, so I'll try not to.",
    "I've just come in from the garden and my hands look like it.",
    "There's a school choir practising right under my window.",
    "I was about to make dinner when I remembered to write to you.",
    "We have guests in the house, so it gets loud here.",
    "The internet here comes and goes, so I'll be brief.",
)
"""Remarks composed for this project: none says anything of an order, money, a product or a date."""


def preamble(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Put a remark about something else in front of the first message, behind a greeting where there is one.

    Who writes no capitals writes none here. Only a message that is surely English gets a remark.

    Example:
        >>> from random import Random
        >>> preamble([{"role": "user", "text": "Hello, where is my kettle?"}], Random(1)).turns[0]["text"]
        'Hello, I was about to make dinner when I remembered to write to you. Where is my kettle?'
    """
    number = next((number for number, turn in enumerate(turns) if turn["role"] == "user"), None)
    if number is None or not is_english(turns[number]["text"]):
        return unchanged(turns, "the first message is not surely English")
    text, shape = turns[number]["text"], hidden(turns[number]["text"])
    said = pick(REMARKS, rng) if rng.random() < 0.5 else f"{pick(EXCUSES, rng)}, {pick(CIRCUMSTANCES, rng)}."
    greeting = OPENING.match(shape)
    place = greeting.end() if greeting else 0
    plain = not any(letter.isupper() for letter in text)
    if plain:
        said = said.lower()
    elif greeting and greeting[0].rstrip().endswith(",") and not said.startswith("I"):
        said = said[0].lower() + said[1:]
    # What followed a greeting now begins a sentence; a protected place stays as it is.
    head = "" if plain or not greeting or shape[place] == "0" else text[place]
    span = Change(number, place, place + len(head), head, f"{said} {head.upper()}")
    return Mutated(applied(turns, [span]), (span,), keeps_label=True)
