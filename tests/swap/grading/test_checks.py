"""A check holds an answer against the label of its case; what it cannot compute is no fail."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.errors import UsageError
from workbench.swap.grading import grade_by_check
from workbench.swap.grading.answered import Answered
from workbench.swap.grading.checks import check_of, mark
from workbench.tables import GATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def answered(output: str, expected: str | None = "refund", state: str = "answered") -> Answered:
    """An answer of a bot."""
    row = {"case_id": "s-01", "model": "shop-bot-2", "trial": "0"}
    turns = [{"role": "user", "text": "send me my money"}]
    return Answered(
        row=row,
        state=state,
        output=output,
        reason="HTTP 500" if state == "error" else "",
        group="real",
        turns=turns,
        context=None,
        expected=expected,
    )


@pytest.mark.parametrize(
    ("check", "output", "expected", "outcome"),
    [
        ("equals", " REFUND\n", "refund", "pass"),
        ("equals", "refund it", "refund", "fail"),
        ("equals", "crème\u0301", "crèmé", "pass"),
        ("contains", "We will Refund you.", "refund", "pass"),
        ("contains", "It is non-refundable.", "refund", "fail"),
        ("contains", "That costs €5.", "€5", "pass"),
        ("contains", "price (50%) off", "(50%)", "pass"),
        ("contains", "article AxB", "a.b", "fail"),
        ("regex", "Your case is C-1234.", r"C-\d{4}", "pass"),
        ("regex", "Your case is C-12.", r"C-\d{4}", "fail"),
        ("regex", "anything", "(unclosed", "unscored"),
        ("json:intent", '{"intent": "Refund"}', "refund", "pass"),
        ("json:intent", '```json\n{"intent": "refund"}\n```', "refund", "pass"),
        ("json:intent", '{"intent": "deny"}', "refund", "fail"),
        ("json:intent", '{"topic": "refund"}', "refund", "fail"),
        ("json:intent", "refund", "refund", "fail"),
        ("json:intent", '["refund"]', "refund", "fail"),
        ("json:result.amount", '{"result": {"amount": 5.80}}', "5.80", "pass"),
        ("json:done", '{"done": true}', "true", "pass"),
        ("equals", "", "refund", "fail"),
    ],
)
def test_what_a_check_says(check: str, output: str, expected: str, outcome: str) -> None:
    found = mark(check_of(check), answered(output, expected))

    assert found.outcome == outcome
    assert bool(found.told) == (outcome != "pass")


def test_an_error_stays_an_error_a_refusal_is_an_answer_and_no_label_is_unscored() -> None:
    check = check_of("equals")

    assert mark(check, answered("", state="error"))[:2] == ("error", "HTTP 500")
    assert mark(check, answered("I can't help with that.", state="refused")).outcome == "fail"
    assert mark(check, answered("refuse", "refuse", state="refused")).outcome == "pass"
    assert mark(check, answered("refund", None)).told == "no label"


def test_a_pattern_that_would_stall_another_engine_is_answered_at_once() -> None:
    assert mark(check_of("regex"), answered("a" * 5_000 + "!", "(a+)+$")).outcome == "fail"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Write a module beside the person, and return the check that is its function `check`."""

    def write(source: str) -> str:
        (tmp_path / "ownchecks.py").write_text(source, "utf-8")
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.delitem(sys.modules, "ownchecks", raising=False)
        monkeypatch.chdir(tmp_path)
        return "ownchecks:check"

    return write


@pytest.mark.parametrize(
    ("body", "outcome", "told"),
    [
        ("return case['output'] == case['expected']", "pass", None),
        ("return False", "fail", "the check says no"),
        ("return 'it promises a voucher'", "fail", "it promises a voucher"),
        ("return case['context']['order']", "unscored", "not computed: the check raised TypeError"),
        ("raise SystemExit(3)", "unscored", "not computed: the check raised SystemExit (3)"),
        ("return None", "unscored", "not computed: the check returned 'None'"),
        ("return 1", "unscored", "not computed: the check returned '1'"),
    ],
)
def test_a_function_of_ones_own_decides_and_its_mistakes_are_no_fails(
    own: Callable[[str], str], body: str, outcome: str, told: str | None
) -> None:
    found = mark(check_of(own(f"def check(case):\n    {body}\n")), answered("refund"))

    assert found.outcome == outcome
    assert (found.told or "").startswith(told or "")


def test_what_a_function_does_to_a_case_stays_with_it(own: Callable[[str], str]) -> None:
    answer = answered("refund")

    mark(check_of(own("def check(case):\n    case['turns'].clear()\n    return True\n")), answer)

    assert answer.turns == [{"role": "user", "text": "send me my money"}]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("contain", "'contain' is none of equals, contains, regex, json:FIELD, MODULE:FUNCTION"),
        ("json:", "'json:' is none of"),
        ("nosuchmodule:check", "cannot be imported (ModuleNotFoundError: No module named 'nosuchmodule')"),
        (
            "json.decoder:nosuch",
            "cannot be imported (AttributeError: module 'json.decoder' has no attribute 'nosuch')",
        ),
    ],
)
def test_what_is_no_check_is_refused_with_what_there_is(asked: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_of(asked)

    assert said in str(refused.value)


# From answers to results


def test_answers_become_results_that_keep_what_the_answer_cost(both: Any) -> None:
    both.answer({"shop-bot-2": {"r-00": "We refund."}}, state="refused")
    done = grade_by_check(both.workspace, both.frozen, ["shop-bot-2", "shop-bot-3"], "contains")

    rows = both.workspace.results.set_index(["model", "case_id"])
    assert rows["outcome"].groupby("model").value_counts().to_dict() == {
        ("shop-bot-2", "pass"): 10,
        ("shop-bot-2", "unscored"): 1,
        ("shop-bot-3", "fail"): 8,
        ("shop-bot-3", "pass"): 2,
    }
    row = rows.loc[("shop-bot-3", "s-01")]
    case = both.workspace.cases.set_index("case_id").loc["s-01"]
    assert row["content_sha256"] == case["content_sha256"]
    assert (row["judge"], row["judge_family"], row["latency_s"], row["cost_usd"]) == (
        "contains",
        "programmatic",
        0.25,
        0.002,
    )
    assert (row["output"], row["reason"]) == ("We refund.", "the answer does not contain 'inform'")
    assert pd.isna(row["malformed"])
    assert rows.loc[("shop-bot-2", "r-00"), "reason"] == "no label"
    assert done.counts.to_dict("records") == [
        {"model": "shop-bot-2", "group": "real", "answers": 10, "pass": 10, "fail": 0, "no label": 0, "error": 0},
        {"model": "shop-bot-2", "group": "redteam", "answers": 1, "pass": 0, "fail": 0, "no label": 1, "error": 0},
        {"model": "shop-bot-3", "group": "real", "answers": 10, "pass": 2, "fail": 8, "no label": 0, "error": 0},
    ]  # fmt: skip
    assert done.absent == {"shop-bot-3": 1}
    assert "cases of the set without an answer: shop-bot-3 1" in str(done)


def test_the_same_again_is_the_same_run_and_seals_one_gate(both: Any) -> None:
    first = grade_by_check(both.workspace, both.frozen, ["shop-bot-2"], "contains")
    rows = len(both.workspace.results)
    again = grade_by_check(both.workspace, both.frozen, ["shop-bot-2"], "contains")

    assert (again.run, again.is_new, len(both.workspace.results)) == (first.run, False, rows)
    assert len(both.workspace.store.read(GATES)) == 1
    assert "was there before: nothing added" in str(again)


def test_an_answer_in_error_is_an_error_and_no_fail(shop: Any) -> None:
    shop.answer({"shop-bot-2": {"s-00": ""}}, state="error", reason="HTTP 500: out of order")
    grade_by_check(shop.workspace, shop.frozen, ["shop-bot-2"], "equals")

    assert shop.workspace.results[["outcome", "reason"]].to_numpy().tolist() == [
        ["error", "HTTP 500: out of order"]
    ]


def test_an_error_that_was_asked_again_is_graded_by_what_came_then(shop: Any) -> None:
    shop.answer({"shop-bot-2": {"s-00": ""}}, state="error", reason="HTTP 500: out of order")
    shop.answer({"shop-bot-2": {"s-00": "refund"}}, answered_at=dt.datetime(2026, 3, 3, tzinfo=dt.UTC))
    grade_by_check(shop.workspace, shop.frozen, ["shop-bot-2"], "equals")

    assert shop.workspace.results["outcome"].tolist() == ["pass"]


def test_a_label_that_a_person_gave_later_is_the_one_that_counts(
    shop: Any, new_label: Callable[..., dict[str, Any]]
) -> None:
    from workbench.tables import LABELS

    shop.workspace.store.append(LABELS, [new_label("s-00", "deny", author="Owner")])
    shop.answer({"shop-bot-2": {"s-00": "deny"}})
    grade_by_check(shop.workspace, shop.frozen, ["shop-bot-2"], "equals")

    assert shop.workspace.results["outcome"].tolist() == ["pass"]


def test_answers_of_two_setups_are_never_mixed(both: Any) -> None:
    both.answer({"shop-bot-2": {"s-00": "We refund."}}, setup="b")

    with pytest.raises(UsageError, match=r"answered launch in 2 setups .* choose with --setup [0-9a-f]{12} or") as refused:  # fmt: skip
        grade_by_check(both.workspace, both.frozen, ["shop-bot-2"], "contains")
    setup = str(refused.value).rpartition(" ")[2]
    grade_by_check(both.workspace, both.frozen, ["shop-bot-2"], "contains", setups=[setup])

    assert len(both.workspace.results) == 1


def test_a_model_without_answers_is_named_with_those_that_have_some(both: Any) -> None:
    with pytest.raises(UsageError, match=r"no answers of 'shop-bot-9' .* answers: shop-bot-2, shop-bot-3"):
        grade_by_check(both.workspace, both.frozen, ["shop-bot-9"], "contains")
    with pytest.raises(UsageError, match="'shop-bot-2' is named twice"):
        grade_by_check(both.workspace, both.frozen, ["shop-bot-2", "shop-bot-2"], "contains")
