"""Who answers: the model under test, or a Python function."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.llm.access import access
from workbench.llm.wire import MOST_OUTPUT_TOKENS
from workbench.provenance import UNKNOWN, UNRELATED, family, sha256
from workbench.settings import Role
from workbench.swap.answering.functions import raised
from workbench.tables import MODEL_PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import ModuleType

    from workbench.workspace import Workspace

READING = 2
"""Counted up when a case is put to a model in another way, so that answers of two kinds never mix."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A Python function that answers.

    Attributes:
        name: `module:function`.
        call: Called with the turns `[{role, text}]` and the context (JSON or None); returns the answer's text.
        model: The name that its answers are kept under.
        family: The lineage of the model behind it.
        source_sha256: The hash of its module's source, as its file says; empty where there is none.
    """

    name: str
    call: Callable[[list[dict[str, str]], Any], str]
    model: str
    family: str
    source_sha256: str = ""


def under_test(workspace: Workspace, *, model: str = "", lineage: str = "") -> Role:
    """Return the model under test, as workbench.toml says, or another one at the same provider.

    Args:
        workspace: The workspace.
        model: Another model's name; empty for the one of `[roles]`.
        lineage: Its family; empty only with the model of `[roles]`.

    Raises:
        UsageError: Nobody is named, the answers would come from stored replies, another model has no family, or its
            name is blank or too long.
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
    told = {"model": _name(model or role.model), "family": str(family(lineage or role.family))}
    return Role.model_validate(role.model_dump() | told)


def function(name: str, *, model: str = "", lineage: str = UNKNOWN) -> Function:
    """Return a function by its name, imported also from the current folder.

    Args:
        name: `module:function`.
        model: The name that its answers are kept under; by default its own.
        lineage: The family of the model behind it.

    Raises:
        UsageError: It cannot be imported, or is nothing that can be called, or the name is blank or too long.

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
    named = _name(model or name)
    try:
        there = importlib.import_module(module)
        found = getattr(there, attribute)
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"{shown(name)} cannot be imported ({raised(error)}); check the names and the current folder"
        ) from error
    if not callable(found):
        raise UsageError(
            f"{shown(name)} is no function but {type(found).__name__}; name one that can be called"
        )
    return Function(
        name=name, call=found, model=named, family=str(family(lineage)), source_sha256=_source_sha256(there)
    )


def _name(model: str) -> str:
    """Return the name that answers are kept under, if it is one."""
    if not model.strip() or not re.fullmatch(MODEL_PATTERN, model):
        raise UsageError(
            f"the model's name {shown(model)} has {len(model):,} characters; give it 1 to 200 with --model, not only spaces"
        )
    return model


def _source_sha256(module: ModuleType) -> str:
    try:
        return sha256(inspect.getsource(module))
    except (OSError, TypeError):
        # A module of C, or of a notebook.
        return ""


def check_lineage(who: Role | Function, *, demo: bool) -> None:
    """Hold who answers to a lineage of models: the other words never clash, and would hide one.

    Raises:
        UsageError: The family is `human` or `programmatic`, or `demo` outside a demo.
    """
    if who.family in UNRELATED - ({"demo"} if demo else set()):
        where = ", and this workspace is none" if who.family == "demo" else ", which is no lineage of a model"
        raise UsageError(
            f"the family of {shown(who.model)} is {who.family}{where}; declare VENDOR/LINE or unknown with --family"
        )


def check_arguments(who: Function) -> None:
    """Hold a function to what it is called with, before its first case.

    Raises:
        UsageError: It takes other arguments.
    """
    try:
        signature = inspect.signature(who.call)
    except (TypeError, ValueError):
        # One of C may not say what it takes.
        return
    try:
        signature.bind([], None)
    except TypeError as error:
        raise UsageError(
            f"{shown(who.name)} takes {signature}, and is called with the turns and the context ({error}); write "
            "def answer(turns, context)"
        ) from None


def setup_sha256(who: Role | Function, system: str, withheld: Collection[str]) -> str:
    """Return the hash of everything but the cases that answers follow from.

    Of a function it is the name and the source of its module: what that imports, and a model behind it, are not
    known, so give another version of these another name.
    """
    told: dict[str, Any] = {"reading": READING, "withheld": sorted(withheld), "model": who.model}
    if isinstance(who, Function):
        return sha256(told | {"callable": who.name, "source": who.source_sha256})
    address = {"provider": who.provider, "base_url": access(who).base_url}
    return sha256(told | address | {"system": system, "max_tokens": MOST_OUTPUT_TOKENS})
