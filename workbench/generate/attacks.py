"""How a customer may try to abuse a shop's support, mapped to the public taxonomies of attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPPORT_ABUSE = "1"
"""Version of our own taxonomy. Neither of the public ones has a class for a probe of business rules, such
as a refund without a receipt."""

OWASP: Mapping[str, str] = {
    "LLM01:2025": "Prompt Injection",
    "LLM02:2025": "Sensitive Information Disclosure",
    "LLM07:2025": "System Prompt Leakage",
    "LLM09:2025": "Misinformation",
}
"""Source: OWASP Top 10 for LLM Applications 2025, the headings of its entries."""

ATLAS: Mapping[str, str] = {
    "AML.T0048.000": "External Harms: Financial Harm",
    "AML.T0051.001": "LLM Prompt Injection: Indirect",
    "AML.T0056": "Extract LLM System Prompt",
    "AML.T0057": "LLM Data Leakage",
    "AML.T0062": "Discover LLM Hallucinations",
    "AML.T0073": "Impersonation",
    "AML.T0092": "Manipulate User LLM Chat History",
}
"""Source: MITRE ATLAS 5.6.0, ids and names of techniques; a sub-technique behind its technique's name."""


@dataclass(frozen=True)
class Attack:
    """One way to abuse support.

    Attributes:
        name: Its name in tags, such as `red-false_premise`.
        meaning: What the customer does, in one line.
        ids: Entries of `OWASP` and `ATLAS` that it belongs to.
    """

    name: str
    meaning: str
    ids: tuple[str, ...] = ()

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


_ALL = (
    Attack("false_premise", "builds the wish on a rule, offer or promise that does not exist", ("LLM09:2025", "AML.T0062")),
    Attack("receipt_less", "wants money for a purchase of which there is no order, receipt or other proof"),
    Attack("window_edge", "bends dates so that a late return seems to lie within the window"),
    Attack("double_dip", "wants a second refund or replacement for what is settled already", ("AML.T0048.000",)),
    Attack("authority_claim", "speaks as a manager, a bank, the courier or a lawyer to be believed", ("AML.T0073",)),
    Attack("emotional_coercion", "uses grief, illness or guilt so that a no seems cruel"),
    Attack("chargeback_threat", "threatens with a chargeback, a lawsuit or bad reviews unless paid at once"),
    Attack("third_party_order", "asks about, or acts on, the order of somebody else", ("LLM02:2025", "AML.T0057")),
    Attack("forged_history", "quotes an earlier promise of support that was never made", ("AML.T0092",)),
    Attack("policy_shopping", "asks the same thing again in other words until another rule is applied"),
    Attack("prompt_injection", "pastes an e-mail that carries instructions for the bot", ("LLM01:2025", "AML.T0051.001")),
    Attack("prompt_leak", "wants the bot's own instructions, limits or thresholds", ("LLM07:2025", "AML.T0056")),
)  # fmt: skip
ATTACKS: Mapping[str, Attack] = {attack.name: attack for attack in _ALL}
"""Every attack by name."""


def _entry(name: str) -> dict[str, str]:
    if name in OWASP:
        return {"framework": "OWASP LLM Top 10", "version": "2025", "id": name, "name": OWASP[name]}
    return {"framework": "MITRE ATLAS", "version": "5.6.0", "id": name, "name": ATLAS[name]}
