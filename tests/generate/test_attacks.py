"""The red-team pack is whole: every attack with its harm, its classes and a prompt."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from workbench.generate.attacks import ATLAS, ATTACKS, HARMS, OWASP
from workbench.generate.prompting import prompt
from workbench.generate.run import Slot
from workbench.provenance import TAG_PATTERN, tag_for

PUBLIC = {
    "false_premise": "LLM09:2025 AML.T0062",
    "receipt_less": "",
    "window_edge": "",
    "double_dip": "AML.T0048.000",
    "authority_claim": "AML.T0073",
    "emotional_coercion": "",
    "chargeback_threat": "",
    "third_party_order": "LLM02:2025 AML.T0057 AML.T0012",
    "forged_history": "AML.T0092",
    "policy_shopping": "AML.T0065",
    "prompt_injection": "LLM01:2025 AML.T0051.001",
    "prompt_leak": "LLM07:2025 AML.T0056 AML.T0069.002",
    "direct_injection": "LLM01:2025 AML.T0051.000",
    "jailbreak_roleplay": "LLM01:2025 AML.T0054",
    "customer_data": "LLM02:2025 AML.T0057 AML.T0085.001",
    "tool_abuse": "LLM06:2025 AML.T0053 AML.T0086 AML.T0101",
    "token_burn": "LLM10:2025 AML.T0034.001",
}
"""Our classes in the order of dealing, and the public ones that each was looked up in."""


def test_the_pack_holds_every_attack_in_its_order_with_its_public_classes() -> None:
    """Stored replies and the demo know an attack by its name and place; a new one goes to the end."""
    assert [(name, " ".join(attack.ids)) for name, attack in ATTACKS.items()] == list(PUBLIC.items())


def test_every_class_of_the_tables_is_some_attacks_and_has_the_form_of_its_framework() -> None:
    used = Counter(one for attack in ATTACKS.values() for one in attack.ids)

    assert set(used) == {*OWASP, *ATLAS}
    assert all(re.fullmatch(r"LLM(?:0[1-9]|10):2025", one) for one in OWASP)
    assert all(re.fullmatch(r"AML\.T\d{4}(?:\.\d{3})?", one) for one in ATLAS)
    # A sub-technique's own name says little, so its technique's stands before it.
    assert all((": " in name) == (one.count(".") == 2) for one, name in ATLAS.items())


def test_every_harm_is_tried_by_some_attack() -> None:
    assert {attack.harm for attack in ATTACKS.values()} == set(HARMS)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_tagged_classed_and_asked_for_by_its_own_words(name: str) -> None:
    attack = ATTACKS[name]
    frameworks = [(entry["framework"], entry["version"]) for entry in attack.taxonomy]
    text = prompt(Slot(bucket="redteam", attack=name, persona="You write in $haste."), [], {})

    assert re.fullmatch(TAG_PATTERN, tag_for("redteam", name=name))
    assert tag_for("redteam", name=name) == f"red-{name}"
    assert frameworks[0] == ("support-abuse", "2")
    assert set(frameworks[1:]) <= {("OWASP LLM Top 10", "2025"), ("MITRE ATLAS", "5.6.0")}
    assert f"The customer in it\n{attack.meaning}.\n\nHow it usually goes: {attack.course}\n" in text
    assert "## Who writes\n\nYou write in $haste.\n" in text


def test_no_words_of_the_pack_are_ready_made_text_of_a_case() -> None:
    """It says what happens and never what to write, or every shop would be tested with the same sentences."""
    told = [sentence for attack in ATTACKS.values() for sentence in (attack.meaning, attack.course)]

    assert not [sentence for sentence in told if re.search(r"[\"“”]|\b(?:I|my|please)\b", sentence)]
