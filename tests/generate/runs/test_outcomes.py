"""What a seed's own facts say of the outcome is shown to no model, and taken from none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.generate import fill, plan_paraphrases
from workbench.generate.filling import requests
from workbench.outcome_facts import OUTCOME_KEYS, outcome_names
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN = (
    # split, label, decision, what the customer asks for
    ("train", "full_refund", "Full Refund", "full_refund"),
    ("train", "deny", "deny", "full_refund"),
    ("eval", "replace", "replace", "full_refund"),
    ("eval", "deny", "escalate", "replace"),
)


@pytest.fixture
def labelled(
    new_shop: Callable[..., Any],
    new_case: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
) -> Any:
    """A shop whose seed says in its facts what was decided."""
    shop = new_shop()
    rows, labels = [], []
    for number, (split, label, decided, asked) in enumerate(SEEN):
        facts = {
            "order": {"id": f"K-{number}", "Decision_Code": decided, "asked_for": asked},
            "verdict": "closed",
        }
        changes = {"split": split, "cell": "new/delay", "tag": "demo-prod", "context": {"facts": facts}}
        rows.append(new_case(f"l{number}", f"my kettle number {number} leaks", **changes))
        labels.append(new_label(f"l{number}", label, kind="claimed"))
    shop.workspace.store.append(CASES, rows)
    shop.workspace.store.append(LABELS, labels)
    return shop


def test_a_fact_that_has_the_label_as_its_value_is_an_outcome_by_name(labelled: Any) -> None:
    # What the customer asks for is the label in one case of four, which says little.
    assert outcome_names(labelled.workspace) - OUTCOME_KEYS == {"decisioncode"}


def test_no_prompt_shows_a_fact_that_says_the_outcome(labelled: Any) -> None:
    role = labelled.workspace.settings.roles.generator
    runs = [labelled.run(per_cell={"prompted": 4}), plan_paraphrases(labelled.workspace, count=6, role=role)]
    asked = [request.prompt for run in runs for _, request in requests(labelled.workspace, run.slots)]

    assert any('"id": "K-0"' in prompt for prompt in asked)
    assert any('"asked_for": "full_refund"' in prompt for prompt in asked)
    for said in ("Decision_Code", "Full Refund", "escalate", '"verdict"', "closed"):
        assert not [prompt for prompt in asked if said in prompt]


def test_a_reply_with_such_a_fact_makes_no_case(labelled: Any, writer: Any) -> None:
    turns = [{"role": "user", "text": "it leaks"}]
    told = {
        ("new/delay", 0): {"turns": turns, "context": {"facts": {"decision code": "deny"}}},
        ("new/delay", 1): {"turns": turns, "context": {"facts": {"asked_for": "deny"}}},
    }
    done = fill(labelled.workspace, labelled.run(redteam=0), writer(told))

    assert done.slots["made"].sum() == len(done.slots) - 1
    assert "has the field 'decision code'" in done.slots.loc[~done.slots["made"], "reason"].item()
