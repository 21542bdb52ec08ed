"""Verbs of the first person turned to the third: a closed list, and nothing beyond it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESENT = frozenset(
    words(
        "accept agree answer appreciate ask bring buy call care cancel change check choose claim click contact deserve demand"
        " dislike enjoy expect feel find forget get give go happen hate help hold insist keep know lack like live lose love"
        " mind miss move need order own pay plan possess prefer purchase receive refuse remember request require return say see"
        " send sit smell start stay suspect take tell try understand use wait want watch wear work write"
    )
)
"""Verbs in the present that are known, in the form after "I"."""

CLEAR = frozenset(
    words("am expect feel get have haven't havent insist keep know like need own prefer see think want was")
)
"""Verbs that are no nouns, so that "I ordered it and want" has one reading; "and return" has two."""

PAST = frozenset(
    words(
        "became began bought broke brought built came caught chose did dropped fell felt forgot found gave got had heard held"
        " kept knew left lost made meant met paid ran said sat saw sent shut slept sold spent spoke stood threw told took"
        " thought tried understood went woke wore won wrote"
    )
)
"""Irregular verbs in the past, which say "I" and "she" alike; those spelt like the present are not here."""

PARTICIPLES = PAST | frozenset(
    words("been begun broken chosen done fallen forgotten given gone known seen spoken taken thrown written")
)

_UNCHANGING = frozenset(
    words(
        "can could will would shall should may might must cannot can't could've couldn't won't wouldn't shan't shouldn't"
        " mightn't mustn't cant couldnt wont wouldnt shouldnt didn't didnt hadn't hadnt used"
    )
)
_SINGULAR: Mapping[str, str] = {
    "am": "is", "have": "has", "do": "does", "don't": "doesn't", "haven't": "hasn't", "dont": "doesnt", "havent": "hasnt",
    "was": "was", "wasn't": "wasn't", "wasnt": "wasnt", "go": "goes",
}  # fmt: skip
_PLURAL: Mapping[str, str] = {"am": "are", "was": "were", "wasn't": "weren't", "wasnt": "werent"}

ADVERBS = frozenset(
    words(
        "just really still also only never already simply now always currently actually honestly definitely recently finally"
        " even truly accidentally probably literally apparently clearly urgently kindly then usually"
    )
)
"""Words that may stand between "I" and its verb."""


def agreed(verb: str, *, plural: bool) -> str | None:
    """Return a verb that followed "I" as it follows another subject; None when it is not known.

    Args:
        verb: The verb as it is written; capitals are kept.
        plural: Whether the new subject is "they" rather than "she" or "he".

    Example:
        >>> [agreed(verb, plural=False) for verb in ("want", "TRY", "haven't", "ordered", "can", "gork")]
        ['wants', 'TRIES', "hasn't", 'ordered', 'can', None]
        >>> agreed("was", plural=True)
        'were'
    """
    plain = verb.lower().replace("\u2019", "'")
    if plain in _UNCHANGING or is_past(plain):
        found = plain
    elif plain in _SINGULAR:
        found = _PLURAL.get(plain, plain) if plural else _SINGULAR[plain]
    elif plain in PRESENT:
        found = plain if plural else _third(plain)
    else:
        return None
    if found == plain:
        return verb
    if len(verb) > 1 and verb.isupper():
        return found.upper()
    return found.capitalize() if verb[0].isupper() else found


def is_past(verb: str) -> bool:
    """Say whether a verb, in small letters, is in a past that is the same for every subject.

    Example:
        >>> is_past("ordered"), is_past("paid"), is_past("need"), is_past("put")
        (True, True, False, False)
    """
    return verb in PAST or (bool(re.fullmatch(r"[a-z]{2,}ed", verb)) and not verb.endswith("eed"))


def _third(verb: str) -> str:
    if re.search(r"[^aeiou]y$", verb):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if re.search(r"(?:s|x|z|ch|sh|o)$", verb) else f"{verb}s"
