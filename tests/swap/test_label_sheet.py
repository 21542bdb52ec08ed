"""Answers are drawn for humans to judge, on a sheet that gives nothing away, and come back by one command."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from workbench.exchange.sheets import unguarded
from workbench.workspace import open as open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASES = 240
LONG = "x" * 33_000
FORMULA = '=HYPERLINK("https://evil.example";"refund")'


def answer(case: int, model: str) -> str:
    """What a model answers; one answer begins as a formula, and one is longer than a cell."""
    return f"{FORMULA if case == 3 else ''}{model[-1]}{case:03d}{LONG if case == 4 else ''}"


def passes(case: int, model: str) -> bool:
    """What humans say: the second model loses every eighth case and gains every tenth."""
    return case % 10 != 0 if model == "bot-1" else case % 8 != 0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> Path:
    """A workspace whose judge scored both models on a frozen set; it passes every 30th answer that fails."""
    folder = tmp_path_factory.mktemp("sheet") / "shop"
    command("init", str(folder))
    seed = folder / "seed.jsonl"
    seed.write_text("".join(
        json.dumps({"case_id": f"s-{case:03d}", "text": f"+1 where is order {case}????", "expected": "refund"}) + "\n"
        for case in range(CASES)), "utf-8")  # fmt: skip
    command("-w", str(folder), "import", "seed", str(seed))
    rows = [
        {"case_id": f"s-{case:03d}", "model": model, "output": answer(case, model)}
        | {"outcome": "pass" if passes(case, model) or case % 30 == 0 else "fail"}
        for case in range(CASES)
        for model in ("bot-1", "bot-2")
    ]
    results = folder / "results.jsonl"
    results.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    families = ("--family", "bot-1=anthropic/sonnet", "--family", "bot-2=openai/gpt")
    command("-w", str(folder), "import", "results", str(results), "--pass-when", "pass", "--judge", "strict=mistral/large", *families)  # fmt: skip
    command("-w", str(folder), "freeze", "launch", "--all")
    return folder


def export(command: Callable[..., Any], shop: Path, path: Path, *more: str, exits: int = 0) -> Any:
    options = ("--evalset", "launch", "--judge", "strict", "--models", "bot-1", "bot-2", "--to", str(path))
    return command("-w", str(shop), "export", "labels", *options, *more, exits=exits)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def key(path: Path) -> dict[str, dict[str, Any]]:
    lines = path.with_suffix(".key.jsonl").read_text("utf-8").splitlines()
    return {row["answer_id"]: row for row in map(json.loads, lines)}


def judged(path: Path) -> list[dict[str, str]]:
    """Fill a sheet in as a person does who knows what is right."""
    known = key(path)
    said = [known[row["answer_id"]] for row in read(path)]
    return [
        row | {"outcome": "pass" if passes(int(own["case_id"][2:]), own["model"]) else "fail"}
        for row, own in zip(read(path), said, strict=True)
    ]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, rows[0])
        sheet.writeheader()
        sheet.writerows(rows)


def test_the_sheet_gives_neither_model_nor_verdict_away(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    export(command, shop, tmp_path / "labels.csv", "--half-width", "5")
    rows, known = read(tmp_path / "labels.csv"), key(tmp_path / "labels.csv")
    text = (tmp_path / "labels.csv").read_text("utf-8-sig")
    ids = [row["answer_id"] for row in rows]

    assert [*rows[0]] == ["answer_id", "conversation", "context", "expected", "answer", "outcome", "reason"]
    assert not any(word in text for word in ("bot-1", "bot-2", "strict", "s-003", "real", "0.5"))
    assert {row["outcome"] + row["reason"] for row in rows} == {""}
    assert {row["expected"] for row in rows} == {"refund"}
    assert ids == sorted(ids)
    # Both answers of a drawn case are there, and who is first says nothing.
    cases = [known[name]["case_id"] for name in ids]
    assert all(cases.count(case) == 2 for case in cases)
    first = [known[name]["model"] for place, name in enumerate(ids) if cases.index(cases[place]) == place]
    assert 0.2 < first.count("bot-1") / len(first) < 0.8


def test_no_cell_is_a_formula_and_a_text_that_fits_no_cell_stands_beside(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    export(command, shop, tmp_path / "labels.csv", "--half-width", "0.1")
    rows = read(tmp_path / "labels.csv")
    whole = [json.loads(line) for line in (tmp_path / "labels.whole.jsonl").read_text("utf-8").splitlines()]

    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    assert sum(unguarded(row["answer"]).startswith(FORMULA) for row in rows) == 2
    assert sum("read the whole text in labels.whole.jsonl" in row["answer"] for row in rows) == 2
    assert sorted(row["answer"] for row in whole) == sorted(
        answer(c, m) for c in range(CASES) for m in ("bot-1", "bot-2")
    )
    assert not {"model", "case_id", "inclusion"} & {*whole[0]}


def test_a_draw_is_the_same_again_and_a_narrower_one_adds_to_it(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    said = [
        export(command, shop, tmp_path / f"{name}.csv", *more).out
        for name, more in (("one", ()), ("two", ()), ("more", ("--half-width", "4")))
    ]
    one, two, more = ({*key(tmp_path / f"{name}.csv")} for name in ("one", "two", "more"))

    assert one == two
    assert one < more
    # A tenth more than the floor of 50, so that a row left blank leaves no group uncalibrated.
    assert "real: 55 cases by the judge's verdict" in said[0]
    assert ", 5 of them to spare for rows left blank, about ±" in said[0]
    assert len(one) == 2 * 55
    assert all(0 < row["inclusion"] <= 1 for row in key(tmp_path / "one.csv").values())


def test_a_sheet_that_holds_labels_is_not_written_over(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    export(command, shop, tmp_path / "labels.csv")

    assert "exists already and may hold labels" in export(command, shop, tmp_path / "labels.csv", exits=2).err
    assert "is no .csv file" in export(command, shop, tmp_path / "labels.txt", exits=2).err


def test_the_labels_come_back_by_the_command_that_is_printed_and_correct_the_judge(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    path = tmp_path / "labels.csv"
    printed = export(command, shop, path, "--half-width", "4.5").out
    filled = judged(path)
    filled[0]["outcome"] = ""
    filled[1]["reason"] = "sends no money"
    write(path, filled)
    back = next(line for line in printed.splitlines() if line.startswith("back: workbench "))
    done = command("-w", str(shop), *shlex.split(back.replace("NAME=", "ana="))[2:])
    command("-w", str(shop), "swap", "bot-1", "bot-2", "--evalset", "launch", "--no-report", "--out", str(tmp_path / "run"), exits=10)  # fmt: skip
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text("utf-8"))
    told = verdict["judging"]["groups"]["real"]
    with open_workspace(shop) as opened:
        rows = opened.results[opened.results["judge"] == "ana"]

    assert "not judged yet: 1" in done.out
    assert "of unknown family" not in done.out
    assert (len(rows), told["answers"]) == (len(filled) - 1, len(filled) - 1)
    assert rows["inclusion"].notna().all()
    assert rows["content_sha256"].notna().all()
    assert rows["reason"].dropna().tolist() == ["sends no money"]
    # Of 24 and 30 fails the judge waves 8 through, of which 2 are of both.
    truth = 100 * sum(passes(c, "bot-2") - passes(c, "bot-1") for c in range(CASES)) / CASES
    assert told["difference"]["low_pp"] <= truth <= told["difference"]["high_pp"]
    assert told["too_harsh"] == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"answer_id": "answer-0000"}, "row 1: answer_id 'answer-0000' is not in"),
        ({"answer": "another one"}, "a column may have been sorted without the others"),
        (None, "leave one of them out"),
        ({"outcome": "maybe"}, "neither a pass ('pass') nor a fail ('fail'): 'maybe' (row 1)"),
    ],
)
def test_a_sheet_that_was_spoilt_is_refused(
    shop: Path, tmp_path: Path, command: Callable[..., Any], spoil: dict[str, str] | None, said: str
) -> None:
    path = tmp_path / "labels.csv"
    export(command, shop, path)
    rows = judged(path)
    rows[0] |= rows[1] if spoil is None else spoil
    write(path, rows)
    options = ("--key", str(path.with_suffix(".key.jsonl")), "--judge", "ben=human", "--pass-when", "pass")
    refused = command("-w", str(shop), "import", "results", str(path), *options, exits=2)

    assert said in refused.err


def test_a_key_that_is_none_is_refused(shop: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    path = tmp_path / "labels.csv"
    export(command, shop, path)
    write(path, judged(path))
    options = ("--key", str(path), "--judge", "ben=human", "--pass-when", "pass")

    assert "is no key of a sheet of labels" in command("-w", str(shop), "import", "results", str(path), *options, exits=2).err  # fmt: skip


@pytest.mark.parametrize("judges", [(), ("--judge", "ben=mistral/large"), ("--judge", "ben=human", "--judge", "kim=human")])  # fmt: skip
def test_labels_of_nobody_or_of_a_model_are_refused_before_they_are_stored(
    shop: Path, tmp_path: Path, command: Callable[..., Any], judges: tuple[str, ...]
) -> None:
    path = tmp_path / "labels.csv"
    export(command, shop, path)
    write(path, judged(path))
    options = ("--key", str(path.with_suffix(".key.jsonl")), *judges, "--pass-when", "pass")
    refused = command("-w", str(shop), "import", "results", str(path), *options, exits=2)

    assert "holds labels of one human; say whose with --judge NAME=human" in refused.err


def test_a_column_that_was_renamed_is_mapped_and_labels_drawn_by_verdict_never_gate(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """The sample holds every changed case and few others, so a human who agrees with the judge would lose far more."""
    path, own, out = tmp_path / "labels.csv", tmp_path / "shop", tmp_path / "run"
    shutil.copytree(shop, own)
    export(command, own, path)
    write(path, [{"Verdict" if name == "outcome" else name: value for name, value in row.items()} for row in judged(path)])  # fmt: skip
    bring = ("-w", str(own), "import", "results")
    options = ("--key", str(path.with_suffix(".key.jsonl")), "--judge", "kim=human", "--pass-when", "pass")
    command(*bring, str(path), *options, "--column", "outcome=Verdict")
    with open_workspace(own) as opened:
        rows = opened.results
    kim, strict = (
        rows.loc[rows["judge"] == judge, "results_run"].iloc[0][:12] for judge in ("kim", "strict")
    )
    swap = ("-w", str(own), "swap", "bot-1", "bot-2", "--evalset", "launch", "--no-report", "--out", str(out))
    chosen = [command(*swap, *more, exits=2).err for more in (("--gate-judge", "kim"), ("--results", kim))]
    offered = command(*swap, "--results", "zzz", exits=2).err
    # Together they are the judge and what corrects it.
    command(*swap, "--results", kim, "--results", strict, exits=10)
    command(*bring, str(own / "results.jsonl"), "--pass-when", "pass", "--judge", "lenient=mistral/small")
    several = command(*swap, "--results", kim, "--results", strict, exits=10), command(*swap, exits=2).err

    assert (rows["judge"] == "kim").sum() == 2 * 55
    assert all("the labels of 'kim' were drawn by a judge's verdicts to check that judge" in one for one in chosen)  # fmt: skip
    assert strict in offered
    assert kim not in offered
    assert json.loads((out / "verdict.json").read_text("utf-8"))["judging"]["judge"] == "strict"
    assert "results runs: choose with --results" in several[1]
    assert kim not in several[1]
