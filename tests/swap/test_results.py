"""Outcomes come in as they were declared, all rows or none, and nothing is guessed."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.errors import InputError, TableError, UsageError, WorkbenchError
from workbench.provenance import content_sha256, slug
from workbench.swap import Declared, Polarity, ResultsImport, import_results
from workbench.swap.stubs import stub_rows
from workbench.tables import CASES, GATES, RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.workspace import Workspace

SEEDS = {
    "s-001": "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money",
    "s-002": "where is it????",
    "s-003": "wrong size. swap",
    "s-004": "hola, the paquete no llegó, i need mi dinero back please",
}
HEAD = "case_id,model,outcome"


@pytest.fixture
def shop(workspace: Workspace, new_case: Callable[..., dict[str, Any]]) -> Workspace:
    """A workspace with four seed cases and one prompted candidate."""
    prompted = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    workspace.store.append(CASES, [new_case(case_id, text) for case_id, text in SEEDS.items()])
    workspace.store.append(CASES, [new_case("p-001", "Kindly refund my order at once.", **prompted)])
    return workspace


@pytest.fixture
def bring(shop: Workspace, tmp_path: Path) -> Callable[..., ResultsImport]:
    """Write lines to a file and import them, with 1 as the pass unless it is said otherwise."""

    def run(
        *lines: str, name: str = "results.csv", columns: Any = (), where: Any = (), **declared: Any
    ) -> ResultsImport:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        polarity = declared.pop("polarity", Polarity("1"))
        return import_results(
            shop, path, Declared(polarity=polarity, **declared), columns=columns, where=where
        )

    return run


def outcomes(shop: Workspace) -> dict[str, str]:
    """The stored outcome of each case, of one model and trial."""
    return dict(zip(shop.results["case_id"], shop.results["outcome"], strict=True))


def settle(shop: Workspace, settings: str) -> None:
    """Write workbench.toml anew, as an owner does between two commands."""
    (shop.root / "workbench.toml").write_text(f"{settings}\n", "utf-8")
    shop.__dict__.pop("settings", None)


# Polarity


@pytest.mark.parametrize(
    ("polarity", "values", "read"),
    [
        (Polarity("1"), ["1", "0", "1", "0"], "pfpf"),
        (Polarity("0"), ["1", "0", "1", "0"], "fpfp"),
        (Polarity("true"), ["true", "False", " TRUE ", "false"], "pfpf"),
        (Polarity("false"), ["true", "False", "TRUE", "false"], "fpfp"),
        (Polarity("Correct"), ["correct", "incorrect", "CORRECT", "Incorrect"], "pfpf"),
        (Polarity("failed"), ["passed", "failed", "passed", "failed"], "fpfp"),
        (Polarity("1.0"), ["1.0", "0.0", "1.0", "0.0"], "pfpf"),
        (Polarity("A", ("B", "C")), ["A", "B", "C", "a"], "pffp"),
        (Polarity("refused", ("complied",)), ["refused", "complied", "error", "unscored"], "pfeu"),
        (Polarity("1"), ["1", "", "error", "Unscored"], "pueu"),
    ],
)
def test_what_passes_is_declared(
    bring: Callable[..., ResultsImport], shop: Workspace, polarity: Polarity, values: list[str], read: str
) -> None:
    """In some formats 0 is the pass: a jailbreak that did not work."""
    bring(
        HEAD,
        *[f"{case},shop-bot-2,{value}" for case, value in zip(SEEDS, values, strict=True)],
        polarity=polarity,
    )

    assert "".join(outcome[0] for outcome in outcomes(shop).values()) == read


def test_values_that_are_neither_are_listed_with_their_rows(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    with pytest.raises(InputError) as refused:
        bring(
            HEAD, "s-001,shop-bot-2,1", "s-002,shop-bot-2,2", "s-003,shop-bot-2,maybe", "s-004,shop-bot-2,2"
        )

    assert str(refused.value) == (
        "results.csv: 2 values of outcome are neither a pass ('1') nor a fail ('0'): '2' (row 2, row 4), "
        "'maybe' (row 3); say what they mean with --pass-when and --fail-when"
    )
    assert shop.results.empty


def test_a_word_without_an_opposite_needs_its_fail_declared(bring: Callable[..., ResultsImport]) -> None:
    with pytest.raises(InputError, match=r"nor a fail \(nothing declared\): 'B' \(row 2\)"):
        bring(HEAD, "s-001,shop-bot-2,A", "s-002,shop-bot-2,B", polarity=Polarity("A"))


def test_declared_fails_replace_the_opposite(bring: Callable[..., ResultsImport]) -> None:
    with pytest.raises(InputError, match=r"nor a fail \('2'\): '0' \(row 2\)"):
        bring(HEAD, "s-001,shop-bot-2,1", "s-002,shop-bot-2,0", polarity=Polarity("1", ("2",)))


@pytest.mark.parametrize("pass_when", ["", " ", "error", "Unscored"])
def test_what_means_no_score_cannot_be_a_pass(pass_when: str) -> None:
    with pytest.raises(UsageError, match="it means that no score is there"):
        Polarity(pass_when)


def test_one_value_cannot_pass_and_fail() -> None:
    with pytest.raises(UsageError, match="both name 'Yes'"):
        Polarity("Yes", ("no", "yes "))


# Missing is not a fail


def test_an_error_an_unscored_answer_and_a_fail_are_kept_apart(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    done = bring(
        f"{HEAD},error",
        "s-001,shop-bot-2,0,",
        "s-002,shop-bot-2,,",
        "s-003,shop-bot-2,0,APITimeoutError after 60 s",
        "s-004,shop-bot-2,error,",
    )

    assert outcomes(shop) == {"s-001": "fail", "s-002": "unscored", "s-003": "error", "s-004": "error"}
    assert "missing outcomes: 2 error, 1 unscored; they are no fails" in done.notes


@pytest.mark.parametrize("none", ["", "false", "0", "None", "null", "NaN", "no"])
def test_a_column_that_says_that_there_was_no_error_makes_none(
    bring: Callable[..., ResultsImport], shop: Workspace, none: str
) -> None:
    bring(f"{HEAD},error", f"s-001,shop-bot-2,1,{none}", f"s-002,shop-bot-2,0,{none}")

    assert outcomes(shop) == {"s-001": "pass", "s-002": "fail"}


def test_json_false_in_the_error_column_is_no_error(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    rows = [{"case_id": case, "model": "shop-bot-2", "outcome": 1, "error": error} for case, error in
            zip(SEEDS, (False, None, True, "rate limit"), strict=True)]  # fmt: skip
    bring(*map(json.dumps, rows), name="results.jsonl")

    assert list(outcomes(shop).values()) == ["pass", "pass", "error", "error"]


@pytest.mark.parametrize("text", ["NaN", "nan", "None", "null", "", " "])
def test_a_number_that_is_missing_as_text_is_missing(
    bring: Callable[..., ResultsImport], shop: Workspace, text: str
) -> None:
    bring(
        f"{HEAD},score,latency_s,cost_usd",
        f"s-001,shop-bot-2,1,{text},{text},{text}",
        "s-002,shop-bot-2,1,0.5,0,0",
    )

    assert shop.results[["score", "latency_s", "cost_usd"]].isna().all(axis=1).tolist() == [True, False]
    assert shop.results["cost_usd"].tolist()[1] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("high", "results.csv row 1: score 'high' is not a number; leave it empty if there is none"),
        ("inf", "results.csv row 1: score is infinite; leave it empty if there is none"),
    ],
)
def test_a_number_that_is_none_is_refused(bring: Callable[..., ResultsImport], text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        bring(f"{HEAD},score", f"s-001,shop-bot-2,1,{text}")

    assert str(refused.value) == said


def test_a_negative_cost_is_refused(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    with pytest.raises(TableError, match=r"results.cost_usd .*'-0.1' is outside 0 to inf"):
        bring(f"{HEAD},cost_usd", "s-001,shop-bot-2,1,-0.1")

    assert shop.results.empty


@pytest.mark.parametrize(("cached", "read"), [("true", True), ("0", False), ("", pd.NA)])
def test_cached_is_a_flag(
    bring: Callable[..., ResultsImport], shop: Workspace, cached: str, *, read: object
) -> None:
    bring(f"{HEAD},cached", f"s-001,shop-bot-2,1,{cached}", "s-002,shop-bot-2,1,TRUE")

    assert shop.results["cached"].astype("object").tolist() == [read, True]
    with pytest.raises(InputError, match="row 1: cached 'sometimes' is neither true nor false"):
        bring(f"{HEAD},cached", "s-001,shop-bot-2,1,sometimes")


def test_what_is_no_verdict_is_declared_counted_and_unscored(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    done = bring(
        HEAD,
        "s-001,shop-bot-2,1",
        "s-002,shop-bot-2,None",
        "s-003,shop-bot-2,I'm sorry. As a judge",
        "s-004,shop-bot-2,",
        polarity=Polarity("1", malformed_when=("none", "I'm sorry. As a judge")),
        judges={"strict": "openai/o"},
    )

    assert list(outcomes(shop).values()) == ["pass", "unscored", "unscored", "unscored"]
    assert shop.results["malformed"].tolist() == [False, True, True, False]
    assert "malformed: 2 verdicts of 'strict'; they are counted as unscored, and none is lost" in done.notes


@pytest.mark.parametrize("value", ["1", "0", "", "Unscored"])
def test_a_value_with_a_meaning_is_not_malformed(value: str) -> None:
    with pytest.raises(UsageError, match="has another meaning already"):
        Polarity("1", malformed_when=(value,))


def test_the_chance_of_a_label_is_kept(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    bring(f"{HEAD},chance", "s-001,shop-bot-2,1,0.25", "s-002,shop-bot-2,1,", columns=["inclusion=chance"])

    assert shop.results["inclusion"].fillna(-1).tolist() == [0.25, -1]
    assert shop.results["malformed"].isna().all()


@pytest.mark.parametrize("chance", ["0", "1.5", "-0.1"])
def test_a_chance_that_is_none_is_refused(bring: Callable[..., ResultsImport], chance: str) -> None:
    with pytest.raises(InputError, match=rf"row 1: inclusion '{chance}' is no chance above 0 up to 1"):
        bring(f"{HEAD},inclusion", f"s-001,shop-bot-2,1,{chance}")


def test_a_run_without_these_columns_has_the_name_that_it_always_had(
    bring: Callable[..., ResultsImport],
) -> None:
    """The hash of these rows before the table knew of malformed verdicts and chances."""
    done = bring(
        f"{HEAD},score,output",
        "s-002,shop-bot-2,1,0.5,On its way.",
        "s-002,shop-bot-3,0,,",
        judges={"strict": "openai/o"},
        families={"shop-bot-2": "anthropic/sonnet"},
    )

    assert done.run == "b57e6d75a97da8b3044cf9e29290265bc5203a0f60fa517ecbf6457b66c3ca49"


# Columns and rows


def test_columns_are_mapped_and_joined(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    bring(
        "id,model,serving,passed,attempt,answer",
        "s-001,gpt-oss-120b,2025-11-12,1,1,Your money is on its way.",
        "s-001,gpt-oss-120b,2025-12-01,0,1,See our help page.",
        columns=["case_id=id", "model={model}@{serving}", "outcome=passed", "trial=attempt", "output=answer"],
    )
    rows = shop.results[["model", "trial", "outcome", "output"]].to_dict("records")

    assert rows == [
        {
            "model": "gpt-oss-120b@2025-11-12",
            "trial": "1",
            "outcome": "pass",
            "output": "Your money is on its way.",
        },
        {"model": "gpt-oss-120b@2025-12-01", "trial": "1", "outcome": "fail", "output": "See our help page."},
    ]


def test_a_model_without_its_serving_is_no_model(bring: Callable[..., ResultsImport]) -> None:
    row = {"case_id": "s-001", "name": "gpt-oss", "serving": None, "outcome": "1"}
    with pytest.raises(InputError, match="line 1: model is empty; fill it or leave the row out"):
        bring(json.dumps(row), name="results.jsonl", columns=["model={name}@{serving}"])


def test_rows_are_chosen_by_the_files_own_text(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    bring(
        f"{HEAD},is_refund,lang",
        "s-001,shop-bot-2,1,1,en",
        "s-002,shop-bot-2,2,0,en",
        "s-003,shop-bot-2,0,1,en",
        "s-004,shop-bot-2,1,1,es",
        where=["is_refund==1", "lang==en"],
    )

    assert outcomes(shop) == {"s-001": "pass", "s-003": "fail"}


def test_json_true_is_chosen_as_true(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    rows = [
        {"case_id": case, "model": "shop-bot-2", "outcome": "pass", "graded": case < "s-003"}
        for case in SEEDS
    ]
    bring(*map(json.dumps, rows), name="results.jsonl", where=["graded==true"], polarity=Polarity("pass"))

    assert list(outcomes(shop)) == ["s-001", "s-002"]


def test_a_column_that_is_needed_and_absent_is_named(bring: Callable[..., ResultsImport]) -> None:
    with pytest.raises(InputError) as refused:
        bring("case_id,llm,passed", "s-001,shop-bot-2,1")

    assert str(refused.value) == (
        "results.csv has no column model, outcome: say which it is with --column model=SOURCE; it has case_id, llm, passed"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",shop-bot-2,1", "has no case_id"),
        (
            "1.2345678901234568e+16,shop-bot-2,1",
            "has the case_id '1.2345678901234568e+16', which went through a floating-point number",
        ),
        ("s-001,,1", ": model is empty"),
        ("s-001,  ,1", ": model is empty"),
    ],
)
def test_a_row_without_case_or_model_is_refused(
    bring: Callable[..., ResultsImport], row: str, said: str
) -> None:
    with pytest.raises(InputError, match=f"row 2 ?{re.escape(said)}"):
        bring(HEAD, "s-002,shop-bot-2,1", row)


def test_a_gzipped_file_is_read_as_it_is(shop: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "results.csv.gz"
    path.write_bytes(gzip.compress(f"{HEAD}\ns-001,shop-bot-2,1\n".encode()))

    assert import_results(shop, path, Declared(polarity=Polarity("1"))).rows == 1


def test_answers_and_reasons_are_kept_byte_for_byte(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    answer = "<script>alert(1)</script> \u202e $10 ... $5\n=cmd|' /C calc'!A0 \U0001f9fe"
    row = {"case_id": "s-001", "model": "shop-bot-2", "outcome": "0", "output": answer, "reason": answer}
    bring(json.dumps(row | {"failure_mode": "misses the wish for money"}), name="results.jsonl")

    assert shop.results[["output", "reason", "failure_mode"]].to_dict("records") == [
        {"output": answer, "reason": answer, "failure_mode": "misses the wish for money"}
    ]


# Trials, judges, families


def test_two_outcomes_of_one_trial_are_refused(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    with pytest.raises(InputError) as refused:
        bring(HEAD, "s-001,shop-bot-2,1", "s-002,shop-bot-2,1", "s-001,shop-bot-2,0")

    assert str(refused.value) == (
        "results.csv row 1 and row 3 are both trial '0' of case s-001 by 'shop-bot-2', judged by 'unknown'; "
        "map the repeats with --column trial=SOURCE"
    )
    assert shop.results.empty


def test_several_judges_and_trials_are_kept(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    lines = [
        f"s-001,shop-bot-2,{int(trial + judge != '0strict')},{trial},{judge}"
        for trial in "0123" for judge in ("strict", "lenient")
    ]  # fmt: skip
    done = bring(f"{HEAD},trial,judge", *lines, judges={"strict": "openai/gpt", "lenient": "human"})
    rows = shop.results

    assert (done.rows, len(rows)) == (8, 8)
    assert dict(zip(rows["judge"], rows["judge_family"], strict=True)) == {
        "strict": "openai/gpt",
        "lenient": "human",
    }
    assert sorted(set(rows["trial"])) == ["0", "1", "2", "3"]


def test_one_declared_judge_is_the_judge_of_a_file_without_that_column(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    bring(HEAD, "s-001,shop-bot-2,1", judges={"label check": "programmatic"})

    assert shop.results[["judge", "judge_family"]].to_numpy().tolist() == [["label check", "programmatic"]]


def test_nobody_declared_is_an_unknown_judge_and_an_unknown_model(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    done = bring(HEAD, "s-001,shop-bot-2,1")

    assert shop.results[["judge", "judge_family", "model_family"]].to_numpy().tolist() == [["unknown"] * 3]
    assert [note for note in done.notes if "unknown family" in note] == [
        "of unknown family: 'shop-bot-2'; an unknown family bars SHIP, declare it with --family MODEL=VENDOR/LINE",
        "of unknown family: 'unknown'; an unknown family bars SHIP, declare it with --judge NAME=VENDOR/LINE",
    ]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            {"families": {"shop-bot-3": "openai/gpt"}},
            "--family names 'shop-bot-3', which does not occur; it has shop-bot-2",
        ),
        ({"judges": {"a": "human", "b": "human"}}, "--judge names 'a', which does not occur; it has unknown"),
    ],
)
def test_a_family_of_nobody_in_the_file_is_refused(
    bring: Callable[..., ResultsImport], declared: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        bring(HEAD, "s-001,shop-bot-2,1", **declared)

    assert str(refused.value) == f"results.csv: {said}"


def test_families_are_split_at_the_last_equals_sign(
    shop: Workspace, tmp_path: Path, command: Callable[..., Any]
) -> None:
    path = tmp_path / "results.csv"
    path.write_text(f"{HEAD}\ns-001,bot t=0.2,1\n", "utf-8")
    command(
        "-w", str(shop.root), "import", "results", str(path), "--pass-when", "1",
        "--family", "bot t=0.2=OpenAI/gpt", "--judge", "k=v=human",
    )  # fmt: skip

    assert shop.results[["model", "model_family", "judge", "judge_family"]].to_numpy().tolist() == [
        ["bot t=0.2", "openai/gpt", "k=v", "human"]
    ]


@pytest.mark.parametrize("pair", ["shop-bot-2", "=openai/gpt", "shop-bot-2=gpt four"])
def test_a_family_that_is_none_is_wrong_usage(
    shop: Workspace, tmp_path: Path, command: Callable[..., Any], pair: str
) -> None:
    path = tmp_path / "results.csv"
    path.write_text(f"{HEAD}\ns-001,shop-bot-2,1\n", "utf-8")
    done = command(
        "-w", str(shop.root), "import", "results", str(path), "--pass-when", "1", "--family", pair, exits=2
    )

    assert "family" in done.err
    assert shop.results.empty


# Cases


def test_rows_of_unknown_cases_are_listed_and_set_aside(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    done = bring(HEAD, "s-001,shop-bot-2,1", "gone-1,shop-bot-2,0", "gone-2,shop-bot-2,0")

    assert (done.rows, done.set_aside, list(outcomes(shop))) == (1, ("gone-1", "gone-2"), ["s-001"])
    assert "2 ids are no case here and their rows were set aside: gone-1, gone-2" in str(done)


def test_a_file_of_which_no_case_is_known_is_an_error(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    with pytest.raises(InputError) as refused:
        bring(HEAD, "gone-1,shop-bot-2,1", "gone-2,shop-bot-2,0")

    assert str(refused.value) == (
        "results.csv: none of its 2 case ids is a case of this workspace (gone-1, gone-2); "
        "import the cases first; only where their texts are not to be had, --stubs BUCKET makes cases without text"
    )
    assert shop.store.read(GATES).empty


def test_a_foreign_id_is_shortened_as_it_is_for_cases(
    bring: Callable[..., ResultsImport], shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    known = slug("Ticket #4711 (berlin)")
    shop.store.append(CASES, [new_case(known)])
    bring(HEAD, "Ticket #4711 (berlin),shop-bot-2,1")

    assert list(outcomes(shop)) == [known]


def test_a_matching_content_hash_is_kept_and_a_different_one_refused(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    right = content_sha256([{"role": "user", "text": SEEDS["s-001"]}])
    done = bring(f"{HEAD},content_sha256", f"s-001,shop-bot-2,1,{right}", "s-002,shop-bot-2,1,")

    assert shop.results["content_sha256"].fillna("absent").tolist() == [right, "absent"]
    assert not any("joined by id only" in note for note in done.notes)
    with pytest.raises(InputError) as refused:
        bring(f"{HEAD},content_sha256", "s-001,shop-bot-3,1,", f"s-002,shop-bot-3,1,{right}")
    assert str(refused.value) == (
        "results.csv: the content hash of 1 case differs from the case in this workspace: s-002; "
        "run the models again on the cases as they are"
    )
    assert set(shop.results["model"]) == {"shop-bot-2"}


def test_a_file_without_content_hashes_is_joined_by_id_only(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    done = bring(HEAD, "s-001,shop-bot-2,1")

    assert shop.results["content_sha256"].isna().all()
    assert "joined by id only: the file has no content hashes" in done.notes


# Stubs


def test_stubs_are_made_for_the_ids_that_nobody_knows(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    done = bring(HEAD, "s-001,shop-bot-2,1", "tau-01,shop-bot-2,0", "tau-02,shop-bot-2,1", stubs="prompted")
    made = shop.cases.set_index("case_id").loc[["tau-01", "tau-02"]]

    assert (done.rows, done.stubs, done.set_aside) == (3, 2, ())
    assert made["turns"].tolist() == [[], []]
    assert made["content_sha256"].isna().all()
    assert set(made["bucket"] + " " + made["tag"] + " " + made["split"] + " " + made["generator_family"]) == {
        "prompted synth-import-stub eval unknown"
    }


@pytest.mark.parametrize(
    ("bucket", "tag", "family"), [("seed", "prod", None), ("redteam", "red-import-stub", "unknown")]
)
def test_stubs_have_the_tag_of_their_bucket(
    bring: Callable[..., ResultsImport], shop: Workspace, bucket: str, tag: str, family: str | None
) -> None:
    bring(HEAD, "tau-01,shop-bot-2,0", stubs=bucket)
    made = shop.cases.set_index("case_id").loc["tau-01"]

    assert made["tag"] == tag
    assert (made["generator_family"] if family else None) == family


def test_stubs_of_a_demo_are_marked_and_never_stand_beside_real_cases(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    settle(shop, "demo = true")
    with pytest.raises(UsageError, match="demo"):
        bring(HEAD, "tau-01,shop-bot-2,0", stubs="seed")

    assert stub_rows(["tau-01"], "seed", demo=True, at=dt.datetime.now(dt.UTC))[0]["tag"] == "demo-prod"


def test_a_stub_has_no_content_that_could_differ(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    bring(f"{HEAD},content_sha256", f"tau-01,shop-bot-2,1,{'c' * 64}", stubs="seed")

    assert outcomes(shop) == {"tau-01": "pass"}


def test_stubs_of_no_bucket_are_wrong_usage(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    with pytest.raises(UsageError, match="--stubs 'real' is no bucket; buckets are seed, golden, prompted"):
        bring(HEAD, "tau-01,shop-bot-2,0", stubs="real")

    assert len(shop.cases) == 5


# The run


def test_the_same_import_again_is_a_no_op(bring: Callable[..., ResultsImport], shop: Workspace) -> None:
    lines = (HEAD, "s-001,shop-bot-2,1", "tau-01,shop-bot-2,0")
    first, again = bring(*lines, stubs="seed"), bring(*lines, stubs="seed")

    assert (first.is_new, again.is_new, again.run, again.stubs) == (True, False, first.run, 0)
    assert (len(shop.results), len(shop.cases), len(shop.store.read(GATES))) == (2, 6, 1)
    assert "was imported before: nothing added" in str(again)


def test_the_run_is_named_by_its_rows_not_by_their_file(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    """Other order, other column names, another format, more columns and rows that are not taken."""
    first = bring(HEAD, "s-001,shop-bot-2,1", "s-002,shop-bot-2,0")
    rows = [{"id": case, "llm": "shop-bot-2", "ok": ok, "lang": lang} for case, ok, lang in
            (("s-002", False, "en"), ("s-003", True, "es"), ("s-001", True, "en"))]  # fmt: skip
    again = bring(
        *map(json.dumps, rows), name="other.jsonl", polarity=Polarity("true"), where=["lang==en"],
        columns={"case_id": "id", "model": "llm", "outcome": "ok"},
    )  # fmt: skip

    assert (again.run, again.is_new) == (first.run, False)
    assert len(shop.results) == 2


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (HEAD, "s-001,shop-bot-2,0"),
        (HEAD, "s-001,shop-bot-3,1"),
        (f"{HEAD},trial", "s-001,shop-bot-2,1,1"),
        (f"{HEAD},output", "s-001,shop-bot-2,1,Your money is on its way."),
    ],
)
def test_any_other_row_is_another_run(
    bring: Callable[..., ResultsImport], shop: Workspace, head: str, row: str
) -> None:
    first, other = bring(HEAD, "s-001,shop-bot-2,1"), bring(head, row)

    assert other.run != first.run
    assert len(shop.results) == 2


BAD_ENDS = {
    "an outcome that is neither": (HEAD, "tau-99,shop-bot-2,maybe"),
    "a second outcome": (HEAD, "tau-01,shop-bot-2,0"),
    "no model": (HEAD, "tau-99,,1"),
    "a number that is none": (f"{HEAD},score", "tau-99,shop-bot-2,1,high"),
    "a hash that is none": (f"{HEAD},content_sha256", "tau-99,shop-bot-2,1,abc"),
    "a model of 201 letters": (HEAD, f"tau-99,{'x' * 201},1"),
    "a different content": (f"{HEAD},content_sha256", f"s-001,shop-bot-2,1,{'d' * 64}"),
}


@pytest.mark.parametrize("end", BAD_ENDS)
def test_one_bad_row_at_the_end_leaves_nothing_behind(
    bring: Callable[..., ResultsImport], shop: Workspace, end: str
) -> None:
    """No row, no stub, no sealed gate."""
    head, row = BAD_ENDS[end]
    good = [f"tau-{i:02d},shop-bot-2,1" + "," * (head.count(",") - 2) for i in range(1, 40)]
    with pytest.raises(WorkbenchError):
        bring(head, *good, row, stubs="seed")

    assert shop.results.empty
    assert len(shop.cases) == 5
    assert shop.store.read(GATES).empty


def test_the_gate_in_force_is_sealed_with_the_results(
    bring: Callable[..., ResultsImport], shop: Workspace
) -> None:
    """And again only when it has changed and new results come."""
    bring(HEAD, "s-001,shop-bot-2,1")
    bring(HEAD, "s-001,shop-bot-3,1")
    settle(shop, '[seed]\nowner = "Release owner"\n[gate]\nmargin_pp = 5')
    bring(HEAD, "s-001,shop-bot-3,1")
    before = shop.store.read(GATES)
    bring(HEAD, "s-001,shop-bot-4,1")
    after = shop.store.read(GATES)

    assert before[["margin_pp", "alpha", "floor_roots", "author"]].to_numpy().tolist() == [
        [3, 0.05, 50, "workbench.toml"]
    ]
    assert after["margin_pp"].tolist() == [3, 5]
    assert after["author"].tolist()[1] == "Release owner"
    assert (after["sealed_at"] <= shop.store.read(RESULTS, model="shop-bot-4")["imported_at"].min()).all()


def test_expected_and_found_counts_are_reconciled_per_model_group_and_trial(
    bring: Callable[..., ResultsImport],
) -> None:
    done = bring(
        f"{HEAD},trial",
        *[f"{case},shop-bot-2,1,0" for case in SEEDS],
        "p-001,shop-bot-2,0,0",
        "s-001,shop-bot-2,,1",
        "s-001,shop-bot-3,0,0",
        "s-002,shop-bot-3,error,0",
    )
    rows = done.counts.drop(columns="judge").to_dict("records")
    zero = {"passed": 0, "failed": 0, "error": 0, "unscored": 0, "found": 0}

    def count(model: str, group: str, trial: str, **found: int) -> dict[str, Any]:
        expected = {"real": 4, "synthetic": 1}[group]
        filled = zero | found | {"found": sum(found.values())}
        return {"model": model, "group": group, "trial": trial, "expected": expected} | filled | {
            "absent": expected - filled["found"]
        }  # fmt: skip

    assert rows == [
        count("shop-bot-2", "real", "0", passed=4),
        count("shop-bot-2", "real", "1", unscored=1),
        count("shop-bot-2", "synthetic", "0", failed=1),
        count("shop-bot-2", "synthetic", "1"),
        count("shop-bot-3", "real", "0", failed=1, error=1),
        count("shop-bot-3", "synthetic", "0"),
    ]
    assert "absent" in str(done)


def test_what_is_absent_is_counted_in_the_splits_that_the_file_answers(
    bring: Callable[..., ResultsImport], shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    """A case of eval without an outcome is absent; one of train was not asked of the models."""
    shop.store.append(CASES, [new_case("e-1"), new_case("e-2"), new_case("t-1", split="train")])
    others = [case for case in shop.cases.query("split == 'eval'")["case_id"] if case not in {"e-1", "e-2"}]
    counts = bring(HEAD, *(f"{case},shop-bot-2,1" for case in ["e-1", *others])).counts

    assert counts["absent"].sum() == 1
    assert counts["expected"].sum() == len(others) + 2


@pytest.mark.parametrize(("answered", "absent"), [(["s-001"], 0), (["s-001", "p-001"], 1)])
def test_candidates_that_nobody_kept_are_asked_for_only_when_the_file_answers_some(
    bring: Callable[..., ResultsImport],
    shop: Workspace,
    new_case: Callable[..., dict[str, Any]],
    answered: list[str],
    absent: int,
) -> None:
    """A frozen set holds no unreviewed candidate, so its answers are not missing; with --all it does."""
    made = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    shop.store.append(CASES, [new_case("p-002", "And where is the other one?", **made)])
    counts = bring(HEAD, *(f"{case},shop-bot-2,1" for case in answered)).counts.set_index("group")["absent"]

    assert counts["real"] == len(SEEDS) - 1
    assert counts.get("synthetic", 0) == absent
