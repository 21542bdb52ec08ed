"""Another subject: what users say of themselves is said of a relative, and the grammar agrees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.generate.operators.agreement import ADVERBS, CLEAR, PARTICIPLES, PAST, PRESENT, agreed, is_past
from workbench.generate.operators.changes import Edit, edited, unchanged
from workbench.generate.operators.protected import hidden
from workbench.generate.operators.relatives import RELATIVES, SUBJECTS
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated
    from workbench.generate.operators.relatives import Subject


TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_FIRST = frozenset(words("i i'm im i've ive i'd i'll my mine me myself"))
_CONTRACTIONS = frozenset(words("i'm im i've ive i'd i'll"))
_CASES: Mapping[str, str] = {"my": "possessive", "mine": "own", "me": "object"}
_GROUP = frozenset(words("we we're we've we'd we'll us our ours ourselves id ill mine's"))
"""With "we" it is open who is meant; "id" and "ill" without an apostrophe are other words too."""

_IDIOMS = frozenset(
    words(
        "name god goodness mind head fault bad own foot word best pleasure opinion question point guess life ass"
    )
)
_STANCES = frozenset(
    words(
        "honest frank think guess hope suppose believe mean swear bet wonder realise realize assume say know see understand wish"
        " sorry afraid sure writing asking wondering hoping glad happy grateful trust understand"
    )
)
"""What writers think and feel stays their own: "I think", "I'm afraid"."""

_LIGHT = frozenset(words("am be do don't dont didn't didnt can't cant not"))
_SPEAKERS_OWN = frozenset(words("excuse believe trust let pardon tell"))
_INVERTED = frozenset(
    words(
        "do does don't dont have haven't havent am was wasn't did didn't can can't could couldn't will won't would wouldn't"
        " should shouldn't may might must shall"
    )
)
_SUBJECTLESS = frozenset(
    words(
        "want need hope wish thought waiting trying looking hoping been have haven't havent can't cant couldn't couldnt don't"
        " dont didn't didnt never am was"
    )
)
_BINDING = _INVERTED | {"to", "cannot", "cant", "please"}
_READ = _FIRST | ADVERBS | _SUBJECTLESS | PAST
"""With those that end in "ed", the words that are said by "I" or may have lost it."""

_ASKED = frozenset(words("i you they it that this"))
_LINKS = frozenset(words("and but or then so"))
_BEFORE_ME = frozenset(
    words(
        "send sent give gave given get got tell told call called ring refund refunded pay paid help helped owe owes charge"
        " charged charging bill billed ask asked asking cost show showed offer offered promise promised email emailed text mail"
        " contact write wrote replace credit inform informed notify notified to for with from at of on by about let allow want"
        " giving sending telling"
    )
)
"""Words before an English "me"; in other languages, and in chats that mix them, it is another word."""
_QUOTED = re.compile(r"[\"“”«»]|['\u2018](?<!\w.)[^'\u2019]*\b(?:i|my|me)\b", re.IGNORECASE)
_PARTED = re.compile(r"[^\s'\u2019\"]|\n")
_CLAUSE_END = re.compile(r"[.!?;:…\n]")
_SENTENCE_END = re.compile(r"[.!?…\n]")


class UnsureError(ValueError):
    """No rule says how to swap this; the message is the reason."""


@dataclass
class _Swap:
    """The swap of one text, read from its start."""

    text: str
    subject: Subject
    met: bool
    edits: list[Edit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens = list(TOKEN.finditer(small(hidden(self.text))))
        self.words = [token[0] for token in self.tokens]

    def word(self, place: int) -> str:
        """Return the word at a place, or nothing where there is none."""
        return self.words[place] if 0 <= place < len(self.words) else ""

    def written(self, place: int) -> str:
        """Return the word at a place as it is written."""
        return self.text[self.tokens[place].start() : self.tokens[place].end()]

    def gap(self, place: int) -> str:
        """Return what stands in front of a word."""
        start = self.tokens[place - 1].end() if place else 0
        return self.text[start : self.tokens[place].start()]

    def opens(self, place: int) -> bool:
        """Say whether a word opens a clause."""
        gap = self.gap(place)
        return place == 0 or (gap != " " and _PARTED.search(gap) is not None)

    def put(self, place: int, after: str) -> None:
        """Replace a word, in capitals where it or its neighbour shouts, with a capital where it opens a sentence."""
        token = self.tokens[place]
        near = [self.written(n) for n in (place, place + 1, place - 1) if 0 <= n < len(self.tokens)]
        long = next((word for word in near if len(word) > 1), "")
        if long.isupper():
            after = after.upper()
        elif near[0][0].isupper() and (
            not self.text[: token.start()].strip() or _SENTENCE_END.search(self.gap(place))
        ):
            after = after[0].upper() + after[1:]
        self.edits.append(Edit(token.start(), token.end(), after))

    def named(self, case: str) -> str:
        """Return the subject in a case: by name the first time, by pronoun afterwards."""
        if self.met:
            return str(getattr(self.subject, case))
        self.met = True
        own = f"{self.subject.name}'" if self.subject.plural else f"{self.subject.name}'s"
        return own if case in {"possessive", "own"} else self.subject.name

    def verb(self, place: int) -> int:
        """Return the place of the next word that is no adverb."""
        while self.word(place) in ADVERBS:
            place += 1
        return place

    def run(self) -> list[Edit]:
        """Swap every word of the first person."""
        for place, word in enumerate(self.words):
            if word not in _READ and not word.endswith("ed"):
                continue
            if self.opens(place):
                self._refuse_subjectless(self.verb(place))
            if word == "i":
                self._subject(place)
            elif word in _CONTRACTIONS:
                self._contraction(place, word)
            elif word in _FIRST:
                self._object(place, word)
        return self.edits

    def _refuse_subjectless(self, verb: int) -> None:
        """Refuse a clause such as "still want my money", whose verb has lost its "I"."""
        word = self.word(verb)
        asked = word in _INVERTED and self.word(verb + 1) in _ASKED
        if is_past(word) or (word in _SUBJECTLESS and not asked):
            raise UnsureError(f"'{word}' opens a clause without its subject")

    def _object(self, place: int, word: str) -> None:
        before, after = self.word(place - 1), self.word(place + 1)
        if word == "me" and before in _SPEAKERS_OWN:
            return
        unknown = (
            (word == "my" and after in _IDIOMS)
            or (word == "me" and before not in _BEFORE_ME)
            or (word == "myself" and not self.met)
        )
        if unknown:
            raise UnsureError(f"no rule for '{before} {word} {after}'")
        self.put(place, self.subject.reflexive if word == "myself" else self.named(_CASES[word]))

    def _subject(self, place: int) -> None:
        verb = self.verb(place + 1)
        if self._is_stance(verb):
            return
        inverted = place > 0 and self.word(place - 1) in _INVERTED and self.gap(place) == " "
        turned = place - 1 if inverted else verb
        if turned >= len(self.words):
            raise UnsureError("'I' is followed by no verb")
        found = agreed(self.written(turned), plural=self.subject.plural)
        if found is None or (not inverted and self._parted(place, verb)):
            raise UnsureError(f"no rule for the verb '{self.word(turned)}'")
        self.put(place, self.named("subject"))
        token = self.tokens[turned]
        self.edits.append(Edit(token.start(), token.end(), found))
        self._coordinated(turned, bound=inverted)

    def _is_stance(self, verb: int) -> bool:
        """Say whether the writer only tells a mind: "I don't think", "I am sure", "I'll be honest"."""
        while self.word(verb) in _LIGHT:
            verb = self.verb(verb + 1)
        return self.word(verb) in _STANCES

    def _parted(self, place: int, verb: int) -> bool:
        """Say whether a mark stands between "I" and its verb."""
        return any(self.gap(n).strip() for n in range(place + 1, verb + 1))

    def _contraction(self, place: int, word: str) -> None:
        verb = self.verb(place + 1)
        if self._is_stance(verb):
            return
        plural = self.subject.plural
        if word in {"i'm", "im"}:
            after = "are" if plural else "is"
        elif word in {"i've", "ive"}:
            after = "have" if plural else "has"
        elif word == "i'll":
            after = "will"
        elif self.word(verb) in PRESENT | {"be", "rather", "have"}:
            after = "would"
        elif self.word(verb) in PARTICIPLES or is_past(self.word(verb)) or self.word(verb) == "better":
            after = "had"
        else:
            raise UnsureError(f'no rule for "I\'d {self.word(verb)}"')
        self.put(place, f"{self.named('subject')} {after}")
        self._coordinated(place, bound=word in {"i'll", "i'd"})

    def _coordinated(self, place: int, *, bound: bool) -> None:
        """Turn the second verb of one subject too: "I ordered it and want my money"."""
        for at in range(place + 1, len(self.words)):
            gap, word = self.gap(at), self.words[at]
            if word in _FIRST or (gap != " " and _CLAUSE_END.search(gap)):
                return
            # After "to", "can" or "would" a second verb may belong to either.
            bound = bound or self.words[at - 1] in _BINDING
            verb = self.verb(at + 1)
            if word not in _LINKS or verb >= len(self.words):
                continue
            found = agreed(self.written(verb), plural=self.subject.plural)
            asked = self.word(verb) in _INVERTED and self.word(verb + 1) in _ASKED
            if found is None or found == self.written(verb) or asked:
                continue
            if bound or self.word(verb) not in CLEAR:
                raise UnsureError(f"it is open whose verb '{self.word(verb)}' is")
            self.edits.append(Edit(self.tokens[verb].start(), self.tokens[verb].end(), found))


def subject_swap(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Say of a relative what users say of themselves; verbs, pronouns and possessives agree.

    Verbs are a closed list (`agreement`): with any other verb, with "we", with a relative or with
    quotations in the text it is refused, and so is a text that speaks of somebody by the same pronoun.
    The label is not kept: whether a shop acts for a relative is for its policy to say.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "I want my money. I've asked twice!"}]
        >>> subject_swap(turns, Random(5)).turns[0]["text"]
        'My brother wants his money. He has asked twice!'
    """
    said = [turn["text"] for turn in turns if turn["role"] == "user"]
    found = {word for text in said for word in TOKEN.findall(small(text))}
    if any(_QUOTED.search(text) for text in said):
        return unchanged(turns, "there is a quotation in the text")
    heard = found | {word.split("'")[0] for word in found if "'" in word}
    if not _GROUP.isdisjoint(found) or not RELATIVES.isdisjoint(heard):
        return unchanged(turns, "'we', a relative, or a word that may be another is in the text")
    free = [who for who in SUBJECTS if heard.isdisjoint({who.subject, who.object, who.possessive, who.own})]
    if not free:
        return unchanged(turns, "the text speaks of others by the same pronouns")
    who = free[int(rng.random() * len(free))]
    met = False

    def edits(text: str) -> list[Edit]:
        nonlocal met
        swap = _Swap(text, who, met)
        made = swap.run()
        met = swap.met
        return made

    try:
        return edited(turns, edits, keeps_label=False, otherwise="there is no word of the first person")
    except UnsureError as unsure:
        return unchanged(turns, str(unsure))


def small(text: str) -> str:
    """Return a text in small letters, with one apostrophe, in which every place is the same."""
    # It alone has a small form of two characters; and it is in no word that is known.
    return text.replace("\u0130", "\u0131").lower().replace("\u2019", "'")
