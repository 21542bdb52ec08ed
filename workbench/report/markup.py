"""The one way from a value to markup: templates that escape everything, and what they return.

Text of cases, labels and models comes from the public and is hostile. Every value that enters a
template is escaped, and characters that hide or reorder text are shown by their code point.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from workbench.redact import redact
from workbench.report.numbers import MISSING, is_missing
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Collection

    from jinja2 import Environment


@dataclass(frozen=True)
class Shown:
    """Something that a notebook shows: markup for the page, and the same as plain text.

    Attributes:
        html: Markup in which every value is escaped.
        text: What a terminal, a diff or a screen without markup shows.
    """

    html: str
    text: str = field(default="", kw_only=True)

    def _repr_html_(self) -> str:
        return f"{style()}{self.html}"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        del include, exclude
        return {"text/html": self._repr_html_(), "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


@functools.cache
def static(name: str) -> str:
    """Return the text of a stylesheet or script that ships with the package."""
    return (files("workbench.report") / "static" / name).read_text(encoding="utf-8")


@functools.cache
def style() -> str:
    """Return the style that every output carries, so that each cell looks right on its own."""
    return f"<style>{static('output.css')}</style>"


def filled(template: str, **values: Any) -> str:
    """Return a template of `report/templates` with its values escaped and marked.

    Example:
        >>> filled("sentence.html", text="<b>my money back</b>", kind="note")
        '<p class="wb wb-note mathjax_ignore">&lt;b&gt;my money back&lt;/b&gt;</p>'
    """
    return _environment().get_template(template).render(values)


def sentence(text: str, *, kind: str = "note") -> Shown:
    """Return one paragraph of text without personal data; `kind` is `note` or `warning`."""
    text = redact(text)
    return Shown(filled("sentence.html", text=text, kind=kind), text=marked(text))


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("workbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )


def _printed(value: Any) -> Any:
    """Return what a template prints for a value; markup made by a template stays as it is."""
    if hasattr(value, "__html__"):
        return value
    if is_missing(value):
        return MISSING
    return marked(value) if isinstance(value, str) else value
