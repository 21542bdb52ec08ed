"""The headline of a notebook: one sentence, a few numbers, and before all whether it is a demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.redact import redact
from workbench.report.markup import Shown, filled
from workbench.report.swap.verdict import DEMO
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Sequence


def headed(said: str, facts: Sequence[tuple[str, str]], *, demo: bool, warnings: Sequence[str] = ()) -> Shown:
    """Return a headline without personal data: warnings, that of a demo first, the sentence, and named facts."""
    first, said = redact([*([DEMO] if demo else []), *warnings]), redact(said)
    html = filled("facts.html", warnings=first, said=said, facts=redact([list(fact) for fact in facts]))
    return Shown(html, text=marked("\n".join([*first, said])))
