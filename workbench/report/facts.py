"""The headline of a notebook: one sentence, a few numbers, and before all whether it is a demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.markup import Shown, filled
from workbench.report.swap.verdict import DEMO
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Sequence


def headed(said: str, facts: Sequence[tuple[str, str]], *, demo: bool, warnings: Sequence[str] = ()) -> Shown:
    """Return a headline: warnings, that of a demo first, the sentence, and each fact with its name."""
    first = [*([DEMO] if demo else []), *warnings]
    html = filled("facts.html", warnings=first, said=said, facts=facts)
    return Shown(html, text=marked("\n".join([*first, said])))
