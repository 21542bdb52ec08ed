"""One name for another, in every turn and in the record alike: an order's number, a product."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from workbench.generate.operators.changes import Change, Fact, Mutated, applied, pick, unchanged
from workbench.text import turns_text, user_text, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.scene import Leaf, Scene

_CUED = re.compile(
    r"\b(?:order|ticket|booking|reservation|reference|ref|invoice|tracking|parcel)(?:\s+(?:number|id|no|nr))?\.?"
    r"(?:\s+is)?\s*:?\s*#?(?:[a-z]{1,5}-?)?(?P<cued>\d{4,12})\b|#(?P<marked>\d{4,12})\b",
    re.IGNORECASE,
)
_ID_KEY = re.compile(r"(?:^|_)(?:id|number|no|ref|reference|order)$")
_ID = re.compile(r"(?:#|[A-Za-z]{1,5}[-_]?|[A-Za-z]{1,5}-#)?(?P<digits>\d{4,12})")
_MARKS = ".,;:!?()[]\"'“”\u2019…"


class _Swap(NamedTuple):
    """What is swapped: where it stands, how it is written there now, and where it may stand.

    Attributes:
        pattern: What finds it.
        written: Returns what is written for what stood there.
        in_turn: Whether a match in a turn is it and nothing else.
        in_record: The same of a value of the record.
    """

    pattern: re.Pattern[str]
    written: Callable[[str], str]
    in_turn: Callable[[str, re.Match[str]], bool]
    in_record: Callable[[str, re.Match[str]], bool]


def entity_swap(turns: Sequence[Mapping[str, str]], rng: Random, scene: Scene) -> Mutated:
    """Give an order, ticket or booking another number, the same in every turn and in the record.

    A number counts when a word such as "order" or a # says what it is, or when the record has it as an id.
    Refused: one that is also something else (an amount, a date, part of a link), or that the policy or a
    document of the context names.

    Example:
        >>> from random import Random
        >>> from workbench.generate.operators.scene import Scene
        >>> record = Scene(context={"facts": {"order": {"id": "K-20817"}}})
        >>> done = entity_swap([{"role": "user", "text": "where is k-20817"}], Random(0), record)
        >>> done.turns[0]["text"], done.facts
        ('where is k-74254', (Fact(path=('facts', 'order', 'id'), before='K-20817', after='K-74254'),))
    """
    said = user_text(turns)
    ids = [match["cued"] or match["marked"] for match in _CUED.finditer(said)]
    for leaf in scene.record:
        told = _ID.fullmatch(str(leaf.value)) if _is_id(leaf) else None
        if told and re.search(rf"(?<!\d){told['digits']}(?!\d)", said):
            ids.append(told["digits"])
    if not ids:
        return unchanged(turns, "no number is known to be an id")
    digits = pick([*dict.fromkeys(ids)], rng)
    taken = f"{turns_text(turns)}\n{scene.context}"
    other = digits
    while other in taken:
        other = "".join(str(int(rng.random() * 10)) for _ in digits)
        other = other if digits[0] == "0" or other[0] != "0" else digits
    swap = _Swap(re.compile(rf"(?<!\d){digits}(?!\d)"), lambda _: other, _is_id_there, _is_id_there)
    return _everywhere(turns, scene, swap)


def product_swap(turns: Sequence[Mapping[str, str]], rng: Random, scene: Scene) -> Mutated:
    """Speak of another product of the same group, in every turn and in the record.

    Which names can stand for each other is for the owner to say; nothing is guessed. Refused: a product that
    the policy or a document names, that the record calls otherwise, or that a turn calls by a part of its
    name; one whose article would have to change with it.

    Example:
        >>> from random import Random
        >>> from workbench.generate.operators.scene import Scene
        >>> shop = Scene(products={"kitchen": ["bread maker", "slow cooker"]})
        >>> product_swap([{"role": "user", "text": "My bread maker leaks."}], Random(0), shop).turns[0]["text"]
        'My slow cooker leaks.'
    """
    said, whole = user_text(turns), f"{turns_text(turns)}\n{scene.context}"
    found = [
        (name, group) for group in scene.products.values() for name in group if _named(name).search(said)
    ]
    longest = [
        (name, group)
        for name, group in found
        if not any(name != other and _named(name).search(other) for other, _ in found)
    ]
    if not longest:
        return unchanged(turns, "no product is named that another may stand for")
    name, group = pick(longest, rng)
    opened = {
        match[1].lower() for match in re.finditer(rf"\b(an?)\s+{re.escape(name)}\b", whole, re.IGNORECASE)
    }
    free = [
        other
        for other in group
        if not _named(other).search(whole) and (not opened or _opens(other) == _opens(name))
    ]
    if not free:
        return unchanged(turns, "no other product of its group fits into the text")
    other = pick(free, rng)
    if scene.record and not any(_named(name).search(str(leaf.value)) for leaf in scene.record):
        return unchanged(turns, "the record does not call the product so")
    swap = _Swap(_named(name), lambda was: _as(was, other), lambda *_: True, _is_whole)
    done = _everywhere(turns, scene, swap)
    rest = words(turns_text(done.turns))
    if done.changed and any(
        left.startswith(word) for word in words(name) for left in rest if word not in words(other)
    ):
        return unchanged(turns, "a turn calls the product by a part of its name")
    return done


def _everywhere(turns: Sequence[Mapping[str, str]], scene: Scene, swap: _Swap) -> Mutated:
    """Return the case with something swapped wherever it stands, or why that cannot be."""
    keys = {str(key) for leaf in scene.record for key in leaf.path}
    if any(swap.pattern.search(text) for text in (scene.rules, *keys)):
        return unchanged(turns, "the policy, a document or a key of the record names it")
    spans: list[Change] = []
    for number, turn in enumerate(turns):
        for match in swap.pattern.finditer(turn["text"]):
            if not swap.in_turn(turn["text"], match):
                return unchanged(turns, "it is a part of something else too")
            spans.append(Change(number, *match.span(), match[0], swap.written(match[0]), "value"))
    facts: list[Fact] = []
    for leaf in scene.record:
        held = [*swap.pattern.finditer(str(leaf.value))]
        if not held:
            continue
        if not all(swap.in_record(str(leaf.value), match) for match in held) or not _may_change(leaf):
            return unchanged(turns, "it is a part of something else too")
        made = swap.pattern.sub(lambda match: swap.written(match[0]), str(leaf.value))
        facts.append(Fact(leaf.path, leaf.value, type(leaf.value)(made)))
    return Mutated(applied(turns, spans), tuple(spans), keeps_label=True, facts=tuple(facts))


def _is_id(leaf: Leaf) -> bool:
    return isinstance(leaf.path[-1], str) and _ID_KEY.search(leaf.path[-1]) is not None


def _may_change(leaf: Leaf) -> bool:
    """Say whether a value is a text, or a whole number that is an id."""
    return isinstance(leaf.value, str) or (type(leaf.value) is int and _is_id(leaf))


def _is_id_there(text: str, match: re.Match[str]) -> bool:
    """Say whether digits are the whole of what is written together, but for an id's letters in front."""
    start = max(text.rfind(space, 0, match.start()) for space in " \t\n") + 1
    written = text[start:].split(maxsplit=1)[0].strip(_MARKS)
    return _ID.fullmatch(written) is not None


def _is_whole(text: str, match: re.Match[str]) -> bool:
    """Say whether a name is all that a value says, but for what follows a mark: "bar stools, pair"."""
    return not text[: match.start()].strip() and text[match.end() :].lstrip()[:1] in {"", ",", ";", "("}


def _named(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)


def _opens(name: str) -> bool:
    """Say whether a name takes "an"."""
    return name[:1].lower() in "aeiou"


def _as(was: str, name: str) -> str:
    """Return a name in the case of the one that stood there."""
    if was.isupper() and len(was) > 1:
        return name.upper()
    if was.islower():
        return name.lower()
    return name[:1].upper() + name[1:]
