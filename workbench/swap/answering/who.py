"""Who answers: the model under test, or a Python function."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.llm.access import access
from workbench.llm.wire import MOST_OUTPUT_TOKENS
from workbench.provenance import UNKNOWN, family, sha256
from workbench.settings import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from workbench.workspace import Workspace

READING = 1
"""Counted up when a case is put to a model in another way, so that answers of two kinds never mix."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A Python function that answers.

    Attributes:
        name: `module:function`.
        call: Called with the turns `[{role, text}]` and the context (JSON or None); returns the answer's text.
        model: The name that its answers are kept under.
        family: The lineage of the model behind it.
    """

    name: str
    call: Callable[[list[dict[str, str]], Any], str]
    model: str
    family: str


def under_test(workspace: Workspace, *, model: str = "", lineage: str = "") -> Role:
    """Return the model under test, as workbench.toml says, or another one at the same provider.

    Args:
        workspace: The workspace.
        model: Another model's name; empty for the one of `[roles]`.
        lineage: Its family; empty only with the model of `[roles]`.

    Raises:
        UsageError: Nobody is named, the answers would come from stored replies, or another model has no family.
    """
    role = workspace.settings.roles.under_test
    if role is None:
        raise UsageError(
            "workbench.toml names no model under test; write under_test = "
            '{ provider = "anthropic", model = "...", family = "vendor/line" } in [roles]'
        )
    if role.provider == "replay":
        raise UsageError(
            "the model under test is asked over a network; name the provider anthropic or openai in [roles] of "
            "workbench.toml, or answer by --callable module:function"
        )
    if model and model != role.model and not lineage:
        raise UsageError(
            f"{shown(model)} is not the model of [roles], so its lineage is not known; add --family VENDOR/LINE"
        )
    told = {"model": model or role.model, "family": str(family(lineage or role.family))}
    return Role.model_validate(role.model_dump() | told)


def function(name: str, *, model: str = "", lineage: str = UNKNOWN) -> Function:
    """Return a function by its name, imported also from the current folder.

    Args:
        name: `module:function`.
        model: The name that its answers are kept under; by default its own.
        lineage: The family of the model behind it.

    Raises:
        UsageError: It cannot be imported, or is nothing that can be called.

    Example:
        >>> function("workbench.text:turns_text").model
        'workbench.text:turns_text'
    """
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise UsageError(f"--callable {shown(name)} is not module:function, such as bots:answer")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:
        raise UsageError(
            f"{shown(name)} cannot be imported ({type(error).__name__}: {error}); check the names and the current folder"
        ) from error
    if not callable(found):
        raise UsageError(
            f"{shown(name)} is no function but {type(found).__name__}; name one that can be called"
        )
    return Function(name=name, call=found, model=model or name, family=str(family(lineage)))


def setup_sha256(who: Role | Function, system: str, withheld: Collection[str]) -> str:
    """Return the hash of everything but the cases that answers follow from.

    What a function is made of is not known, so it is its name: give another version another one.
    """
    told: dict[str, Any] = {"reading": READING, "withheld": sorted(withheld), "model": who.model}
    if isinstance(who, Function):
        return sha256(told | {"callable": who.name})
    address = {"provider": who.provider, "base_url": access(who).base_url}
    return sha256(told | address | {"system": system, "max_tokens": MOST_OUTPUT_TOKENS})
