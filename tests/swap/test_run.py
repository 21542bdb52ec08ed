"""A swap from the frozen set to its run folder, on a small shop's workspace."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.chain import linked
from workbench.errors import UsageError
from workbench.evalset import freeze
from workbench.files import write_lines
from workbench.frozen import load
from workbench.provenance import content_sha256
from workbench.swap import Declared, Polarity, Question, Swap, import_results, run_swap
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from workbench.workspace import Workspace

VOICES = (
    "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money",
    "THREE emails. THREE. nobody answers. reverse the charge or i go to my bank",
    "where is it????",
    "wrong size. swap",
    "it says delivered but",
    "Good evening, the lamp arrived with a cracked shade. Could you tell me what I should do next?",
)
SEEDS, PROMPTED = 60, 20
FAMILIES = {"shop-bot-2": "anthropic/sonnet", "shop-bot-3": "openai/gpt"}
LETTERS = {"p": "p", "f": "f", "e": "error", "u": ""}
PAIR = Question(baseline="shop-bot-2", candidate="shop-bot-3")


class Shop:
    """A workspace with 60 seed cases and 20 kept prompted ones, and what its owner does with it."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace = workspace
        self.folder = folder

    def bring(self, outcomes: Mapping[str, Mapping[str, str]], **declared: Any) -> str:
        """Import outcomes `{model: {case_id: letters, one per trial}}` and return their results run."""
        judge = declared.pop("judge", "label check")
        rows = [
            {"case_id": case, "model": model, "outcome": LETTERS[letter], "trial": str(trial), "judge": judge}
            | {"output": f"{model} answers {case}", **declared.get("columns", {})}
            for model, answers in outcomes.items()
            for case, letters in answers.items()
            for trial, letter in enumerate(letters)
        ]
        path = self.folder / "results.jsonl"
        write_lines(path, map(json.dumps, rows))
        families = {model: family for model, family in FAMILIES.items() if model in outcomes}
        said = Declared(
            polarity=Polarity("p", ("f",)),
            judges={judge: declared.get("judge_family", "programmatic")},
            families=declared.get("families", families),
        )
        return import_results(self.workspace, path, said).run

    def swap(self, question: Question = PAIR, *, evalset: str = "launch", folder: Path | None = None) -> Swap:
        """Decide a swap on a frozen set."""
        return run_swap(self.workspace, load(self.workspace, evalset), question, folder=folder)

    def settle(self, settings: str) -> None:
        """Write workbench.toml anew, as an owner does between two commands."""
        (self.workspace.root / "workbench.toml").write_text(f"{settings}\n", "utf-8")
        self.workspace.__dict__.pop("settings", None)


def answers(letter: str = "p", **changes: str) -> dict[str, str]:
    """One outcome per case, with some changed: `s_003="f"` is seed 3."""
    ids = [f"s-{i:03d}" for i in range(SEEDS)] + [f"p-{i:03d}" for i in range(PROMPTED)]
    return dict.fromkeys(ids, letter) | {name.replace("_", "-"): value for name, value in changes.items()}


def lost(count: int, letter: str = "f") -> dict[str, str]:
    """Changes that turn the first seed cases into fails."""
    return {f"s_{i:03d}": letter for i in range(count)}


@pytest.fixture
def shop(
    workspace: Workspace,
    tmp_path: Path,
    new_case: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
    new_event: Callable[..., dict[str, Any]],
) -> Shop:
    """The shop, with its set frozen as `launch` and without results."""
    cases = [new_case(f"s-{i:03d}", f"{VOICES[i % 6]} ({i})", slice=f"topic {i % 3}") for i in range(SEEDS)]
    prompted = {
        "bucket": "prompted",
        "tag": "synth-angry",
        "generator_family": "mistral/large",
        "cell": "angry/late",
    }
    cases += [
        new_case(f"p-{i:03d}", f"I demand my money for order {i}.", **prompted) for i in range(PROMPTED)
    ]
    workspace.store.append(CASES, cases)
    workspace.store.append(LABELS, [new_label(str(case["case_id"])) for case in cases])
    told = [new_event(i + 1, f"p-{i:03d}", "keep") for i in range(PROMPTED)]
    workspace.store.append(REVIEWS, linked(workspace.reviews, told))
    freeze(workspace, "launch")
    return Shop(workspace, tmp_path)


def both(shop: Shop, **changes: str) -> str:
    """Import one run of both models, of which the candidate's outcomes are changed."""
    return shop.bring({"shop-bot-2": answers(), "shop-bot-3": answers(**changes)})


def test_a_swap_is_decided_and_written(shop: Shop) -> None:
    both(shop, **lost(6))
    done = shop.swap()

    assert (done.verdict["verdict"], done.exit_code) == ("BLOCK", 10)
    assert done.verdict["groups"]["real"]["lost"] == 6
    assert done.verdict["evalset"] == "launch v1"
    assert done.verdict["label_kinds"] == {"human": 80}
    assert str(done).splitlines()[0] == "BLOCK"
    assert "(real_worse)" in str(done)
    assert len(shop.workspace.verdicts) == 1


# Which outcomes are used


def test_a_model_in_several_results_runs_asks_for_results(shop: Shop) -> None:
    first = both(shop)
    second = shop.bring({"shop-bot-3": answers(**lost(6))})
    with pytest.raises(UsageError) as asked:
        shop.swap()
    chosen = shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=(first[:12],)))

    assert "'shop-bot-3' occurs in 2 results runs: choose with --results " in str(asked.value)
    assert first[:12] in str(asked.value)
    assert second[:12] in str(asked.value)
    assert chosen.verdict["groups"]["real"]["lost"] == 0
    assert len(shop.workspace.verdicts) == 1


def test_chosen_runs_that_overlap_are_refused(shop: Shop) -> None:
    runs = (both(shop), shop.bring({"shop-bot-3": answers(**lost(6))}))
    with pytest.raises(
        UsageError, match="has two outcomes for case s-000 in trial '0'; choose the results runs"
    ):
        shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=runs))


def test_a_results_run_that_is_not_there_is_named(shop: Shop) -> None:
    both(shop)
    with pytest.raises(
        UsageError,
        match=r"^no results run of these models on this set begin with 'f00'; there is [0-9a-f]{12} ",
    ):
        shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=("f00",)))


def test_models_of_different_runs_are_paired(shop: Shop) -> None:
    shop.bring({"shop-bot-2": answers()})
    shop.bring({"shop-bot-3": answers(**lost(6))})

    assert shop.swap().verdict["groups"]["real"]["lost"] == 6


def test_several_judges_ask_which_one_gates(shop: Shop) -> None:
    rows = {"shop-bot-2": answers(), "shop-bot-3": answers(**lost(6))}
    run = shop.bring(rows, judge="strict", judge_family="openai/o")
    lenient = shop.bring(
        {"shop-bot-2": answers(), "shop-bot-3": answers()}, judge="lenient", judge_family="human"
    )
    ask = {"baseline": "shop-bot-2", "candidate": "shop-bot-3", "results": (run, lenient)}
    with pytest.raises(UsageError) as asked:
        shop.swap(Question(**ask))
    strict, kind = (shop.swap(Question(**ask, gate_judge=judge)).verdict for judge in ("strict", "lenient"))

    assert (
        str(asked.value) == "these results have 2 judges (lenient, strict); say which gates with --gate-judge"
    )
    assert (strict["groups"]["real"]["lost"], kind["groups"]["real"]["lost"]) == (6, 0)
    assert (strict["families"]["judges"], kind["families"]["judges"]) == (["openai/o"], ["human"])


def test_a_judge_that_did_not_judge_is_refused(shop: Shop) -> None:
    run = (
        shop.bring({"shop-bot-2": answers()}, judge="strict"),
        shop.bring({"shop-bot-3": answers()}, judge="lenient"),
    )
    for judge, said in (
        ("nobody", "no judge 'nobody'; these results were judged by lenient, strict"),
        ("strict", "judge 'strict' scored no answer of 'shop-bot-3' on this set"),
    ):
        with pytest.raises(UsageError, match=said):
            shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=run, gate_judge=judge))


@pytest.mark.parametrize(
    ("baseline", "candidate", "said"),
    [
        ("shop-bot-2", "shop-bot-2", "'shop-bot-2' cannot be swapped for itself; name two models"),
        ("shop-bot-2", "shop-bot-9", "no results of 'shop-bot-9' on the cases of launch; models with results: shop-bot-2, shop-bot-3"),
        ("Shop-Bot-2", "shop-bot-3", "no results of 'Shop-Bot-2' on the cases of launch"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_compared_are_wrong_usage(
    shop: Shop, baseline: str, candidate: str, said: str
) -> None:
    both(shop)
    with pytest.raises(UsageError) as refused:
        shop.swap(Question(baseline=baseline, candidate=candidate))

    assert said in str(refused.value)
    assert shop.workspace.verdicts.empty


def test_a_workspace_without_results_says_so(shop: Shop) -> None:
    with pytest.raises(UsageError, match="models with results: none yet"):
        shop.swap()


def test_a_model_with_two_families_is_refused(shop: Shop) -> None:
    shop.bring({"shop-bot-2": answers()})
    half = dict(list(answers().items())[:40]), dict(list(answers().items())[40:])
    runs = [
        shop.bring({"shop-bot-3": part}, families={"shop-bot-3": family})
        for part, family in zip(half, ("openai/gpt", "mistral/small"), strict=True)
    ]
    runs.append(str(shop.workspace.results["results_run"].iloc[0]))
    with pytest.raises(UsageError, match="'shop-bot-3' was declared as mistral/small and as openai/gpt"):
        shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=runs))


def test_rows_of_cases_outside_the_set_are_not_used(
    shop: Shop, new_case: Callable[..., dict[str, Any]]
) -> None:
    shop.workspace.store.append(CASES, [new_case("t-001", "the kettle works, mostly", split="train")])
    shop.bring({"shop-bot-2": answers(t_001="p"), "shop-bot-3": answers(t_001="f")})
    done = shop.swap()

    assert "t-001" not in set(done.cases["case_id"])
    assert done.verdict["groups"]["real"]["cases"] == SEEDS


def test_cases_of_the_set_without_a_row_are_unpaired(shop: Shop) -> None:
    few = dict(list(answers().items())[5:])
    shop.bring({"shop-bot-2": answers(), "shop-bot-3": few})
    done = shop.swap()

    assert done.verdict["groups"]["real"]["paired"] == SEEDS - 5
    assert (done.cases["change"] == "unpaired").sum() == 5
    absent = [
        row for row in done.verdict["reconciled"] if row["model"] == "shop-bot-3" and row["group"] == "real"
    ]
    assert [(row["expected"], row["found"], row["absent"]) for row in absent] == [(60, 55, 5)]


# What the rows of a case say


def test_the_cases_carry_both_answers_their_label_and_where_they_come_from(shop: Shop) -> None:
    both(shop, s_004="f")
    case = shop.swap().cases.set_index("case_id").loc["s-004"]

    assert case["change"] == "lost"
    assert (case["baseline_output"], case["candidate_output"]) == (
        "shop-bot-2 answers s-004",
        "shop-bot-3 answers s-004",
    )
    assert (case["expected"], case["label_kind"], case["tag"], case["slice"]) == (
        "refund",
        "human",
        "prod",
        "topic 1",
    )
    assert case["text"] == "user: it says delivered but (4)"


def test_a_synthetic_case_without_a_generator_is_refused(
    shop: Shop, new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> None:
    """A seed or hand-written case needs none."""
    shop.workspace.store.append(CASES, [new_case("x-1", "hi", bucket="persona", tag="synth-x")])
    kept = linked(shop.workspace.reviews, [new_event(PROMPTED + 1, "x-1", "keep")])
    shop.workspace.store.append(REVIEWS, kept)
    freeze(shop.workspace, "launch")
    both(shop)
    done = shop.swap()

    assert done.verdict["verdict"] == "REFUSED"
    assert "1 case without bucket, tag or generator: x-1" in done.verdict["reasons"][0]["text"]


def test_content_that_was_answered_and_differs_is_refused(shop: Shop) -> None:
    """Hashes are checked at import; an older store may hold what nobody checked."""
    both(shop)
    frozen = load(shop.workspace, "launch")
    right = content_sha256([{"role": "user", "text": f"{VOICES[0]} (0)"}])
    shop.bring(
        {"shop-bot-3": {"s-000": "p"}, "shop-bot-2": {"s-000": "p"}},
        judge="hashed",
        columns={"content_sha256": right},
    )
    frozen.members.loc[frozen.members["case_id"] == "s-000", "content_sha256"] = "e" * 64
    runs = shop.workspace.results["results_run"].unique()
    question = Question(baseline="shop-bot-2", candidate="shop-bot-3", results=[runs[1]])
    done = run_swap(shop.workspace, frozen, question)

    assert {
        "code": "content_differs",
        "text": "the answered content of 1 case differs from the frozen one: s-000",
    } in (done.verdict["reasons"])


def test_a_stub_whose_answers_name_a_content_does_not_differ_from_it(
    shop: Shop, new_case: Callable[..., dict[str, Any]]
) -> None:
    shop.workspace.store.append(CASES, [new_case("tau-01") | {"turns": [], "content_sha256": None}])
    freeze(shop.workspace, "launch")
    shop.bring(
        {"shop-bot-2": {"tau-01": "p"}, "shop-bot-3": {"tau-01": "p"}}, columns={"content_sha256": "c" * 64}
    )

    assert shop.swap().verdict["reasons"][0]["code"] == "seed_too_small"
    assert not shop.swap().cases["content_changed"].any()


def test_outcomes_without_a_content_hash_are_counted_as_joined_by_id_only(shop: Shop) -> None:
    both(shop)

    assert shop.swap().verdict["joined_by_id_only"] == 2 * (SEEDS + PROMPTED)


def test_a_candidate_that_was_kept_since_is_reviewed(
    shop: Shop, new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> None:
    """A review is a fact of its own: the frozen content stays what it is."""
    more = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    shop.workspace.store.append(CASES, [new_case("p-900", "Kindly proceed.", **more)])
    everything = freeze(shop.workspace, "everything", everything=True)
    shop.bring({"shop-bot-2": answers(p_900="p"), "shop-bot-3": answers(p_900="p")})
    before = shop.swap(evalset="everything").verdict
    shop.workspace.store.append(REVIEWS, [new_event(PROMPTED + 1, "p-900", "keep")])
    after = shop.swap(evalset="everything").verdict

    assert (before["unreviewed"], before["everything"]) == (1, True)
    assert after["unreviewed"] == 0
    assert load(shop.workspace, "everything").sha256 == everything.sha256


def test_a_demo_case_makes_the_verdict_a_demo(shop: Shop, new_case: Callable[..., dict[str, Any]]) -> None:
    both(shop)
    plain = shop.swap()
    shop.workspace.store.append(CASES, [new_case("d-1", "where is my kettle", tag="demo-prod")])
    freeze(shop.workspace, "launch")
    demo = shop.swap()

    assert (plain.verdict["demo"], demo.verdict["demo"]) == (False, True)
    assert str(demo).startswith("DEMO ")


# Looks


def test_looks_count_distinct_contents_and_reruns_keep_theirs(shop: Shop) -> None:
    run = both(shop)
    ask = [PAIR, PAIR]
    assert [shop.swap(question).verdict["look"] for question in ask] == [1, 1]

    again = shop.bring({"shop-bot-2": answers(), "shop-bot-3": answers(s_000="f")})
    other = Question(baseline="shop-bot-2", candidate="shop-bot-3", results=(again,))
    same = Question(baseline="shop-bot-2", candidate="shop-bot-3", results=(run,))

    assert [shop.swap(question).verdict["look"] for question in (other, same, other)] == [2, 1, 2]
    assert shop.swap(other).verdict["gate"]["look_alpha"] == pytest.approx(0.0076, abs=5e-5)


def test_a_refused_swap_takes_no_look(shop: Shop) -> None:
    few = shop.bring({"shop-bot-2": answers(), "shop-bot-3": dict(list(answers().items())[:40])})
    refused = shop.swap().verdict
    run = shop.bring({"shop-bot-2": answers(**lost(1)), "shop-bot-3": answers()})
    decided = shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=(run,))).verdict

    assert (refused["verdict"], refused["look"]) == ("REFUSED", None)
    assert refused["smoke_test_only"]
    assert few != run
    assert decided["look"] == 1


def test_another_direction_and_another_candidate_have_looks_of_their_own(shop: Shop) -> None:
    shop.bring({"shop-bot-2": answers(), "shop-bot-3": answers(), "shop-bot-4": answers()})
    looks = [
        shop.swap(Question(baseline=baseline, candidate=candidate)).verdict["look"]
        for baseline, candidate in (
            ("shop-bot-2", "shop-bot-3"),
            ("shop-bot-3", "shop-bot-2"),
            ("shop-bot-2", "shop-bot-4"),
        )
    ]

    assert looks == [1, 1, 1]


def test_a_margin_that_is_changed_after_the_results_came_is_a_new_look(shop: Shop) -> None:
    both(shop)
    first = shop.swap().verdict
    shop.settle("[gate]\nmargin_pp = 5")
    changed = shop.swap().verdict
    shop.settle("")
    back = shop.swap().verdict

    assert [verdict["look"] for verdict in (first, changed, back)] == [1, 2, 1]
    assert [any(r["code"] == "gate_changed" for r in v["reasons"]) for v in (first, changed, back)] == [
        False,
        True,
        False,
    ]
    assert changed["gate"]["margin_pp"] == 5


def test_a_margin_that_is_changed_before_any_verdict_is_not_the_first_look_either(shop: Shop) -> None:
    both(shop)
    shop.settle("[gate]\nmargin_pp = 5")

    assert shop.swap().verdict["look"] == 2


def test_a_margin_that_is_predeclared_before_the_candidates_results_is_the_first_look(shop: Shop) -> None:
    """The baseline's results may be as old as the last swap."""
    shop.bring({"shop-bot-2": answers()})
    shop.settle("[gate]\nmargin_pp = 5")
    shop.bring({"shop-bot-3": answers()})
    verdict = shop.swap().verdict

    assert verdict["look"] == 1
    assert not any(reason["code"] == "gate_changed" for reason in verdict["reasons"])


# The run folder


FILES = ["cases.parquet", "manifest.json", "verdict.json", "verdict.md"]


def test_the_run_folder_holds_everything_but_the_report(shop: Shop) -> None:
    both(shop, **lost(6))
    done = shop.swap()
    folder = done.folder
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))

    assert folder.parent == shop.workspace.root / "reports"
    assert folder.name[10:].startswith("-shop-bot-2-to-shop-bot-3-")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert json.loads((folder / "verdict.json").read_text("utf-8")) == done.verdict
    assert (folder / "verdict.md").read_text("utf-8").startswith("# BLOCK: ")
    assert len(pd.read_parquet(folder / "cases.parquet")) == SEEDS + PROMPTED
    assert manifest["complete"] is False
    assert manifest["parameters"] == {"baseline": "shop-bot-2", "candidate": "shop-bot-3"}
    assert manifest["inputs"]["evalset_sha256"] == load(shop.workspace, "launch").sha256
    assert manifest["inputs"]["results_sha256"] == done.verdict["results_sha256"]
    assert set(manifest) >= {"versions", "git_sha", "cost_usd", "cost_why"}


def test_the_stored_verdict_is_the_written_one(shop: Shop) -> None:
    both(shop, **lost(6))
    done = shop.swap()
    row = shop.workspace.verdicts.iloc[0]

    assert row["numbers"] == {name: value for name, value in done.verdict.items() if name != "times_used"}
    assert (row["verdict"], row["look"], row["run"]) == ("BLOCK", 1, done.folder.name)


def test_a_rerun_replaces_its_own_files_and_a_new_question_has_a_folder_of_its_own(shop: Shop) -> None:
    both(shop)
    first, again = shop.swap(), shop.swap()
    shop.settle("[gate]\nmargin_pp = 5")
    other = shop.swap()

    assert again.folder == first.folder
    assert other.folder != first.folder
    assert first.verdict == again.verdict


def test_a_rerun_never_looks_complete_while_it_is_half_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(shop)
    folder = shop.swap().folder

    def broken(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", broken)
    with pytest.raises(OSError, match="no space left"):
        shop.swap()

    assert sorted(path.name for path in folder.iterdir()) == ["cases.parquet", "verdict.json", "verdict.md"]


def test_the_folder_can_be_named(shop: Shop, tmp_path: Path) -> None:
    both(shop)
    folder = tmp_path / "elsewhere" / "run"
    done = shop.swap(folder=folder)

    assert done.folder == folder
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert list((shop.workspace.root / "reports").iterdir()) == []


def test_hostile_model_names_make_tame_folders(shop: Shop) -> None:
    bad, worse = "../../etc/passwd", "<b>bot</b>\u202e | `x`"
    shop.bring(
        {bad: answers(), worse: answers(**lost(6))}, families={bad: "anthropic/sonnet", worse: "openai/gpt"}
    )
    done = shop.swap(Question(baseline=bad, candidate=worse))

    assert done.folder.parent == shop.workspace.root / "reports"
    assert done.verdict["swap"] == {"baseline": bad, "candidate": worse}
    assert "`` <b>bot</b>[U+202E] | `x` ``" in (done.folder / "verdict.md").read_text("utf-8")


# Overrides and use


def test_an_override_is_recorded_and_changes_nothing(shop: Shop) -> None:
    both(shop, **lost(6))
    override = {"rule": "real_worse", "by": "Release owner", "reason": "the old model is switched off today"}
    plain = shop.swap()
    done = shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", override=(override,)))

    assert done.verdict["override"] == [override]
    assert {**done.verdict, "override": []} == plain.verdict
    assert (done.exit_code, done.folder) == (10, plain.folder)
    assert "Override by Release owner" in (done.folder / "verdict.md").read_text("utf-8")


def test_an_override_of_no_reason_is_wrong_usage_and_leaves_nothing(shop: Shop) -> None:
    both(shop, **lost(6))
    override = {"rule": "seed_too_small", "by": "Release owner", "reason": "never mind"}
    with pytest.raises(
        UsageError, match="--override 'seed_too_small' names no reason of this verdict; they are real_worse"
    ):
        shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", override=(override,)))

    assert shop.workspace.verdicts.empty
    assert list((shop.workspace.root / "reports").iterdir()) == []


def test_the_verdict_says_how_often_the_set_was_used(shop: Shop) -> None:
    both(shop)
    first, again = shop.swap().verdict, shop.swap().verdict
    shop.bring({"shop-bot-4": answers()})
    other = shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-4")).verdict

    assert [verdict["times_used"] for verdict in (first, again, other)] == [1, 1, 2]


def test_the_self_test_looks_back_over_earlier_swaps(shop: Shop) -> None:
    """Three swaps in which real and synthetic cases are both clearly worse move together."""
    synthetic = {f"p_{i:03d}": "f" for i in range(12)}
    models = ("shop-bot-3", "shop-bot-4", "shop-bot-5")
    shop.bring(
        {"shop-bot-2": answers()}
        | {model: answers(**lost(20 + i), **synthetic) for i, model in enumerate(models)}
    )
    found = [
        shop.swap(Question(baseline="shop-bot-2", candidate=model)).verdict["self_test"][1]
        for model in models
    ]

    assert [answer["answer"] for answer in found] == ["not known", "not known", "yes"]
    assert found[2]["evidence"] == "3 of 3 swaps have both resolved"


def test_trials_are_taken_together(shop: Shop) -> None:
    shop.bring({"shop-bot-2": answers("pppp"), "shop-bot-3": answers("pppp", s_000="pffp", s_001="fepp")})
    done = shop.swap()
    rows = done.cases.set_index("case_id")

    assert rows.loc["s-000", ["candidate_score", "candidate_trials"]].tolist() == [0.5, 4]
    assert rows.loc["s-001", ["candidate_score", "candidate_trials", "candidate_errors"]].tolist() == [
        2 / 3,
        3,
        1,
    ]
    assert done.verdict["groups"]["real"]["lost"] == pytest.approx(0.5 + 1 / 3)


# What a results file leaves out, and labels that ran out


def test_who_leaves_out_the_trials_that_failed_does_not_ship(shop: Shop) -> None:
    """Both pass 3 of 5 trials; the candidate's file has only the ones that passed."""
    shop.bring({"shop-bot-2": answers("pppff"), "shop-bot-3": answers("ppp")})
    done = shop.swap()
    codes = [reason["code"] for reason in done.verdict["reasons"]]

    assert done.verdict["verdict"] != "SHIP"
    assert "absent_trials" in codes
    assert done.verdict["absent_trials"] == {"baseline": 0, "candidate": 160}


def test_importing_the_same_outcomes_again_does_not_predeclare_a_margin(shop: Shop) -> None:
    both(shop)
    shop.settle("[gate]\nmargin_pp = 5")
    again = shop.bring(
        {"shop-bot-2": answers(), "shop-bot-3": answers()}, columns={"metric": "the same outcomes, once more"}
    )
    done = shop.swap(Question(baseline="shop-bot-2", candidate="shop-bot-3", results=(again,)))

    assert "gate_changed" in [reason["code"] for reason in done.verdict["reasons"]]
    assert done.verdict["look"] == 2


def test_the_label_of_a_keep_that_was_taken_back_is_not_the_cases(
    shop: Shop, new_label: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> None:
    """Two later keeps of one case, each with a label, of which one is taken back."""
    start = len(shop.workspace.reviews) + 1
    events = [
        new_event(start, "p-000", "keep", reviewer="Kim"),
        new_event(start + 1, "p-000", "keep", reviewer="Lee"),
        new_event(start + 2, "p-000", "undo", reviewer="Lee"),
    ]
    labels = [
        new_label("p-000", expected, author=event["reviewer"], created_at=event["at"])
        for expected, event in zip(("replace", "deny"), events, strict=False)
    ]
    shop.workspace.store.append(REVIEWS, linked(shop.workspace.reviews, events))
    shop.workspace.store.append(LABELS, labels)
    both(shop)

    assert shop.swap().cases.set_index("case_id").loc["p-000", "expected"] == "replace"


@pytest.mark.parametrize(("days", "left"), [(-1, 0), (1, 20), (180, 20)])
def test_cases_with_an_overdue_provisional_label_leave_the_gate(
    shop: Shop,
    new_case: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
    days: int,
    left: int,
) -> None:
    provisional(shop, new_case, new_label, days)
    done = shop.swap(evalset="more")

    assert done.verdict["groups"]["real"]["cases"] == SEEDS + 20 - left
    assert done.verdict["overdue_labels"] == ({"the refund desk": 20} if left else {})


def test_a_label_that_is_overdue_for_two_quarters_is_an_error(
    shop: Shop, new_case: Callable[..., dict[str, Any]], new_label: Callable[..., dict[str, Any]]
) -> None:
    provisional(shop, new_case, new_label, 181)
    told = "of 20 cases have been overdue for two quarters (the refund desk: late-00, late-01, late-02 and 17 more)"

    with pytest.raises(UsageError, match=re.escape(told)):
        shop.swap(evalset="more")


def provisional(shop: Shop, new_case: Callable[..., Any], new_label: Callable[..., Any], days: int) -> None:
    """Freeze 20 more seed cases whose provisional labels were due some days ago."""
    due = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    ids = [f"late-{i:02d}" for i in range(20)]
    shop.workspace.store.append(CASES, [new_case(case, f"{VOICES[2]} {case}") for case in ids])
    terms = {"kind": "provisional", "owner": "the refund desk", "backfill_by": due}
    freeze(shop.workspace, "more")
    shop.workspace.store.append(LABELS, [new_label(case, **terms) for case in ids])
    extra = {case.replace("-", "_"): "p" for case in ids}
    shop.bring({"shop-bot-2": answers(**extra), "shop-bot-3": answers(**extra)})


def test_cases_without_a_text_are_named(shop: Shop, new_case: Callable[..., dict[str, Any]]) -> None:
    stub = new_case("s-stub") | {"turns": [], "content_sha256": None}
    shop.workspace.store.append(CASES, [stub])
    freeze(shop.workspace, "with-stub")
    both(shop, s_stub="p")
    done = shop.swap(evalset="with-stub")

    assert done.verdict["stubs"] == 1
    assert "stubs" in [reason["code"] for reason in done.verdict["reasons"]]


def test_demo_is_no_family_outside_a_demo(shop: Shop) -> None:
    with pytest.raises(UsageError, match="is demo, and this workspace is none"):
        shop.bring({"shop-bot-2": answers()}, families={"shop-bot-2": "demo"})
