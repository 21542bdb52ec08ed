"""Prompts: Markdown templates with $variables, filled with a cell, a persona and style hints."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from workbench.generate.attacks import ATTACKS
from workbench.generate.paraphrase import WAYS
from workbench.provenance import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.generate.run import Slot

ANYBODY = "An ordinary customer of this shop."
"""Who writes for the red team of a workspace without `[personas]`."""


@cache
def template(bucket: str) -> str:
    """Return the template that candidates of a bucket are asked for with."""
    return (files("workbench.generate") / "prompts" / f"{bucket}.md").read_text("utf-8")


def digest(text: str) -> str:
    """Return the sha256 of a text's UTF-8 bytes, as of a file that holds it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def prompt(slot: Slot, axes: Sequence[str], shown: Mapping[str, str]) -> str:
    """Return the prompt that a slot is filled with.

    Args:
        slot: The slot.
        axes: The names of the grid's axes.
        shown: Each hint and parent as `hints.line` writes it, by its id.
    """
    levels = zip(axes, (slot.cell or "").split(BETWEEN), strict=False)
    attack = ATTACKS.get(slot.attack or "")
    return Template(template(slot.bucket)).substitute(
        levels="\n".join(f"- {axis}: {level}" for axis, level in levels),
        persona=slot.persona or ANYBODY,
        meaning=attack.meaning if attack else "",
        course=attack.course if attack else "",
        way="".join(WAYS[name].asks for name in slot.operators),
        # A template is filled once, so a $variable in a case stays what it is.
        hints="\n".join(shown[hint] for hint in slot.hint_ids),
        parent="".join(shown[parent] for parent in slot.parent_ids),
    )
