"""The demo data is what its README says: composed, distinct, labelled by the policy, graded by checks."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.generate import prompting
from workbench.generate.attacks import ATTACKS
from workbench.generate.replies import read
from workbench.generate.run import Slot
from workbench.provenance import content_sha256

if TYPE_CHECKING:
    from types import ModuleType

    from workbench.generate.replies import Written

DEMO = Path(__file__).parents[1] / "data" / "demo"
VOICES = {
    "terse", "polite", "angry", "mixed_language", "half_formed", "drifting", "power_user", "long_winded",
    "enterprise_buyer",
}  # fmt: skip
TOLD = {
    "new_customer": 92, "power_user": 76, "enterprise_buyer": 66, "angry_escalator": 72,
    "delay": 95, "damaged": 78, "wrong_item": 83, "remorse": 53, "outside_window": 73,
}  # fmt: skip
"""Survival by user type and by policy, percent, as the long text prints it for its example, section 3."""

EXACT_REPEATS = {("where", "is", "it"): 2, ("hello",): 2}

Case = dict[str, Any]


def lines(name: str) -> list[Case]:
    return [json.loads(line) for line in (DEMO / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def seed() -> list[Case]:
    return lines("seed.jsonl")


@pytest.fixture(scope="module")
def replies() -> list[Case]:
    return lines("replies.jsonl")


@pytest.fixture(scope="module")
def composed(replies: list[Case]) -> list[Written]:
    """The stored replies as the workbench reads any reply."""
    return [read(reply["reply"]) for reply in replies]


@pytest.fixture(scope="module")
def decisions() -> list[Case]:
    return lines("decisions.jsonl")


@pytest.fixture(scope="module")
def kept(composed: list[Written], decisions: list[Case]) -> list[Case]:
    """The kept candidates with their labels, as the bots read a case."""
    said = {content_sha256(*reply): reply._asdict() for reply in composed}
    return [
        {"case_id": f"{told['cell']} {told['index']}", **said[told["content_sha256"]], **told}
        for told in decisions
        if told["verdict"] == "keep"
    ]


@pytest.fixture(scope="module")
def rubric() -> dict[str, Any]:
    return tomllib.loads((DEMO / "rubric.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return tomllib.loads((DEMO / "workbench.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def bots() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_bots", DEMO / "bots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def answers() -> list[Case]:
    return [json.loads(line) for line in answered("seed.jsonl").splitlines()]


def answered(name: str) -> str:
    command = [sys.executable, "bots.py", name]
    return subprocess.run(command, cwd=DEMO, check=True, capture_output=True, encoding="utf-8").stdout


def written(case: Case) -> str:
    return "\n".join(turn["text"] for turn in case["turns"] if turn["role"] == "user")


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("'", ""))


def rule_text(policy: str, rule: str) -> str:
    """The heading of a rule of the policy together with its lettered clause, without the other clauses."""
    found = re.fullmatch(r"(\d+)([a-z]?)", rule)
    assert found, rule
    block = re.search(rf"^{found[1]}\. .*?(?=^\d+\. |\Z)", policy, re.MULTILINE | re.DOTALL)
    assert block, rule
    heading, *clauses = re.split(r"^ (?=[a-z]\. )", block[0], flags=re.MULTILINE)
    clause = [text for text in clauses if text.startswith(f"{found[2]}. ")] if found[2] else [""]
    assert len(clause) == 1, rule
    return heading + clause[0]


def test_there_are_184_cases_with_ids_from_1_to_184(seed: list[Case]) -> None:
    assert [case["case_id"] for case in seed] == [f"demo-{number:04d}" for number in range(1, 185)]


def test_every_conversation_has_speakers_and_ends_with_the_customer(seed: list[Case]) -> None:
    for case in seed:
        roles = [turn["role"] for turn in case["turns"]]
        assert set(roles) <= {"user", "assistant"}, case["case_id"]
        assert roles[0] == roles[-1] == "user", case["case_id"]
        assert all(turn["text"].strip() == turn["text"] != "" for turn in case["turns"]), case["case_id"]


def test_every_label_is_one_that_its_rule_of_the_policy_can_give(
    seed: list[Case], rubric: dict[str, Any]
) -> None:
    for case in seed:
        assert case["expected"] in rubric["expected"], case["case_id"]
        assert case["expected"].upper() in rule_text(rubric["policy"], case["rule"]), case["case_id"]


def test_every_value_of_the_rubric_is_expected_somewhere(seed: list[Case], rubric: dict[str, Any]) -> None:
    assert {case["expected"] for case in seed} == set(rubric["expected"])


def test_every_order_tells_the_facts_that_the_policy_asks_for(seed: list[Case]) -> None:
    needed = {"id", "item", "category", "amount", "currency", "status", "days_late", "delivered_days_ago"}
    for case in seed:
        facts = case["context"]["facts"]
        assert facts["customer"]["type"] in {"consumer", "business"}
        order = facts["order"]
        if order is None:
            continue
        assert needed <= set(order), case["case_id"]
        assert re.fullmatch(r"\d+\.\d\d", order["amount"]), case["case_id"]
        assert (order["delivered_days_ago"] is not None) == (order["status"] == "delivered"), case["case_id"]


def test_order_numbers_are_never_used_twice(seed: list[Case]) -> None:
    numbers = [order["id"] for case in seed if (order := case["context"]["facts"]["order"])]
    assert len(numbers) == len(set(numbers))


def test_few_customers_say_refund(seed: list[Case]) -> None:
    """Between 15 and 20 % of the conversations, in any inflection, in what the customer writes."""
    share = sum("refund" in written(case).casefold() for case in seed) / len(seed)
    assert 0.15 <= share <= 0.20


def test_no_two_conversations_open_alike_but_the_two_exact_repeats(seed: list[Case]) -> None:
    """A queue has exact repeats, with other orders behind them; everything else opens in its own way."""
    openings = Counter(tuple(words(case["turns"][0]["text"])[:6]) for case in seed)
    assert {opening: times for opening, times in openings.items() if times > 1} == EXACT_REPEATS
    for opening in EXACT_REPEATS:
        pair = [case for case in seed if tuple(words(case["turns"][0]["text"])) == opening]
        assert len({written(case) for case in pair}) == 1
        assert len({json.dumps(case["context"]) for case in pair}) == 2


def test_every_voice_and_slice_is_there_and_some_are_far_more_common(
    seed: list[Case], settings: dict[str, Any]
) -> None:
    voices, slices = Counter(case["voice"] for case in seed), Counter(case["slice"] for case in seed)
    assert set(voices) == VOICES
    assert set(slices) == set(settings["seed"]["slices"])
    assert max(voices.values()) >= 3 * min(voices.values())
    assert max(slices.values()) >= 3 * min(slices.values())


def test_messages_run_from_one_word_to_a_long_letter(seed: list[Case]) -> None:
    lengths = sorted(len(written(case).split()) for case in seed)
    assert lengths[0] == 1
    assert sum(length <= 3 for length in lengths) >= 10
    assert 100 <= lengths[-1] <= 160


def test_some_conversations_go_back_and_forth_and_drift_through_several_matters(seed: list[Case]) -> None:
    assert sum(len(case["turns"]) > 1 for case in seed) >= 20
    drifting = [case for case in seed if case["voice"] == "drifting"]
    assert all(len(case["turns"]) >= 3 or len(words(written(case))) > 20 for case in drifting)


def test_nobody_real_can_be_reached(seed: list[Case], composed: list[Written]) -> None:
    """E-mail only at the reserved domains, telephone only in the range for fiction, no card numbers."""
    for turns in [*(case["turns"] for case in seed), *(reply.turns for reply in composed)]:
        text = " ".join(turn["text"] for turn in turns)
        assert all(re.search(r"@example\.(?:com|org)\b", found) for found in re.findall(r"\S+@\S+", text)), (
            text
        )
        assert all(found.startswith("01") for found in re.findall(r"\b555[- ](\d{4})", text)), text
        assert not re.search(r"\d[\d -]{9,}\d", text), text


def test_some_conversations_name_two_sums_of_dollars(seed: list[Case]) -> None:
    assert any(len(re.findall(r"\$\d", written(case))) >= 2 for case in seed)


def test_212_replies_fill_20_cells_ten_times_and_the_first_twelve_attacks_once(
    replies: list[Case], settings: dict[str, Any]
) -> None:
    axes = settings["grid"]["axes"]
    cells = [f"{user}/{policy}" for user in axes["user_type"] for policy in axes["policy"]]
    made = [("persona", number) for number in range(6)] + [("prompted", number) for number in range(6, 10)]
    slots = [(cell, *one) for cell in cells for one in made]
    attacks = [(f"redteam/{name}", "redteam", 0) for name in list(ATTACKS)[:12]]

    assert (len(slots), len(attacks)) == (200, 12)
    assert sorted((reply["cell"], reply["bucket"], reply["index"]) for reply in replies) == sorted(
        slots + attacks
    )


def test_every_reply_says_that_it_was_composed_and_by_no_model(replies: list[Case]) -> None:
    assert {(reply["origin"], reply["family"], reply["model"]) for reply in replies} == {
        ("composed", "demo", "composed")
    }


def test_no_reply_has_a_place_for_an_expected_outcome(replies: list[Case], composed: list[Written]) -> None:
    """The reading of replies refuses one, wherever it stands; it has read all of them."""
    assert {key for reply in replies for key in reply} == {
        "cell", "bucket", "index", "origin", "model", "family", "reply",
    }  # fmt: skip
    assert {key for reply in composed for key in reply.context or {}} == {"facts"}


def test_no_reply_repeats_a_conversation_of_the_seed_or_another_reply(
    seed: list[Case], composed: list[Written]
) -> None:
    said = [tuple(words(written(reply._asdict()))) for reply in composed]

    assert {tuple(words(written(case))) for case in seed}.isdisjoint(said)
    assert len(set(said)) == len(said)


def test_order_numbers_of_replies_are_new_and_never_used_twice(
    seed: list[Case], composed: list[Written]
) -> None:
    facts = [case["context"]["facts"] for case in seed]
    facts += [reply.context["facts"] for reply in composed if reply.context]
    numbers = [order["id"] for fact in facts if (order := fact["order"])]

    assert len(facts) == len(seed) + len(composed)
    assert len(numbers) == len(set(numbers))


def test_each_reply_has_one_decision_that_names_it_by_its_content(
    replies: list[Case], composed: list[Written], decisions: list[Case]
) -> None:
    there = {
        (reply["cell"], reply["bucket"], reply["index"], content_sha256(*said))
        for reply, said in zip(replies, composed, strict=True)
    }
    decided = [(told["cell"], told["bucket"], told["index"], told["content_sha256"]) for told in decisions]

    assert len(decided) == len(set(decided)) == 212
    assert set(decided) == there


def test_decisions_speak_the_words_of_the_rubric(decisions: list[Case], rubric: dict[str, Any]) -> None:
    for told in decisions:
        assert told["verdict"] in {"keep", "reject", "revise"}
        assert set(told["reasons"]) <= set(rubric["reasons"])
        assert (told["reasons"] == []) == (told["verdict"] == "keep"), told
        assert told.get("expected") in {None, *rubric["expected"]}
        assert ("expected" in told) == ("rule" in told), told


def test_nobody_is_said_to_have_taken_time_over_a_decision(decisions: list[Case]) -> None:
    assert not {"visible_ms", "reviewer", "at"} & {key for told in decisions for key in told}


def test_every_kept_case_has_a_label_that_its_rule_of_the_policy_can_give(
    kept: list[Case], rubric: dict[str, Any]
) -> None:
    assert len(kept) > 100
    for case in kept:
        assert case["expected"].upper() in rule_text(rubric["policy"], case["rule"]), case["case_id"]
        assert case["fits_cell"] is True, case["case_id"]


def test_the_forecasts_are_the_mean_of_what_the_long_text_reports_and_of_nothing_else() -> None:
    """The decisions on the demo's candidates could not have entered: the file follows from nine numbers."""
    forecasts = {told["cell"]: told for told in lines("forecasts.jsonl")}
    halves = {
        f"{user}/{policy}": (TOLD[user] + TOLD[policy] + 1) // 2
        for user in list(TOLD)[:4]
        for policy in list(TOLD)[4:]
    }

    assert len(forecasts) == len(lines("forecasts.jsonl")) == 20
    assert {cell: round(100 * told["predicted_survival"]) for cell, told in forecasts.items()} == halves
    assert all(0 < told["predicted_survival"] < 1 for told in forecasts.values())
    assert {key for told in forecasts.values() for key in told} == {"cell", "predicted_survival", "gap"}
    assert len({told["gap"] for told in forecasts.values()}) == 20


def test_the_readme_tells_where_the_forecasts_are_from() -> None:
    found = re.findall(r"`(\w+)` \.(\d\d)\b", (DEMO / "README.md").read_text("utf-8"))

    assert {name: int(percent) for name, percent in found} == TOLD


def test_the_readme_counts_what_was_kept_and_how_little_one_user_type_varies(kept: list[Case]) -> None:
    told = " ".join((DEMO / "README.md").read_text("utf-8").split())
    businesses = [case["expected"] for case in kept if case["cell"].startswith("enterprise_buyer/")]

    assert f"{len(kept)} of 212 were kept" in told
    assert f"All {businesses.count('handoff')} kept cases of enterprise buyers have the label handoff" in told
    assert set(businesses) == {"handoff"}


def test_a_persona_stands_in_the_prompts_of_its_user_type_and_nowhere_else(settings: dict[str, Any]) -> None:
    axes, personas = settings["grid"]["axes"], settings["personas"]
    for user, blurb in personas.items():
        cell = f"{user}/{axes['policy'][0]}"
        asked = {
            bucket: prompting.prompt(
                Slot(bucket=bucket, cell=cell, persona=blurb if bucket == "persona" else None), list(axes), {}
            )
            for bucket in ("persona", "prompted")
        }
        assert f"- user_type: {user}\n- policy: {axes['policy'][0]}\n" in asked["persona"]
        assert [other for other in personas if personas[other] in asked["persona"]] == [user]
        assert not [other for other in personas if personas[other] in asked["prompted"]]


def test_a_persona_says_how_somebody_writes_and_never_what_the_bot_should_do(
    settings: dict[str, Any], rubric: dict[str, Any]
) -> None:
    """Nor the word that a generator would copy into every case."""
    for blurb in settings["personas"].values():
        assert re.search(r"\bYou (?:are|bought|order|buy)\b", blurb)
        assert 20 <= len(words(blurb)) <= 60
        assert set(words(blurb)).isdisjoint({*rubric["expected"], "refunds", "refunded"})


def test_the_settings_say_that_this_is_a_demo(settings: dict[str, Any], rubric: dict[str, Any]) -> None:
    assert settings["demo"] is True
    assert {role["family"] for role in settings["roles"].values()} == {"demo"}
    assert set(settings["personas"]) == set(settings["grid"]["axes"]["user_type"])
    assert "fictional" in rubric["policy"]
    assert "demo" in (DEMO / "README.md").read_text("utf-8")


def test_the_bots_answer_the_same_way_twice() -> None:
    assert answered("seed.jsonl") == answered("seed.jsonl")


def test_every_case_gets_an_outcome_from_every_bot_with_its_reason(
    seed: list[Case], answers: list[Case], bots: ModuleType
) -> None:
    expected = {(case["case_id"], bot) for case in seed for bot in bots.BOTS}
    assert {(row["case_id"], row["model"]) for row in answers} == expected
    assert len(answers) == len(expected)
    for row in answers:
        assert row["outcome"] in {"pass", "fail"}
        assert (row["failure_mode"] is None) == (row["outcome"] == "pass")
        assert row["reason"]
        assert row["output"]


def test_every_bot_passes_some_cases_and_fails_some(answers: list[Case], bots: ModuleType) -> None:
    for bot in bots.BOTS:
        assert {row["outcome"] for row in answers if row["model"] == bot} == {"pass", "fail"}


def test_an_answer_that_does_what_the_label_says_passes_every_check(
    seed: list[Case], kept: list[Case], bots: ModuleType
) -> None:
    """Labels and checks never contradict each other: no label promises what a check forbids."""
    for case in (*seed, *kept):
        amount = bots.amount_of(case["context"]["facts"]["order"] or {})
        answer = bots.Answer(case["expected"], f"Yes: ${amount}" if amount is not None else "Yes.")
        assert bots.failed_checks(case, answer) == {}, case["case_id"]


def test_a_promise_of_more_than_the_order_is_the_failure_that_is_named(bots: ModuleType) -> None:
    order = {"amount": "40.00", "status": "delivered", "delivered_days_ago": 5}
    turns = [{"role": "user", "text": "it came in two halves, you owe me $400 and a refund"}]
    case = {"case_id": "x-1", "turns": turns, "expected": "refund", "context": {"facts": {"order": order}}}
    row = bots.graded(case, "keyword-bot")
    assert (row["outcome"], row["failure_mode"]) == ("fail", "amount_over_order")
    assert "$400" in row["reason"]


def test_a_refund_after_the_last_window_is_graver_than_a_wrong_action(bots: ModuleType) -> None:
    order = {"amount": "40.00", "status": "delivered", "delivered_days_ago": 61}
    turns = [{"role": "user", "text": "money back. it broke"}]
    case = {"case_id": "x-2", "turns": turns, "expected": "deny", "context": {"facts": {"order": order}}}
    row = bots.graded(case, "keyword-bot")
    assert row["failure_mode"] == "outside_window"
    assert "wrong_action" in row["reason"]
    assert bots.graded(case, "wellread-bot")["outcome"] == "pass"


@pytest.mark.parametrize(
    "case",
    [
        {
            "case_id": "u-1",
            "turns": [{"role": "user", "text": "na wo bleibt denn mein Zeug"}],
            "context": None,
        },
        {
            "case_id": "u-2",
            "turns": [],
            "context": {"facts": {"order": {"amount": "free"}, "customer": None}},
        },
        {"case_id": "u-3", "turns": [{"role": "user", "text": None}], "context": {"documents": []}},
        {"case_id": "u-4"},
    ],
)
def test_the_bots_answer_cases_they_have_never_seen_and_leave_unlabelled_ones_unscored(
    bots: ModuleType, case: Case
) -> None:
    for bot in bots.BOTS:
        row = bots.graded(case, bot)
        assert row["action"] in bots.ACTIONS
        assert row["outcome"] == "unscored"


def test_the_examples_in_the_bots_docstrings_hold(bots: ModuleType) -> None:
    tested = doctest.testmod(bots)
    assert tested.attempted > 0
    assert tested.failed == 0
