"""A customer's message with what it answers quoted above or below it, as mail programs put it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.changes import Change, Mutated, applied, pick, unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random


def quoted_reply(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    r"""Quote the message before, word for word, above or below what the user says to it.

    Only a message of this conversation is quoted, that of the assistant right before. What stands behind
    this operator in a chain changes the quotation too, so it is best the last.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "assistant", "text": "Is it opened?"}, {"role": "user", "text": "no"}]
        >>> quoted_reply(turns, Random(0)).turns[1]["text"]
        'no\n\n> Is it opened?'
    """
    answers = [
        number
        for number in range(1, len(turns))
        if turns[number]["role"] == "user"
        and turns[number - 1]["role"] == "assistant"
        and turns[number - 1]["text"].strip()
    ]
    if not answers:
        return unchanged(turns, "no message of the user answers one of the assistant")
    number = pick(answers, rng)
    text = turns[number]["text"]
    quoted = "\n".join(f"> {line}".rstrip() for line in turns[number - 1]["text"].strip().splitlines())
    above = rng.random() < 0.5
    place = 0 if above else len(text)
    after = f"{quoted}\n\n" if above else f"\n\n{quoted}"
    span = Change(number, place, place, "", after, "value")
    return Mutated(applied(turns, [span]), (span,), keeps_label=True)
