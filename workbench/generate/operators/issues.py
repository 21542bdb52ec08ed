"""Two matters in one message: a conversation drifts to what another customer wrote about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.generate.operators.changes import Change, Mutated, applied, pick, unchanged
from workbench.generate.operators.scene import Issue
from workbench.generate.operators.shorten import COURTESY, OPENING
from workbench.generate.operators.statements import is_english, statements
from workbench.provenance import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.scene import Scene

LINKS = (
    "One more thing:",
    "And something else while I'm here:",
    "Oh, and a different matter:",
    "Also, about another thing:",
    "While I have you:",
    "And then there's this:",
    "Separately:",
    "By the way:",
)


def merge_issues(turns: Sequence[Mapping[str, str]], rng: Random, scene: Scene) -> Mutated:
    """Let the last message go on with the matter of another case, which is its second parent.

    The context stays that of the first parent: the record that is at hand when a customer drifts. The
    label is kept of neither, nor the cell. See `paired` for which other case it is.

    Example:
        >>> from random import Random
        >>> from workbench.generate.operators.scene import Issue, Scene
        >>> other = Scene(second=Issue("r2", "Hello, do you ship to the islands?"))
        >>> done = merge_issues([{"role": "user", "text": "my kettle leaks."}], Random(0), other)
        >>> done.turns[0]["text"], done.second
        ('my kettle leaks. separately: do you ship to the islands?', 'r2')
    """
    if scene.second is None:
        return unchanged(turns, "it is paired with no other case as the first of two")
    if not turns or turns[-1]["role"] != "user":
        return unchanged(turns, "the last message is not the user's")
    case_id, said = scene.second
    text = turns[-1]["text"]
    link, rest = pick(LINKS, rng), _ungreeted(said)
    plain = not any(letter.isupper() for letter in text)
    gap = " " if text.endswith((".", "!", "?", "…")) else "\n"
    after = f"{gap}{link.lower() if plain else link} {rest}"
    span = Change(len(turns) - 1, len(text), len(text), "", after, "value")
    made = applied(turns, [span])
    return Mutated(made, (span,), keeps_label=False, keeps_cell=False, second=case_id)


def _ungreeted(said: str) -> str:
    """Return a message without its greeting, which nobody writes in the middle."""
    if greeting := OPENING.match(said):
        return said[greeting.end() :].strip()
    first, *others = statements(said)
    return said[others[0].start :].strip() if others and COURTESY.fullmatch(first.text) else said.strip()


def paired(cases: Iterable[Mapping[str, Any]], *, seed: int) -> dict[str, Issue]:
    """Return the second issue of each case that has one.

    The two of a pair have one split, other roots, and other topics: other slices where both name one, else
    other cells. Both end in a message that is surely English; the second is that message alone. Cases are
    paired in an order that follows from the seed. Each is in one pair at most: a case of two parents makes
    one root of both, roots are what statistics count, and pairs made freely would soon make one of all.

    Args:
        cases: Rows of `cases`.
        seed: The seed of chance.

    Returns:
        By the id of the first of each pair, the second.
    """
    waiting: list[Mapping[str, Any]] = []
    found: dict[str, Issue] = {}
    for case in sorted(cases, key=lambda case: sha256([seed, case["case_id"]])):
        turns = case["turns"]
        if case["split"] == "holdout" or not turns or turns[-1]["role"] != "user":
            continue
        if not is_english(turns[-1]["text"]):
            continue
        other = next((other for other in waiting if _may_pair(case, other)), None)
        if other is None:
            waiting.append(case)
            continue
        waiting.remove(other)
        first, second = (case, other) if _is_alone(other) else (other, case)
        found[first["case_id"]] = Issue(second["case_id"], second["turns"][-1]["text"])
    return found


def _may_pair(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    topics = [(one[name], other[name]) for name in ("slice", "cell")]
    known = next((pair for pair in topics if all(isinstance(topic, str) for topic in pair)), None)
    return (
        one["split"] == other["split"]
        and one["root_id"] != other["root_id"]
        and known is not None
        and known[0] != known[1]
        and (_is_alone(one) or _is_alone(other))
    )


def _is_alone(case: Mapping[str, Any]) -> bool:
    """Say whether a conversation is one message, which needs nothing before it."""
    return [turn["role"] for turn in case["turns"] if turn["role"] != "system"] == ["user"]
