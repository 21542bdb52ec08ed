"""The relatives for whom users write, and what they are called."""

from __future__ import annotations

from typing import NamedTuple

from workbench.text import words


class Subject(NamedTuple):
    """Somebody for whom the user writes: `name` is said first, the pronouns afterwards."""

    name: str
    subject: str
    object: str
    possessive: str
    own: str
    reflexive: str
    plural: bool = False


_SHE = ("she", "her", "her", "hers", "herself")
_HE = ("he", "him", "his", "his", "himself")
SUBJECTS = (
    Subject("my mother", *_SHE),
    Subject("my sister", *_SHE),
    Subject("my grandmother", *_SHE),
    Subject("my father", *_HE),
    Subject("my brother", *_HE),
    Subject("my grandfather", *_HE),
    Subject("my parents", "they", "them", "their", "theirs", "themselves", plural=True),
)

RELATIVES = frozenset(
    words(
        "mother mom mum mama father dad papa parents sister brother wife husband partner girlfriend boyfriend son daughter kid"
        " kids child children grandmother grandma grandfather grandpa aunt uncle niece nephew cousin friend colleague boss"
        " neighbour neighbor family granddaughter grandson gran granny nan nana spouse ex fiance fiancee flatmate roommate roomie"
    )
)
"""Of a text with one of these it is open who is meant by the next pronoun."""
