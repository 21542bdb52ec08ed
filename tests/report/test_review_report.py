"""What notebook 05 shows of a review."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hostile import STRINGS, alive

from workbench import folds, review
from workbench.chain import linked
from workbench.report import must_hold
from workbench.report import review as shown
from workbench.report.charts import Chart
from workbench.settings import Rubric
from workbench.tables import CASES, LABELS, PREDICTIONS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = Callable[..., dict[str, Any]]

AXES = {"customer": ("new", "angry"), "topic": ("delay", "damaged")}
RUBRIC = Rubric(version="v1", expected={"refund": "", "deny": ""}, reasons={"caricature": "", "too_easy": ""})
CELLS = ("new/delay", "new/damaged", "angry/delay")


@pytest.fixture
def parts(new_case: Row, new_event: Row, new_label: Row) -> dict[str, Any]:
    """A seed case, thirty candidates of three cells, 24 decisions, and a repeat."""
    made = {"bucket": "prompted", "tag": "synth-x"}
    rows = [new_case(f"p{n:02}", f"where is parcel {n}", cell=CELLS[n % 3], **made) for n in range(30)]
    rows[5] |= {"bucket": "persona", "persona": "You are fed up but not stupid, and you say so in few words."}
    rows[29] |= {
        "parent_ids": ["p01"],
        "operators": [{"name": "revision", "keeps_label": False, "spans": []}],
    }
    cases = CASES.frame([new_case("s1"), *rows])
    hashes = cases.set_index("case_id")["content_sha256"]
    events = []
    for n in range(24):
        what = "reject" if n % 6 == 5 or n % 3 == 2 else "revise" if n == 1 else "keep"
        told = new_event(n + 1, f"p{n:02}", what, content_sha256=hashes[f"p{n:02}"], visible_ms=9_000)
        told |= {"reasons": [] if what == "keep" else ["caricature", "too_easy"][: 1 + n % 2]}
        told |= {"expected": "refund" if what == "keep" and n % 2 else None, "planted": None}
        events.append(told)
    events += [
        new_event(25, "p00", "reject", planted="repeat"),
        new_event(26, "p24", "skip", reviewer="Second reader"),
    ]
    stated = [event for event in events if event.get("expected")]
    labels = [new_label(event["case_id"], "refund", rubric_version="v1") for event in stated]
    labels += [new_label("p00", "deny", kind="claimed", author=None)]
    reviews = REVIEWS.frame(linked(REVIEWS.frame(), events))
    return {"cases": cases, "reviews": reviews, "labels": folds.labels(LABELS.frame(labels))}


def places(cases: pd.DataFrame) -> pd.DataFrame:
    cell = cases["cell"].fillna("*/*")
    return cell.to_frame("cell").assign(levels=cell.map(lambda name: tuple(name.split("/"))))


@pytest.fixture
def found(parts: dict[str, Any]) -> review.Survival:
    return review.survival(parts["cases"], parts["reviews"], places(parts["cases"]), axes=AXES)


@pytest.fixture
def waiting(parts: dict[str, Any]) -> pd.DataFrame:
    return review.queue(parts["cases"], parts["reviews"], places(parts["cases"]))


@pytest.fixture
def sealed(parts: dict[str, Any]) -> pd.DataFrame:
    at = parts["cases"]["created_at"].min().to_pydatetime()
    rows = [
        {
            "cell": cell,
            "predicted_survival": p,
            "author": "Analyst",
            "sealed_at": at,
            "seal_sha256": f"{n:064}",
        }
        for n, (cell, p) in enumerate(zip(CELLS, (0.9, 0.8, 0.7), strict=True))
    ]
    return PREDICTIONS.frame(rows).assign(earlier=0, intact=True)


def claimed(parts: dict[str, Any], found: review.Survival, sealed: pd.DataFrame) -> dict[str, bool]:
    return shown.claims(
        found, parts["cases"], parts["reviews"], parts["labels"], sealed,
        rubric=RUBRIC, broken=review.verify(parts["reviews"]),
    )  # fmt: skip


def test_the_headline_counts_and_reads_survival(found: review.Survival, waiting: pd.DataFrame) -> None:
    head = shown.headline(found, waiting, name="shop", demo=False)

    assert str(head) == (
        "shop has 29 candidates, of which 24 are reviewed. Survival is 62.5% (42.7% to 78.8%), "
        "so it is unclear whether it lies in the healthy band of 65 to 85%."
    )
    for fact in (
        "Kept</dt><dd>15",
        "Rejected</dt><dd>8",
        "Revised</dt><dd>1",
        "Corrected texts</dt><dd>1",
        "Waiting</dt><dd>6",
    ):
        assert fact in head.html


def test_a_demo_says_so_and_that_no_reviewer_is_audited(
    found: review.Survival, waiting: pd.DataFrame, parts: dict[str, Any]
) -> None:
    text = str(shown.headline(found, waiting, name="shop", demo=True))

    assert text.startswith("DEMO.")
    assert "The decisions were composed too, so no reviewer is audited." in text
    assert "no reviewer is audited" in str(shown.reviewers(parts["reviews"], demo=True))


def test_the_map_of_the_queue_counts_what_waits_by_cell(waiting: pd.DataFrame) -> None:
    chart = shown.queue_map(waiting, AXES)
    assert isinstance(chart, Chart)
    tiles = {
        (row["row"], row["column"]): row["told"] for rows in chart.spec["datasets"].values() for row in rows
    }

    assert tiles == {("new", "delay"): "2", ("new", "damaged"): "2", ("angry", "delay"): "2"}
    assert chart.summary == (
        "6 candidates waiting, in 3 cells. Most: new/delay 2, new/damaged 2, angry/delay 2."
    )


def test_what_waits_is_told_to_reviewers_in_one_sentence_of_counts(waiting: pd.DataFrame) -> None:
    assert str(shown.waits(waiting)) == "Waiting for a review: 6 candidates, in 3 cells."
    assert str(shown.waits(waiting.head(1))) == "Waiting for a review: 1 candidate, in 1 cell."
    assert str(shown.waits(waiting.head(0))) == "No candidate waits for a review."


def test_the_queue_shows_ten_as_text_and_says_how_many_more_there_are(waiting: pd.DataFrame) -> None:
    many = pd.concat([waiting] * 5, ignore_index=True)
    text = str(shown.queue(many))

    assert len([line for line in text.splitlines() if "where is parcel" in line]) == 10
    assert "Behind them: 20 more." in text
    assert "Skipped before: 5 of all that wait." in text
    assert "Decisions to come" not in text
    assert "Decisions to come: 12, since two people" in str(shown.queue(waiting.assign(lacks=2)))


def test_the_chart_of_levels_has_the_band_the_line_and_every_level(found: review.Survival) -> None:
    chart = shown.levels_chart(found)
    assert isinstance(chart, Chart)
    rows = [row for rows in chart.spec["datasets"].values() for row in rows]

    assert {"from": 0.65, "to": 0.85} in rows
    assert {"at": 0.4} in rows
    assert [row["name"] for row in rows if "name" in row] == [
        "all candidates", "customer: new", "customer: angry", "topic: delay", "topic: damaged",
    ]  # fmt: skip
    assert "customer: new 93.8% (15/16), unclear" in chart.summary
    assert "customer: angry 0.0% (0/8), unclear" in chart.summary


def test_the_table_of_levels_says_what_is_read_and_that_sums_agree(found: review.Survival) -> None:
    text = str(shown.levels(found))
    last = next(line.split() for line in text.splitlines() if line.strip().startswith("all candidates"))

    assert last[2:] == ["29", "24", "15", "8", "1", "62.5%", "42.7%", "to", "78.8%", "unclear"]
    assert next(line.split()[-1] for line in text.splitlines() if "angry" in line) == "unclear"
    assert "Every axis adds up to the same sums." in text
    assert "Corrected texts stand outside these counts: 1." in text
    assert "roots" not in text


def test_a_level_as_low_as_on_runs_heavy_with_caricature_says_so(found: review.Survival) -> None:
    angry = found.margins["level"] == "angry"
    low = dict(zip(review.Reading._fields, review.reading(0, 12), strict=True))
    margins = found.margins.assign(**{name: found.margins[name].mask(angry, low[name]) for name in low})
    text = str(shown.levels(dataclasses.replace(found, margins=margins)))

    assert next(line.split()[-1] for line in text.splitlines() if "angry" in line) == "40%"
    assert "Survival is under 40%" in text


def test_what_is_too_few_to_read_may_be_under_40_only_where_its_interval_reaches_there(
    found: review.Survival,
) -> None:
    few = found.cells[found.cells["reviewed"] > 0].assign(axis="customer", level=found.cells["cell"])
    high, low = (few[few["kept"] > 0], few[few["kept"] == 0])

    assert "may be under 40%" not in str(shown.levels(dataclasses.replace(found, margins=high)))
    assert "may be under 40%" in str(shown.levels(dataclasses.replace(found, margins=low)))


def test_margins_that_do_not_add_up_and_alike_candidates_say_so(found: review.Survival) -> None:
    broken = dataclasses.replace(found, margins=found.margins.iloc[1:], roots=9)
    text = str(shown.levels(broken))

    assert "kept adds up to 0 by customer, 15 by topic" in text
    assert "The 24 reviewed candidates have 9 roots." in text


def test_candidates_of_which_only_the_survivors_came_are_not_called_reviewed(
    parts: dict[str, Any], waiting: pd.DataFrame
) -> None:
    reviews = (
        parts["reviews"]
        .query("event == 'keep'")
        .assign(event="imported", verdict="keep", session_id="import-a")
    )
    found = review.survival(parts["cases"], reviews, places(parts["cases"]), axes=AXES)
    head = shown.headline(found, waiting, name="shop", demo=False)

    assert str(head) == "shop has 30 candidates, of which 0 are reviewed."
    assert "Kept elsewhere</dt><dd>15" in head.html
    assert "Kept elsewhere before they came in: 15." in str(shown.levels(found))


def test_buckets_and_personas_have_rows_of_their_own(found: review.Survival) -> None:
    text = str(shown.origins(found))

    assert "You are fed up but not stupid, and y…" in text
    assert "Survival may be under 40%." in text
    assert [line.split()[1] for line in text.splitlines() if line.strip().startswith("bucket")] == [
        "persona",
        "prompted",
    ]


def test_the_map_of_cells_shows_kept_of_reviewed(found: review.Survival) -> None:
    chart = shown.cells_map(found)
    assert isinstance(chart, Chart)
    tiles = {
        (row["row"], row["column"]): row["told"] for rows in chart.spec["datasets"].values() for row in rows
    }

    assert tiles == {("new", "delay"): "8/8", ("new", "damaged"): "7/8", ("angry", "delay"): "0/8"}
    assert "Lowest: angry/delay 0/8" in chart.summary


def test_reasons_are_bars_by_verdict(parts: dict[str, Any]) -> None:
    chart = shown.reasons(review.reasons(parts["reviews"]))

    assert isinstance(chart, Chart)
    assert chart.summary == "caricature 9, too_easy 5."


def test_forecasts_stand_beside_what_came_out(found: review.Survival, sealed: pd.DataFrame) -> None:
    score = review.score(found, sealed)
    chart = shown.forecast_chart(score)

    assert isinstance(chart, Chart)
    assert "Farthest from what was forecast: angry/delay, 70.0% forecast and 0 of 8 kept." in chart.summary
    assert f"{score.brier:.3f}" in str(shown.scores(score))
    assert "Under 0.05: 1 of 3 cells; about 0.2 would be by chance" in str(shown.surprises(score))


def test_the_record_says_who_decided_and_names_the_newest_event(parts: dict[str, Any]) -> None:
    text = str(shown.reviewers(parts["reviews"], demo=False))
    rows = {
        line.split("  ")[0].strip(): line.split()[2:]
        for line in text.splitlines()
        if line.strip().startswith(("Support", "Second"))
    }

    assert rows["Support lead"][:6] == ["24", "15", "8", "1", "0", "1"]
    assert parts["reviews"]["event_sha256"].iloc[-1] in text
    assert "not measured" not in text


def test_imported_decisions_have_no_time_on_screen(parts: dict[str, Any]) -> None:
    text = str(
        shown.reviewers(parts["reviews"].assign(visible_ms=pd.array([None] * 26, dtype="Int64")), demo=False)
    )

    assert "Time on screen is not measured: decisions were imported." in text


@pytest.fixture
def disputed(parts: dict[str, Any], new_event: Row) -> pd.DataFrame:
    """The decisions, and a second reader who rejects p00, which the lead kept."""
    told = new_event(
        27, "p00", "reject", reviewer="Second reader", reasons=["too_easy"], note="<b>no</b> customer says so"
    )
    rows = linked(parts["reviews"], [told])
    return pd.concat([parts["reviews"], REVIEWS.frame(rows)], ignore_index=True)


def test_where_reviewers_disagree_it_is_shown_who_said_what_and_when(
    parts: dict[str, Any], disputed: pd.DataFrame
) -> None:
    table = shown.disagreements(review.disagreements(disputed))
    rows = [line.split() for line in str(table).splitlines() if line.split()[:1] == ["p00"]]

    assert [row[1:9] for row in rows] == [
        ["Support", "lead", "keep", "2026-03-01", "09:31"],
        ["Second", "reader", "reject,", "counts", "now", "2026-03-01", "09:57", "too_easy"],
    ]
    assert "&lt;b&gt;no&lt;/b&gt; customer says so" in table.html
    assert str(shown.disagreements(review.disagreements(parts["reviews"]))) == (
        "No two reviewers disagree where nobody adjudicated."
    )


def test_the_headline_says_that_reviewers_disagree(
    parts: dict[str, Any], disputed: pd.DataFrame, waiting: pd.DataFrame
) -> None:
    found = review.survival(parts["cases"], disputed, places(parts["cases"]), axes=AXES)
    head = shown.headline(found, waiting, name="shop", demo=False)

    assert "Reviewers disagree on 1 candidate, and nobody adjudicated." in str(head)
    assert "Disputed</dt><dd>1" in head.html


def test_a_label_whose_keep_was_taken_back_is_asked_of_nobody(
    parts: dict[str, Any], found: review.Survival, sealed: pd.DataFrame, new_event: Row
) -> None:
    """What is true now has no label of p03: its keep was undone, and it waits again."""
    undo = linked(parts["reviews"], [new_event(27, "p03", "undo")])
    parts["reviews"] = pd.concat([parts["reviews"], REVIEWS.frame(undo)], ignore_index=True)
    parts["labels"] = parts["labels"][parts["labels"]["case_id"] != "p03"]
    told = claimed(parts, found, sealed)

    assert told["every label that a keep states is there"]


def test_the_labels_of_kept_candidates_are_counted_by_who_vouches(parts: dict[str, Any]) -> None:
    lines = str(shown.labels(parts["labels"], parts["cases"], parts["reviews"])).splitlines()
    counts = {line.split()[0]: int(line.split()[1]) for line in lines[2:]}

    assert counts == {"none": 7, "human": 7, "claimed": 1}


def test_its_claims_hold(parts: dict[str, Any], found: review.Survival, sealed: pd.DataFrame) -> None:
    assert must_hold(claimed(parts, found, sealed))
    assert must_hold(claimed(parts, found, sealed.iloc[:0]))


def test_an_empty_workspace_is_told_in_sentences() -> None:
    parts = {"cases": CASES.frame(), "reviews": REVIEWS.frame(), "labels": folds.labels(LABELS.frame())}
    found = review.survival(parts["cases"], parts["reviews"])
    waiting = review.queue(parts["cases"], parts["reviews"])
    none = PREDICTIONS.frame().assign(earlier=0, intact=True)
    score = review.score(found, none)

    assert str(shown.headline(found, waiting, name="shop", demo=False)).startswith(
        "There is no candidate yet."
    )
    for told in (
        shown.queue_map(waiting, {}), shown.queue(waiting), shown.levels_chart(found), shown.levels(found),
        shown.origins(found), shown.cells_map(found), shown.reasons(review.reasons(parts["reviews"])),
        shown.forecast_chart(score), shown.scores(score), shown.surprises(score),
        shown.reviewers(parts["reviews"], demo=False), shown.labels(parts["labels"], parts["cases"], parts["reviews"]),
    ):  # fmt: skip
        assert not isinstance(told, Chart)
        assert str(told)
    assert must_hold(claimed(parts, found, none))


def _event(parts: dict[str, Any], number: int, **changes: Any) -> None:
    """Change an event behind the chain's back."""
    rows = parts["reviews"].astype("object")
    told = rows.where(rows.notna(), None).to_dict("records")
    told[number - 1] |= changes
    parts["reviews"] = REVIEWS.frame(told)


def _case(parts: dict[str, Any], case_id: str, **changes: Any) -> None:
    rows = parts["cases"].astype("object")
    told = rows.where(rows.notna(), None).to_dict("records")
    parts["cases"] = CASES.frame([row | changes if row["case_id"] == case_id else row for row in told])


def _label(parts: dict[str, Any], **changes: Any) -> None:
    human = parts["labels"]["kind"] == "human"
    for name, value in changes.items():
        parts["labels"][name] = parts["labels"][name].mask(human, value)


def _planted(parts: dict[str, Any]) -> None:
    _event(parts, 1, planted="caricature")


def _lost_margin(parts: dict[str, Any]) -> None:
    parts["found"] = dataclasses.replace(parts["found"], margins=parts["found"].margins.iloc[1:])


def _lost_case(parts: dict[str, Any]) -> None:
    parts["cases"] = parts["cases"].iloc[:-1]


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a margin that lacks a level": (_lost_margin, "cells, axes, buckets and personas add up to the same sums"),
    "a candidate too few": (_lost_case, "every candidate is counted once"),
    "a planted check that counts": (_planted, "no planted check or repeat counts"),
    "a forged event": (lambda parts: _event(parts, 3, event="keep"), "the chain of events is unbroken"),
    "a lost event": (lambda parts: parts.update(reviews=parts["reviews"].drop(index=7)), "the chain of events is unbroken"),
    "a reject without a reason": (lambda parts: _event(parts, 3, reasons=[]), "every reject and revise has a reason"),
    "an imported reject without a reason": (
        lambda parts: _event(parts, 3, event="imported", verdict="reject", reasons=[]),
        "every reject and revise has a reason",
    ),
    "a decision on the seed": (lambda parts: _event(parts, 1, case_id="s1"), "every decision is about a candidate, and none about the holdout"),
    "a decision on the holdout": (
        lambda parts: _case(parts, "p00", split="holdout"),
        "every decision is about a candidate, and none about the holdout",
    ),
    "another text than was judged": (
        lambda parts: _event(parts, 1, content_sha256="f" * 64),
        "what was judged is what is stored",
    ),
    "a label that was stated and is lost": (
        lambda parts: _label(parts, kind="claimed"),
        "every label that a keep states is there",
    ),
    "a label outside the rubric": (
        lambda parts: _label(parts, expected="money"),
        "every label of a kept candidate that somebody vouches for is a value of the rubric",
    ),
    "a forged forecast": (lambda parts: parts.update(sealed=parts["sealed"].assign(intact=False)), "every forecast is as it was sealed"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "claim"), BROKEN.values(), ids=BROKEN)
def test_a_claim_fails_when_it_is_broken(
    break_it: Callable[[dict[str, Any]], None],
    claim: str,
    parts: dict[str, Any],
    found: review.Survival,
    sealed: pd.DataFrame,
) -> None:
    parts |= {"found": found, "sealed": sealed}
    break_it(parts)

    assert claimed(parts, parts["found"], parts["sealed"])[claim] is False


def test_hostile_texts_cells_personas_reasons_and_names_are_shown_as_text(
    new_case: Row, new_event: Row
) -> None:
    texts = [text[:300] for text in STRINGS if "\0" not in text]
    made = {"bucket": "persona", "tag": "synth-x"}
    cases = CASES.frame(
        [new_case(f"c{n}", text, cell=text, persona=text, **made) for n, text in enumerate(texts)]
    )
    half = len(texts) // 2
    events = [new_event(n, f"c{n}", "reject", reasons=[texts[n]], reviewer=texts[n]) for n in range(1, half)]
    events += [new_event(half + n, f"c{n}", "keep", reviewer="Kim", note=texts[n]) for n in range(1, half)]
    reviews = REVIEWS.frame(linked(REVIEWS.frame(), events))
    found = review.survival(cases, reviews)
    waiting = review.queue(cases, reviews)
    drawn = [
        shown.queue(waiting), shown.origins(found), shown.levels(found),
        shown.reviewers(reviews, demo=False), shown.reasons(review.reasons(reviews)),
        shown.disagreements(review.disagreements(reviews)),
    ]  # fmt: skip

    assert alive(drawn) == []
