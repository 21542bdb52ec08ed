"""Who vouches for a label is declared, and a label that is not there is not an empty one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from workbench.errors import UsageError
from workbench.exchange.fields import FieldError
from workbench.exchange.labels import Labelling, label
from workbench.exchange.mapping import Source
from workbench.exchange.values import Number

DAY = dt.datetime(2026, 9, 30, tzinfo=dt.UTC)


def read(row: dict[str, Any], **declared: Any) -> dict[str, Any] | None:
    return label(row, {name: Source((name,)) for name in row}, Labelling(**declared))


def test_a_label_is_claimed_unless_somebody_vouches_for_it() -> None:
    found = read({"expected": "refund"})

    assert found is not None
    assert (found["kind"], found["author"]) == ("claimed", None)


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_label_is_none(blank: str | None) -> None:
    assert read({"expected": blank}, kind="human", author="Reviewer A") is None


def test_a_number_and_a_flag_are_labels_in_the_files_own_text() -> None:
    assert [read({"expected": value})["expected"] for value in (Number("1"), True)] == ["1", "true"]  # type: ignore[index]


@pytest.mark.parametrize("spelt", ["refund", "Refund", " REFUND "])
def test_case_and_space_follow_the_rubric(spelt: str) -> None:
    assert read({"expected": spelt}, values=("refund", "deny"))["expected"] == "refund"  # type: ignore[index]


def test_a_claimed_label_outside_the_rubric_is_kept_as_it_is() -> None:
    assert read({"expected": "Refnd"}, values=("refund",))["expected"] == "Refnd"  # type: ignore[index]


def test_a_human_label_outside_the_rubric_is_refused_only_where_the_rubric_has_values() -> None:
    assert read({"expected": "Refnd"}, kind="human", author="Reviewer A") is not None
    with pytest.raises(FieldError, match="which the rubric does not have; it has refund"):
        read({"expected": "Refnd"}, kind="human", author="Reviewer A", values=("refund",))


def test_only_a_human_label_carries_the_rubrics_version_by_itself() -> None:
    versions = [
        read({"expected": "refund"}, kind=kind, author="Reviewer A", rubric_version="7")["rubric_version"]  # type: ignore[index]
        for kind in ("human", "programmatic", "claimed")
    ]

    assert versions == ["7", None, None]


def test_columns_of_the_file_go_before_what_is_declared() -> None:
    row = {"expected": "refund", "label_kind": "human", "label_author": "Reviewer B", "rubric_version": "6"}
    found = read(row, author="Reviewer A", rubric_version="7")

    assert found is not None
    assert (found["kind"], found["author"], found["rubric_version"]) == ("human", "Reviewer B", "6")


def test_a_provisional_label_has_an_owner_and_a_day() -> None:
    row = {"expected": "refund", "owner": "Team A", "backfill_by": "2026-09-30"}
    found = read(row, kind="provisional")

    assert found is not None
    assert (found["owner"], found["backfill_by"]) == ("Team A", DAY)
    with pytest.raises(FieldError, match="without owner and backfill_by"):
        read({"expected": "refund", "owner": "Team A", "backfill_by": ""}, kind="provisional")


def test_other_labels_have_neither() -> None:
    found = read({"expected": "refund", "owner": "Team A", "backfill_by": "2026-09-30"})

    assert found is not None
    assert (found["owner"], found["backfill_by"]) == (None, None)


def test_a_file_without_labels_needs_no_author() -> None:
    Labelling(kind="human").check({"text": Source(("text",))})


@pytest.mark.parametrize("kind", ["inherited", "gold", ""])
def test_an_import_cannot_declare_just_any_kind(kind: str) -> None:
    with pytest.raises(UsageError, match="is none of claimed, human, programmatic, provisional"):
        Labelling(kind=kind)
