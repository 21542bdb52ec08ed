"""A run is planned: which candidates, with which prompts and hints, at what cost; nothing is stored."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import UsageError
from workbench.generate import plan_run
from workbench.generate.attacks import ATTACKS, HARMS
from workbench.generate.planning import shown_hints
from workbench.generate.prompting import digest, prompt, template
from workbench.provenance import ID_PATTERN
from workbench.tables import CASES, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable


def prompts(shop: Any, run: Any) -> list[str]:
    """Return every prompt of a run as it is sent."""
    return [prompt(slot, ["customer", "topic"], shown_hints(shop.workspace.cases)) for slot in run.slots]


def test_every_cell_gets_what_is_asked_for_and_the_red_team_its_own(shop: Any) -> None:
    run = shop.run(per_cell={"prompted": 1, "persona": 2}, redteam=len(ATTACKS) + 2)
    cells = Counter((slot.cell, slot.bucket) for slot in run.slots if slot.cell)
    first = [(slot.bucket, slot.index, slot.persona) for slot in run.slots if slot.cell == "new/delay"]
    red = Counter(slot.attack for slot in run.slots if slot.bucket == "redteam")

    assert cells == {
        (cell, bucket): number
        for cell in ("new/delay", "new/damaged", "angry/delay", "angry/damaged")
        for bucket, number in (("persona", 2), ("prompted", 1))
    }
    # A cell numbers its candidates on: persona first, whatever the order of the options.
    blurb = "You bought here for the first time."
    assert first == [("persona", 0, blurb), ("persona", 1, blurb), ("prompted", 2, None)]
    assert red == {name: 2 if name in list(ATTACKS)[:2] else 1 for name in ATTACKS}
    assert shop.workspace.store.read(RUNS).empty


def test_the_red_team_needs_no_grid_and_is_the_same_run_with_one(shop: Any) -> None:
    role = shop.workspace.settings.roles.generator
    alone = plan_run(shop.workspace, role=role, redteam=3, seed=7)

    assert [slot.attack for slot in alone.slots] == list(ATTACKS)[:3]
    assert alone == shop.run(per_cell={}, redteam=3)
    with pytest.raises(UsageError, match="pass both, or neither for the red team"):
        plan_run(shop.workspace, role=role, per_cell={"prompted": 1}, redteam=3)


def test_each_attack_is_voiced_by_each_persona_in_turn(shop: Any) -> None:
    voices = list(shop.workspace.settings.personas.values())
    one, whole = (shop.run(redteam=many * len(ATTACKS)) for many in (1, len(voices)))
    every = Counter((slot.attack, slot.persona) for slot in whole.slots if slot.attack)
    harms = Counter((ATTACKS[slot.attack].harm, slot.persona) for slot in one.slots if slot.attack)
    by_harm = [[harms[harm, voice] for voice in voices] for harm in HARMS]
    told = [text for text, slot in zip(prompts(shop, whole), whole.slots, strict=True) if slot.attack]

    # One slot for each attack spreads every harm evenly over the personas.
    assert all(max(row) - min(row) <= 1 for row in by_harm)
    assert all(map(sum, zip(*by_harm, strict=True)))
    assert every == {(attack, voice): 1 for attack in ATTACKS for voice in voices}
    assert all(sum(voice in text for voice in voices) == 1 for text in told)
    assert all(attack.course in "".join(told) for attack in ATTACKS.values())


def test_without_personas_an_ordinary_customer_attacks(shop: Any) -> None:
    shop.workspace.settings.personas.clear()
    run = shop.run(per_cell={"prompted": 1}, redteam=2)
    red = [slot for slot in run.slots if slot.bucket == "redteam"]

    assert [slot.persona for slot in red] == [None, None]
    assert all(
        "## Who writes\n\nAn ordinary customer of this shop.\n" in text for text in prompts(shop, run)[-2:]
    )


def test_the_same_plan_is_the_same_run_and_any_change_is_another(shop: Any) -> None:
    run = shop.run()

    assert shop.run() == run
    others = [
        shop.run(seed=8), shop.run(redteam=3), shop.run(per_cell={"persona": 2}),
        shop.run(role=shop.workspace.settings.roles.generator.model_copy(update={"model": "other"})),
    ]  # fmt: skip
    assert len({run.run_id, *(other.run_id for other in others)}) == 5
    assert not {slot.case_id for slot in run.slots} & {slot.case_id for slot in others[0].slots}


def test_a_changed_template_is_another_run(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shop.run()
    monkeypatch.setattr(
        "workbench.generate.prompting.template", lambda bucket: f"{template(bucket)}Be brief.\n"
    )
    monkeypatch.setattr("workbench.generate.run.template", lambda bucket: f"{template(bucket)}Be brief.\n")
    other = shop.run()

    assert other.run_id != run.run_id
    assert other.prompts["prompted"] != run.prompts["prompted"]


def test_ids_are_readable_and_safe(shop: Any) -> None:
    ids = [slot.case_id for slot in shop.run().slots]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(ID_PATTERN, name) for name in ids)
    assert ids[0].startswith("new-delay-0-")
    assert ids[-1].startswith("redteam-receipt_less-0-")


def test_hints_are_of_the_train_split_only_and_no_other_case_reaches_a_prompt(shop: Any) -> None:
    run = shop.run(per_cell={"persona": 9, "prompted": 9}, redteam=24)

    assert {hint for slot in run.slots for hint in slot.hint_ids} <= {"t1", "t2", "t3", "t4", "t5"}
    assert not [text for text in prompts(shop, run) if "secret" in text]


def test_hints_are_redacted_before_they_enter_a_prompt(shop: Any) -> None:
    run = shop.run(per_cell={"persona": 3}, redteam=12)
    shown = [text for text, slot in zip(prompts(shop, run), run.slots, strict=True) if "t1" in slot.hint_ids]

    assert shown
    assert not [text for text in shown if "kim@shop.example" in text]
    assert all("EMAIL_1" in text for text in shown)


def test_the_nearest_hints_come_first_and_the_slot_says_how_near_they_are(shop: Any) -> None:
    slots = {(slot.cell, slot.index): slot for slot in shop.run().slots}

    assert slots["angry/delay", 0].hint_ids[0] == "t1"
    assert slots["angry/delay", 0].hint_places == ("cell", "partial", "partial")
    # One case of this cell's own is not three: those that share a level follow, and then any.
    assert set(slots["new/damaged", 0].hint_places) == {"cell", "any"}


def test_case_text_changes_no_prompts_structure(shop: Any) -> None:
    """Variables, mark-up and orders in a case stay what they are: text in a line of JSON."""
    run = shop.run(per_cell={"prompted": 4})
    frames = set()
    for text, slot in zip(prompts(shop, run), run.slots, strict=True):
        head, rest = text.split("=== real cases begin ===\n")
        body, tail = rest.split("=== real cases end ===\n")
        assert [line[:1] for line in body.splitlines()] == ["{"] * len(slot.hint_ids)
        assert "</case>" not in body
        frames.add((head.replace(slot.cell or slot.attack or "", ""), tail) if slot.cell else ("", tail))
    assert len({tail for _, tail in frames}) == 1
    assert any("the $lid of $hints is cracked" in text for text in prompts(shop, run))


def test_a_prompt_fixes_the_cell_and_carries_one_persona(shop: Any) -> None:
    run = shop.run()
    by_bucket = {slot.bucket: text for slot, text in zip(run.slots, prompts(shop, run), strict=True)}
    persona = next(
        text
        for slot, text in zip(run.slots, prompts(shop, run), strict=True)
        if (slot.cell, slot.bucket) == ("angry/delay", "persona")
    )

    assert "- customer: angry\n- topic: delay\n" in persona
    assert "This is your third message." in persona
    assert "third message" not in by_bucket["prompted"]
    assert ATTACKS["receipt_less"].meaning in by_bucket["redteam"]
    assert all("$" not in part for part in by_bucket["redteam"].split("=== real cases")[::2])


def test_the_forecast_is_that_of_the_techniques(shop: Any) -> None:
    run = shop.run(per_cell={"persona": 1, "prompted": 2}, redteam=3)

    assert run.low_usd == pytest.approx(4 * 0.02 + 8 * 0.01 + 3 * 0.05)
    assert run.high_usd == pytest.approx(4 * 0.08 + 8 * 0.05 + 3 * 0.20)
    assert run.prompts == {name: digest(template(name)) for name in ("persona", "prompted", "redteam")}


def test_the_plan_says_cells_slots_hints_and_cost(shop: Any) -> None:
    run = shop.run()

    assert str(run).splitlines() == [
        f"run {run.run_id[:12]}: 10 slots for writer (demo, by replay)",
        "  1 persona, 1 prompted: each of 4 cells (new/delay, new/damaged, angry/delay and 1 more)",
        "  2 redteam: outside the cells",
        "style hints: 5 train cases, each in at most 8 prompts; from: cell 4, partial 8, near 5, any 13",
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"per_cell": {"mutation": 3}}, "'mutation' fills no cell; ask for persona or prompted"),
        ({"per_cell": {}, "redteam": 0}, "0 candidates cannot be asked for"),
        ({"per_cell": {"persona": -1}}, "-1, 2 candidates cannot be asked for"),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(shop: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        shop.run(**asked)

    assert str(refused.value).startswith(said)


def test_a_cell_without_a_persona_is_named(shop: Any) -> None:
    shop.workspace.settings.personas.pop("angry")
    with pytest.raises(
        UsageError, match=r"no persona for the cell angry/delay: \[personas\] .* has new.*; write one"
    ):
        shop.run()

    assert len(shop.run(per_cell={"prompted": 1}).slots) == 6


def test_a_seed_without_a_train_case_cannot_give_style(
    new_shop: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = new_shop()
    monkeypatch.setattr(type(shop.workspace), "cases", property(lambda _: CASES.frame()))
    with pytest.raises(UsageError, match="has no real case in the train split to show as a style hint"):
        shop.run()


def test_the_templates_of_the_cells_and_of_the_red_team_end_alike() -> None:
    """A template is one file, hashed as it is sent; what they share must not drift apart."""
    ends = [
        template(name).partition("## How customers of this shop write")[2]
        for name in ("persona", "prompted", "redteam")
    ]

    assert ends[0]
    assert ends[0] == ends[1] == ends[2]
