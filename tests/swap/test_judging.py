"""A judge is held against humans who judged the same answers; nothing of it decides a swap."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench.errors import UsageError
from workbench.evalset import freeze
from workbench.frozen import load
from workbench.stats.agreement import agreement
from workbench.swap import Declared, Polarity, Question, human_rates, import_results, run_swap
from workbench.swap.calibration import agreed, corrected, pairs
from workbench.swap.favour import favour
from workbench.swap.labelled import labelled
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from workbench.swap import Swap
    from workbench.workspace import Workspace

MODELS = ("shop-bot-2", "shop-bot-3")
PAIR = Question(baseline=MODELS[0], candidate=MODELS[1])
COLUMNS = ("case_id", "model", "trial", "outcome", "judge", "output", "inclusion")


def row(case: int, model: int, outcome: str, judge: str = "strict", **changes: Any) -> dict[str, Any]:
    """A row of results, as the store has it."""
    families = {"strict": "openai/o", "lenient": "mistral/large"}
    return {
        "case_id": f"s-{case:03d}", "model": MODELS[model], "trial": "0", "outcome": outcome, "judge": judge,
        "judge_family": families.get(judge, "human"), "output": None, "content_sha256": None, "inclusion": np.nan,
        "imported_at": 1,
    } | changes  # fmt: skip


def members(cases: int, *, group: str = "real", share: int = 1) -> pd.DataFrame:
    """Cases of one group, `share` of them to a root."""
    ids = [f"s-{case:03d}" for case in range(cases)]
    return pd.DataFrame(
        {"case_id": ids, "group": group, "root_id": [ids[i // share * share] for i in range(cases)]}
    )


def joined(rows: list[dict[str, Any]], cases: int = 10) -> Any:
    """Join the rows of `strict` with those of the humans among them."""
    frame = pd.DataFrame(rows)
    return labelled(frame[frame["judge"] == "strict"], frame, members(cases))


# Which labels are of which answers


def test_the_majority_of_humans_counts_and_a_tie_is_left_out_and_counted() -> None:
    rows = [row(case, 0, "pass") for case in range(3)]
    said = {0: "pass fail fail", 1: "pass fail", 2: "pass pass fail"}
    for case, outcomes in said.items():
        rows += [row(case, 0, outcome, name) for name, outcome in zip("abc", outcomes.split(), strict=False)]
    found = joined(rows)

    assert found.answers["human"].fillna(-1).tolist() == [0, -1, 1]
    assert (found.ties, len(found.both), found.ratings.shape) == (1, 2, (3, 3))


def test_of_one_human_the_label_that_was_imported_last_counts() -> None:
    rows = [
        row(0, 0, "pass"),
        row(0, 0, "pass", "ana", imported_at=1),
        row(0, 0, "fail", "ana", imported_at=2),
    ]

    assert joined(rows[::-1]).answers["human"].tolist() == [0]


@pytest.mark.parametrize(
    ("judged", "human", "used"),
    [
        ("On its way.", "On its way.", True),
        ("On its way.", "See our help page.", False),
        ("On its way.", None, True),
    ],
)
def test_a_label_of_another_answer_says_nothing_and_is_counted(
    judged: str, human: str | None, used: bool
) -> None:
    """A model that was run again answers anew, in the same trial of the same case."""
    found = joined([row(0, 0, "pass", output=judged), row(0, 0, "fail", "ana", output=human)])

    assert (len(found.both), found.other_answers) == (int(used), int(not used))


def test_labels_without_a_verdict_of_the_judge_are_counted() -> None:
    rows = [
        row(0, 0, "unscored"),
        row(0, 0, "pass", "ana"),
        row(1, 0, "pass", "ana"),
        row(2, 0, "error", "ana"),
    ]

    assert joined(rows).unjudged == 2


# Agreement and correction


def labels(
    seed: int, *, cases: int, drawn: int, kind: float, by_verdict: bool = False
) -> list[dict[str, Any]]:
    """Both models on some cases: humans pass 70 % and 60 %; the judge fails 90 % of what fails, or `1 - kind`."""
    rng = np.random.default_rng(seed)
    truth = rng.random((cases, 2)) < [0.7, 0.6]
    said = np.where(truth, rng.random((cases, 2)) < 0.95, rng.random((cases, 2)) < [0.1, kind])
    d = said[:, 1].astype(int) - said[:, 0].astype(int)
    rows = [
        row(case, model, "pass" if said[case, model] else "fail") for case in range(cases) for model in (0, 1)
    ]
    strata = [np.flatnonzero(d == at) for at in (-1, 0, 1)] if by_verdict else [np.arange(cases)]
    for at in strata:
        taken = rng.choice(at, drawn // len(strata), replace=False)
        chance = {"inclusion": taken.size / at.size} if by_verdict else {}
        for case in taken:
            rows += [
                row(int(case), model, "pass" if truth[case, model] else "fail", "ana", **chance)
                for model in (0, 1)
            ]
    return rows


@pytest.mark.parametrize("by_verdict", [False, True])
def test_a_judge_that_is_kind_to_one_model_is_corrected(by_verdict: bool) -> None:
    """The truth is -10 points. The judge passes half of what the candidate fails, and sees nothing of it."""
    frame = pd.DataFrame(labels(1, cases=600, drawn=180, kind=0.5, by_verdict=by_verdict))
    found = labelled(frame[frame["judge"] == "strict"], frame, members(600))
    told = corrected(pairs(found.answers, *MODELS), alpha=0.05).fields
    difference = told["difference"]

    assert difference["raw_pp"] > 5
    assert difference["low_pp"] < -10 < difference["high_pp"] < difference["raw_pp"]
    # A sample by verdict uses the judge in the draw, and humans alone then say the same.
    narrower = (
        difference["high_pp"] - difference["low_pp"]
        < difference["humans_high_pp"] - difference["humans_low_pp"]
    )
    assert narrower != by_verdict
    assert told["candidate"]["low"] < 0.6 < told["candidate"]["high"] < told["candidate"]["raw"]
    assert (difference["labels"], told["baseline"]["labels"]) == (180, 180)


def test_labels_by_verdict_weigh_by_their_chance_in_the_agreement() -> None:
    """Changed pairs are drawn more often than others: taken as they are, they flatter the judge."""
    frame = pd.DataFrame(labels(2, cases=2000, drawn=900, kind=0.3, by_verdict=True))
    judge = frame[frame["judge"] == "strict"]
    found = labelled(judge, frame, members(2000))
    weighed = agreed(found.both, found.answers, alpha=0.05).fields
    alike = found.both.assign(inclusion=np.nan)
    naive = agreed(alike, found.answers, alpha=0.05).fields

    everybody = pd.DataFrame(labels(2, cases=2000, drawn=2000, kind=0.3))
    whole = labelled(everybody[everybody["judge"] == "strict"], everybody, members(2000))
    truth = agreed(whole.both, whole.answers, alpha=0.05).fields["specificity"]

    assert abs(weighed["specificity"] - truth) < 0.025
    assert naive["specificity"] - truth > 0.04
    assert weighed["specificity_low"] < truth < weighed["specificity_high"]
    assert weighed["answers"] == naive["answers"] == 1800


def test_chances_that_differ_within_one_verdict_leave_it_uncalibrated() -> None:
    """Two samples drawn by different plans, or for another pair of models, cannot be told apart."""
    rows = labels(3, cases=600, drawn=180, kind=0.5, by_verdict=True)
    for one in rows[-60:]:
        one["inclusion"] /= 2
    rows[-61]["inclusion"] = np.nan
    frame = pd.DataFrame(rows)
    found = labelled(frame[frame["judge"] == "strict"], frame, members(600))
    told = corrected(pairs(found.answers, *MODELS), alpha=0.05)

    assert told.fields["difference"]["value_pp"] is None
    assert told.fields["difference"]["raw_pp"] > 0
    assert told.why["difference.value_pp"].startswith(
        "Uncalibrated: cases with one verdict of the judge were drawn"
    )


def test_a_verdict_without_a_label_leaves_it_uncalibrated() -> None:
    rows = labels(4, cases=600, drawn=180, kind=0.5, by_verdict=True)
    gained = rows[-120:]
    frame = pd.DataFrame([one for one in rows if one not in gained])
    found = labelled(frame[frame["judge"] == "strict"], frame, members(600))
    told = corrected(pairs(found.answers, *MODELS), alpha=0.05)

    assert (
        told.why["difference.value_pp"]
        == "Uncalibrated: a stratum of the sample has fewer than two human labels."
    )


def test_a_group_without_a_label_or_a_verdict_says_so_beside_one_with_labels() -> None:
    rows = [row(case, model, fails_some(case, model)) for case in range(60) for model in (0, 1)]
    rows += [row(case, model, "pass", "ana") for case in range(20) for model in (0, 1)]
    frame, place = pd.DataFrame(rows), members(60)
    place.loc[30:, "group"] = "golden"
    found = labelled(frame[frame["judge"] == "strict"], frame, place)
    golden = found.answers[found.answers["group"] == "golden"]
    none = agreed(found.both.iloc[:0], golden, alpha=0.05)
    cases = pairs(found.answers, *MODELS)
    empty = corrected(cases.iloc[:0], alpha=0.05)
    unscored = frame[frame["judge"] == "strict"].assign(outcome="unscored")

    assert (none.fields["answers"], none.why["kappa"]) == (0, "No case was judged by two raters.")
    assert none.why["specificity"] == "Humans gave no such label."
    assert corrected(cases[cases["group"] == "golden"], alpha=0.05).why["difference.value_pp"] == (
        "Uncalibrated: 0 human labels of this group, 50 are needed."
    )
    assert empty.why["difference.raw_pp"] == "No case has a verdict of the judge on both models."
    assert pairs(labelled(unscored, frame, place).answers, *MODELS).empty


def test_trials_of_a_case_are_one_case() -> None:
    rows = [row(case, model, "pass" if (case + trial) % 3 else "fail", judge, trial=str(trial))
            for case in range(60) for model in (0, 1) for trial in range(3) for judge in ("strict", "ana")]  # fmt: skip
    found = joined(rows, cases=60)
    cases = pairs(found.answers, *MODELS)

    assert (len(found.both), len(cases)) == (360, 60)
    assert cases["baseline_judge"].round(6).unique().tolist() == [pytest.approx(2 / 3, abs=1e-6)]
    assert agreed(found.both, found.answers, alpha=0.05).fields["roots"] == 60


# Favours


def crossed(inflation: float, *, cases: int = 600) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two judges of the same answers; the lenient one passes 5 % more of all, and more of what Mistral wrote."""
    rng = np.random.default_rng(5)
    rows = []
    for case in range(cases):
        strict = rng.random() < 0.6
        kind = strict or rng.random() < (0.05 + inflation * (case < cases // 2)) / 0.4
        rows += [
            row(case, 0, "pass" if strict else "fail"),
            row(case, 0, "pass" if kind else "fail", "lenient"),
        ]
    frame = members(cases).assign(generator_family=None)
    frame.loc[: cases // 2 - 1, "generator_family"] = "mistral/small"
    return pd.DataFrame(rows), frame


@pytest.mark.parametrize("inflation", [0.0, 0.12])
def test_a_judge_that_favours_its_own_vendors_cases_is_told_from_a_lenient_one(inflation: float) -> None:
    told = favour(*crossed(inflation), alpha=0.05).fields["collusion"]

    assert (told["judge"], told["beside"], told["generator"]) == ("lenient", "strict", "mistral/small")
    assert told["inflation_low_pp"] < 100 * inflation < told["inflation_high_pp"]
    assert (told["inflation_low_pp"] > 0) == (inflation > 0)
    assert (told["own_cases"], told["other_cases"]) == (300, 300)


def test_a_difference_between_two_judges_whose_vendors_both_wrote_cases_is_pinned_on_neither() -> None:
    """The strict judge is right everywhere; the lenient one is kind to its own vendor. Both judges look alike."""
    rows, frame = crossed(0.12)
    told = favour(rows, frame.fillna({"generator_family": "openai/gpt"}), alpha=0.05)

    assert told.fields == {"collusion": None}
    assert "both judges are of vendors that wrote cases" in told.why["collusion"]


@pytest.mark.parametrize("family", ["mistral/medium", "unknown"])
def test_cases_that_the_judges_vendor_may_have_written_are_in_neither_arm(family: str) -> None:
    """The judge is kind to every line of its vendor; among the other cases they would hide it."""
    rows, frame = crossed(0.12, cases=1200)
    frame.loc[300:599, "generator_family"] = family
    told = favour(rows, frame, alpha=0.05).fields["collusion"]

    assert told["generator"].startswith("mistral/")
    assert (told["own_cases"], told["other_cases"]) == (300, 600)
    assert told["inflation_low_pp"] > 0


def test_without_a_case_of_another_author_leniency_is_not_told_from_favour() -> None:
    rows, frame = crossed(0.12)
    told = favour(rows, frame.fillna({"generator_family": "mistral/medium"}), alpha=0.05)

    assert told.fields == {"collusion": None}
    assert "leniency cannot be told from favour" in told.why["collusion"]


def test_the_pair_of_judges_with_the_most_cases_in_its_smaller_arm_is_told() -> None:
    """One pair shares all 600 cases and 20 of the generator's; another shares 300, and 150 of the generator's."""
    rows, frame = crossed(0.0)
    frame["generator_family"] = None
    frame.loc[:19, "generator_family"] = "google/gemini"
    frame.loc[100:249, "generator_family"] = "mistral/small"
    gemini = rows[rows["judge"] == "lenient"].assign(judge="gemini", judge_family="google/gemini")
    ids = set(frame.loc[100:399, "case_id"])
    few = rows[(rows["judge"] == "strict") | rows["case_id"].isin(ids)]
    told = favour(pd.concat([few, gemini]), frame, alpha=0.05).fields["collusion"]

    assert (told["judge"], told["own_cases"], told["other_cases"]) == ("lenient", 150, 150)


def test_few_crossed_cases_are_not_estimable_here() -> None:
    told = favour(*crossed(0.05, cases=80), alpha=0.05).fields["collusion"]

    assert told["not_estimable"].startswith("Not estimable here: 8 points take about")
    assert told["inflation_pp"] is not None


def test_without_a_second_judge_there_is_no_crossed_estimate() -> None:
    rows, frame = crossed(0.1)
    alone = favour(rows[rows["judge"] == "lenient"], frame, alpha=0.05)

    assert alone.fields == {"collusion": None}
    assert alone.why["collusion"].startswith("Not estimable here: it takes two judges")


# Through the product


class Shop:
    """A workspace with 90 seed cases frozen as `launch`, and what is imported into it."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace, self.folder = workspace, folder

    def bring(self, rows: list[dict[str, Any]], judges: Mapping[str, str]) -> str:
        """Import rows, with `garbage` as what is no verdict."""
        path = self.folder / "results.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            sheet = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            sheet.writeheader()
            sheet.writerows({**one, "inclusion": ""} for one in rows)
        families = {"shop-bot-2": "anthropic/sonnet", "shop-bot-3": "google/gemini"}
        said = Declared(
            polarity=Polarity("pass", malformed_when=("garbage",)), judges=judges, families=families
        )
        return import_results(self.workspace, path, said).run

    def swap(self, **asked: Any) -> Swap:
        """Decide the swap on the frozen set."""
        question = Question(baseline=MODELS[0], candidate=MODELS[1], **asked)
        return run_swap(self.workspace, load(self.workspace, "launch"), question)


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path, new_case: Callable[..., dict[str, Any]]) -> Shop:
    workspace.store.append(CASES, [new_case(f"s-{i:03d}", f"where is order {i}????") for i in range(90)])
    freeze(workspace, "launch")
    return Shop(workspace, tmp_path)


def verdicts(
    outcome: Callable[[int, int], str], judge: str = "strict", cases: range = range(90)
) -> list[dict[str, Any]]:
    """Rows of both models, by the outcome of a case and a model."""
    return [row(case, model, outcome(case, model), judge) for case in cases for model in (0, 1)]


def fails_some(case: int, model: int) -> str:
    return "fail" if case % 4 == model else "pass"


def codes(done: Swap) -> list[str]:
    return [reason["code"] for reason in done.verdict["reasons"]]


def test_the_judge_gates_by_default_where_humans_labelled_a_sample_of_its_answers(shop: Shop) -> None:
    """Both runs are there and nobody names one: the human's rows are labels to check the judge by."""
    shop.bring(verdicts(fails_some), {"strict": "openai/o"})
    before = shop.swap().verdict
    shop.bring(verdicts(lambda *_: "pass", "ana", range(60)), {"ana": "human"})
    done = shop.swap()
    named = shop.swap(gate_judge="strict").verdict
    told = done.verdict["judging"]

    assert done.verdict["groups"] == before["groups"] == named["groups"]
    assert done.verdict["results_sha256"] == before["results_sha256"]
    assert (done.verdict["verdict"], done.exit_code) == (before["verdict"], shop.swap().exit_code)
    assert (told["judge"], told["kind"], told["humans"]) == ("strict", "model", ["ana"])
    assert told["groups"]["real"]["answers"] == 120
    assert done.verdict["families"]["judges"] == ["openai/o"]


def test_a_judge_of_unknown_family_is_not_called_a_model(shop: Shop) -> None:
    shop.bring(verdicts(fails_some), {"strict": "unknown"})

    assert shop.swap().verdict["judging"]["kind"] == "unknown"


def test_a_human_who_judged_everything_could_gate_so_that_is_asked(shop: Shop) -> None:
    run = shop.bring(
        verdicts(fails_some) + verdicts(fails_some, "ana"), {"strict": "openai/o", "ana": "human"}
    )
    with pytest.raises(UsageError, match=r"these results have 2 judges \(ana, strict\); say which gates"):
        shop.swap(results=(run,))


def test_a_human_who_gates_is_checked_by_nobody(shop: Shop) -> None:
    shop.bring(verdicts(fails_some, "ana"), {"ana": "human"})
    shop.bring(verdicts(fails_some), {"strict": "openai/o"})
    told = shop.swap(gate_judge="ana").verdict["judging"]

    assert (told["kind"], told["groups"], told["judge"]) == ("human", {}, "ana")


def test_a_judge_without_a_human_label_has_no_agreement(shop: Shop) -> None:
    shop.bring(verdicts(fails_some), {"strict": "programmatic"})
    done = shop.swap().verdict
    told = done["judging"]

    assert (told["kind"], told["groups"], told["human_agreement"]) == ("programmatic", {}, None)
    assert done["why"]["judging.human_agreement"] == "no answer was judged by two humans"


def test_a_judge_that_hides_failures_is_named_and_decides_nothing(shop: Shop) -> None:
    """Humans fail 23 answers of each model; the judge passes them all but two."""
    shop.bring(verdicts(lambda case, model: "fail" if case == model else "pass"), {"strict": "openai/o"})
    before = shop.swap()
    shop.bring(verdicts(fails_some, "ana", range(89)), {"ana": "human"})
    done = shop.swap()
    note = next(reason["text"] for reason in done.verdict["reasons"] if reason["code"] == "judge_unreliable")

    assert codes(done)[: len(codes(before))] == codes(before)
    assert done.verdict["verdict"] == before.verdict["verdict"]
    assert "on the real cases the judge 'strict' agrees with humans by a kappa of 0." in note
    assert "of what humans fail" in note
    assert done.verdict["judging"]["doubts"]["real"]


def test_few_labels_name_nobody_unreliable(shop: Shop) -> None:
    shop.bring(verdicts(lambda *_: "pass"), {"strict": "openai/o"})
    shop.bring(verdicts(fails_some, "ana", range(20)), {"ana": "human"})
    done = shop.swap()
    why = done.verdict["why"]["judging.groups.real.difference.value_pp"]

    assert "judge_unreliable" not in codes(done)
    assert why == "Uncalibrated: 20 human labels of this group, 50 are needed."
    assert done.verdict["judging"]["groups"]["real"]["difference"]["raw_pp"] == 0


@pytest.mark.parametrize(("malformed", "named"), [(1, False), (2, True)])
def test_malformed_verdicts_are_counted_and_named_above_one_percent(
    shop: Shop, malformed: int, named: bool
) -> None:
    odd = verdicts(lambda case, model: "garbage" if case < malformed and model else fails_some(case, model))
    shop.bring(odd, {"strict": "openai/o"})
    done = shop.swap()
    told = done.verdict["judging"]["verdicts"]

    assert [(one["rows"], one["malformed"], one["not_scored"]) for one in told] == [
        (90, 0, 0),
        (90, malformed, 0),
    ]
    assert ("judge_malformed" in codes(done)) == named
    assert done.verdict["groups"]["real"]["unscored"] == malformed


def test_humans_agree_with_each_other_by_the_answers_that_two_judged(shop: Shop) -> None:
    shop.bring(verdicts(fails_some), {"strict": "openai/o"})
    shop.bring(verdicts(fails_some, "ana", range(60)), {"ana": "human"})
    shop.bring(
        verdicts(lambda case, model: "pass" if case == 1 else fails_some(case, model), "ben", range(40)),
        {"ben": "human"},
    )
    told = shop.swap().verdict["judging"]
    ratings = [
        [fails_some(c, m) == "pass", -1 if c >= 40 else c == 1 or fails_some(c, m) == "pass"]
        for c in range(60)
        for m in (0, 1)
    ]
    expected = agreement(np.array(ratings, dtype=int), [c for c in range(60) for _ in (0, 1)], categories=2)

    assert told["ties"] == 1
    assert told["human_agreement"]["answers"] == 80
    assert told["human_agreement"]["ac1"] == pytest.approx(expected["AC1"].value)


def test_an_analyst_asks_for_rogan_gladen(shop: Shop) -> None:
    shop.bring(verdicts(fails_some), {"strict": "openai/o"})
    human = verdicts(
        lambda case, model: "fail" if case % 4 == model and case % 3 else "pass", "ana", range(60)
    )
    shop.bring(human, {"ana": "human"})
    ppi = human_rates(shop.workspace, "launch", MODELS, judge="strict")
    gladen = human_rates(shop.workspace, "launch", MODELS, judge="strict", method="rogan_gladen")

    assert ppi["model"].tolist() == [*MODELS, "all models"]
    assert (ppi["low"] < ppi["corrected"]).all()
    assert (ppi["corrected"] > ppi["raw"]).all()
    # Sensitivity 100 / (100 - 10) of the labels, specificity 1: (p - 0) / sensitivity.
    assert gladen["corrected"].iloc[0] == pytest.approx(ppi["raw"].iloc[0] / (90 / 100), abs=0.02)
    assert gladen["reason"].iloc[2].startswith("Rogan-Gladen's interval takes independent cases")
    with pytest.raises(
        UsageError, match="judge 'kind' scored no answer of 'shop-bot-2', 'shop-bot-3' on launch"
    ):
        human_rates(shop.workspace, "launch", MODELS, judge="kind")
