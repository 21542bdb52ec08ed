"""What the swap writes is what the report reads: the two stages meet only in the run folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import sample_swap

from workbench.report import must_hold, swap

if TYPE_CHECKING:
    from collections.abc import Callable

EXITS = {"all of the seed": 10, "forty cases of it": 12}


@pytest.fixture(scope="module", params=EXITS)
def decided(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]
) -> swap.SwapRun:
    """A swap decided by the command, on the sample's real and synthetic cases, with two trials each."""
    folder, cases = tmp_path_factory.mktemp("contract"), sample_swap.case_rows()
    cases = cases[cases["bucket"].isin(["seed", "prompted", "persona"])]
    # An import refuses two cases of one text, so each gets an order number.
    cases = cases.assign(text=[f"order {i}: {text}" for i, text in enumerate(cases["text"])])
    asked = cases.groupby("bucket").head(40) if EXITS[request.param] == 12 else cases
    shop = str(folder / "shop")
    command("init", shop)
    for bucket, rows in asked.groupby("bucket"):
        file = folder / f"{bucket}.jsonl"
        rows[["case_id", "text", "expected", "slice"]].to_json(file, orient="records", lines=True)
        kind = ("seed",) if bucket == "seed" else ("cases",)
        options = () if bucket == "seed" else ("--bucket", bucket, "--generator", "acme/writer")
        command("-w", shop, "import", *kind, str(file), *options)
    (folder / "results.jsonl").write_text("\n".join(map(json.dumps, outcomes(asked))))
    command(
        *(
            "-w",
            shop,
            "import",
            "results",
            str(folder / "results.jsonl"),
            "--pass-when",
            "1",
            "--judge",
            "checks=programmatic",
        ),
        *(
            "--family",
            f"{sample_swap.BASELINE}=acme/reader",
            "--family",
            f"{sample_swap.CANDIDATE}=other/keyword",
        ),
    )
    command("-w", shop, "freeze", "launch", "--all")
    command(
        *("-w", shop, "swap", sample_swap.BASELINE, sample_swap.CANDIDATE, "--evalset", "launch"),
        *("--out", str(folder / "run"), "--no-report"),
        exits=EXITS[request.param],
    )
    return swap.read(folder / "run")


def outcomes(cases: Any) -> list[dict[str, Any]]:
    """Return two trials of each model on each case, with the answers of the sample."""
    return [
        {
            "case_id": row["case_id"], "model": model, "trial": trial, "outcome": "" if score != score else int(score),  # noqa: PLR0124
            "output": row[f"{side}_output"], "reason": row[f"{side}_reason"], "failure_mode": row[f"{side}_failure_mode"],
        }
        for row in cases.to_dict("records")
        for side, model in (("baseline", sample_swap.BASELINE), ("candidate", sample_swap.CANDIDATE))
        for trial in (1, 2)
        for score in [row[f"{side}_score"]]
    ]  # fmt: skip


def test_the_claims_of_the_report_hold(decided: swap.SwapRun) -> None:
    assert must_hold(swap.claims(decided))


def test_no_number_is_missing_without_its_reason(decided: swap.SwapRun) -> None:
    shown = [
        swap.side_by_side(decided),
        swap.audit(decided),
        swap.audit(decided, "groups"),
        swap.power(decided),
    ]

    assert not [part for part in shown if "no reason is stored" in str(part)]


def test_every_case_has_its_text_its_answers_and_its_label(decided: swap.SwapRun) -> None:
    lost = decided.selected("real", "lost")

    assert len(lost) > 0
    assert (
        not lost[["text", "expected", "label_kind", "tag", "baseline_output", "candidate_output"]]
        .isna()
        .to_numpy()
        .any()
    )
    assert swap.cases(decided).html.count("<article") == len(lost)


def test_the_first_screen_names_set_margin_level_and_look(decided: swap.SwapRun) -> None:
    facts = str(swap.headline(decided)).splitlines()[-1]

    assert facts.startswith("Set launch v1; Real cases with a pair ")
    assert "; Margin 3 points; Level 5%; Look " in facts


def test_the_outcomes_are_reconciled(decided: swap.SwapRun) -> None:
    text = str(swap.reconciled(decided))

    assert text.count(sample_swap.BASELINE) == text.count(sample_swap.CANDIDATE) == 4
    assert "outcomes carry no content hash and were joined by id only." in text
