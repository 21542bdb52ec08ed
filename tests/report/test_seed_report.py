"""What notebook 01 shows of a seed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hostile import STRINGS

from workbench.errors import UsageError
from workbench.report import must_hold
from workbench.report import seed as shown
from workbench.seed import Audit, audit

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: list[Callable[[Any], Any]] = [
    shown.slices, shown.counts, shown.lengths, shown.sizes, shown.labels, shown.findings, shown.odd, shown.repetitions,
]  # fmt: skip

SAID = {
    "r1": ("delay", "train", "where is it????"),
    "r2": ("delay", "eval", "where is it????"),
    "r3": ("delay", "eval", "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money"),
    "r4": ("damaged", "eval", "eta?"),
    "r5": (None, "holdout", "the lamp came with a crack, mail me at kim@shop.example"),
}


def cases_of(said: dict[str, tuple[str | None, str, str]]) -> pd.DataFrame:
    rows = [
        {
            "case_id": case_id,
            "bucket": "seed",
            "slice": slice_,
            "split": split,
            "turns": [{"role": "user", "text": text}],
            "content_sha256": str(hash(text)),
        }
        for case_id, (slice_, split, text) in said.items()
    ]
    return pd.DataFrame(rows).astype({"slice": "str"})


def labels_of(cases: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"case_id": cases["case_id"].iloc[:-1], "expected": "refund", "kind": "human"})


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    return cases_of(SAID)


@pytest.fixture(scope="module")
def seen(cases: pd.DataFrame) -> Audit:
    return audit(cases, labels_of(cases))


def test_the_headline_counts_what_there_is_to_look_at(seen: Audit) -> None:
    text = str(shown.headline(seen, name="shop", demo=False))

    assert text == (
        "The seed of shop has 5 cases. With something to look at: 2 (40.0%). Repetitions: 1. Nothing was removed."
    )


def test_a_demo_says_so_first(seen: Audit) -> None:
    assert str(shown.headline(seen, name="shop", demo=True)).startswith("DEMO.")


def test_the_slices_are_counted_by_split_in_the_order_of_the_splits(seen: Audit) -> None:
    lines = str(shown.counts(seen)).splitlines()

    assert lines[1].split() == ["slice", "train", "eval", "holdout", "cases", "share", "of", "the", "seed"]
    assert lines[2].split() == ["delay", "1", "2", "0", "3", "60.0%"]
    assert "(none)" in lines[3] + lines[4]


def test_a_missing_slice_is_no_slice(seen: Audit) -> None:
    assert "<dt>Slices</dt><dd>2</dd>" in shown.headline(seen, name="shop", demo=False).html


def test_a_repetition_across_a_split_is_named(seen: Audit) -> None:
    text = str(shown.repetitions(seen))

    assert "r2      r1" in text
    assert "Across two splits: 1 of 1 repetition. What is learned from one split can be asked" in text


def test_repetitions_inside_one_split_are_no_reason_to_worry() -> None:
    cases = cases_of(dict.fromkeys(("r1", "r2"), ("delay", "eval", "where is it????")))
    text = str(shown.repetitions(audit(cases, labels_of(cases))))

    assert text.endswith("Across two splits: 0 of 1 repetition.")


def test_a_case_without_a_label_is_counted(seen: Audit) -> None:
    assert "<dt>Without a label</dt><dd>1</dd>" in shown.headline(seen, name="shop", demo=False).html
    assert "(none)" in str(shown.labels(seen))


def test_its_claims_hold(seen: Audit, cases: pd.DataFrame) -> None:
    assert must_hold(shown.claims(seen, cases))


def test_a_case_that_fell_out_is_found(seen: Audit, cases: pd.DataFrame) -> None:
    fewer = dataclasses.replace(seen, sizes=seen.sizes.iloc[1:])

    assert not shown.claims(fewer, cases)["every case of the seed is measured, once"]


def test_an_empty_workspace_is_told_what_to_do(cases: pd.DataFrame) -> None:
    nothing = cases.iloc[:0]
    with pytest.raises(
        UsageError, match="the workspace shop has no seed yet; import one with `workbench import seed FILE`"
    ):
        shown.headline(audit(nothing, labels_of(cases).iloc[:0]), name="shop", demo=False)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_hostile_customers_are_shown_as_text(part: Callable[[Any], Any]) -> None:
    cases = cases_of({f"r{i}": (text[:200], "eval", text) for i, text in enumerate(STRINGS)})
    labels = pd.DataFrame({"case_id": cases["case_id"], "expected": STRINGS, "kind": "claimed"})
    drawn = part(audit(cases, labels))
    html = getattr(drawn, "html", "")

    assert not any(
        live in html.casefold()
        for live in ("<script", "<img", "<svg", "<iframe", "<style", "<meta", "<base", "\u202e")
    )
    assert html or "\u202e" not in str(drawn.spec)
