"""A part of verdict.json that stands beside the verdict and never decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.swap.notes import Reason


class Part(NamedTuple):
    """What one question about a swap found.

    Attributes:
        fields: As they stand in verdict.json under the part's name: plain JSON, None for what cannot be computed.
        why: For each field that is None, by its dotted path within the part, the reason.
        notes: What is named beside the verdict's reasons, and never decides.

    Example:
        >>> Part({"value": None}, {"value": "no synthetic case has a pair"}).why["value"]
        'no synthetic case has a pair'
    """

    fields: Mapping[str, Any]
    why: Mapping[str, str] = {}
    notes: tuple[Reason, ...] = ()
