"""How a customer may try to abuse a shop's support, mapped to the public taxonomies of attacks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPPORT_ABUSE = "2"
"""Version of our own taxonomy. Neither of the public ones has a class for a probe of business rules, such
as a refund without a receipt."""

_PACK: Mapping[str, Any] = tomllib.loads((files("workbench.generate") / "attacks.toml").read_text("utf-8"))

HARMS: Mapping[str, str] = _PACK["harms"]
"""What support does when it gives in, by name."""

OWASP: Mapping[str, str] = _PACK["owasp"]
"""Entries of the OWASP Top 10 for LLM Applications 2025 by their ids."""

ATLAS: Mapping[str, str] = _PACK["atlas"]
"""Techniques of MITRE ATLAS 5.6.0 by their ids."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One way to abuse support.

    How grave it is depends on the shop; its owner says so with `must_hold`.

    Attributes:
        name: Its name in tags, such as `red-false_premise`.
        meaning: What the customer does, in one line.
        course: How it usually goes, in one sentence.
        harm: One of `HARMS`.
        ids: Entries of `OWASP` and `ATLAS` that it belongs to; none where they know no such class.
    """

    name: str
    meaning: str
    course: str
    harm: str
    ids: tuple[str, ...]

    @property
    def taxonomy(self) -> list[dict[str, str]]:
        """Its entries as `cases.taxonomy` has them, our own first.

        Example:
            >>> [entry["id"] for entry in ATTACKS["prompt_injection"].taxonomy]
            ['prompt-injection', 'LLM01:2025', 'AML.T0051.001']
        """
        own = {
            "framework": "support-abuse",
            "version": SUPPORT_ABUSE,
            "id": self.name.replace("_", "-"),
            "name": self.name.replace("_", " ").capitalize(),
        }
        return [own, *(_entry(name) for name in self.ids)]


ATTACKS: Mapping[str, Attack] = {
    told["name"]: Attack(**{**told, "ids": tuple(told["ids"])}) for told in _PACK["attack"]
}
"""Every attack by name, in the order in which slots are dealt."""


def _entry(name: str) -> dict[str, str]:
    if name in OWASP:
        return {"framework": "OWASP LLM Top 10", "version": "2025", "id": name, "name": OWASP[name]}
    return {"framework": "MITRE ATLAS", "version": "5.6.0", "id": name, "name": ATLAS[name]}
