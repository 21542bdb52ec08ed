"""What an operator may have to know beside the turns: the record, the policy, the shop's products, another case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated

DOCUMENTS = "documents"
"""The part of a context that everybody reads alike, such as a shop's policy; no operator changes it."""


class Issue(NamedTuple):
    """Another case whose matter a conversation may drift to: its id, and what its user says."""

    case_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What stands around a conversation.

    Attributes:
        context: The context of the case.
        policy: The rules that labels follow.
        products: Names of products that can stand for each other, by group.
        second: The case that this one may be merged with.
    """

    context: Any = None
    policy: str = ""
    products: Mapping[str, Sequence[str]] = field(default_factory=dict)
    second: Issue | None = None

    @property
    def rules(self) -> str:
        """The policy and the documents of the context, as one text."""
        held = self.context.get(DOCUMENTS) if isinstance(self.context, dict) else None
        texts = [leaf.value for leaf in leaves(held) if isinstance(leaf.value, str)]
        return "\n".join([self.policy, *texts])

    @property
    def record(self) -> list[Leaf]:
        """The values of the context, without its documents."""
        return [leaf for leaf in leaves(self.context) if leaf.path[:1] != (DOCUMENTS,)]


class Leaf(NamedTuple):
    """A value of a context that holds no others, and the keys and indexes that lead to it."""

    path: tuple[str | int, ...]
    value: Any


def leaves(context: Any, path: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """Return the values of a context, in its order.

    Example:
        >>> [leaf.path for leaf in leaves({"facts": {"order": {"id": "K-1"}, "notes": ["late"]}})]
        [('facts', 'order', 'id'), ('facts', 'notes', 0)]
    """
    if isinstance(context, dict):
        for key, value in context.items():
            yield from leaves(value, (*path, key))
    elif isinstance(context, list):
        for number, value in enumerate(context):
            yield from leaves(value, (*path, number))
    elif context is not None:
        yield Leaf(path, context)


class _Run(Protocol):
    def __call__(self, turns: Sequence[Mapping[str, str]], rng: Random, scene: Scene, /) -> Mutated: ...


@dataclass(frozen=True)
class Scened:
    """An operator that has to know the scene, as one that is told turns and chance alone.

    Attributes:
        run: The pure function from turns, a source of chance and the scene.
        scene: The scene; a bare one leaves most conversations as they are.
    """

    run: _Run
    scene: Scene = field(default_factory=Scene)

    def __call__(self, turns: Sequence[Mapping[str, str]], rng: Random, /) -> Mutated:
        """Return what the operator makes of the turns in this scene."""
        return self.run(turns, rng, self.scene)
