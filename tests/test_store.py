"""The store: all or nothing, never changed, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.columns import DTYPES
from workbench.errors import StoreError, TableError, UsageError
from workbench.provenance import content_sha256
from workbench.tables import CASES, LABELS, REVIEWS, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.store import Store

    Row = Callable[..., dict[str, Any]]

ODD_TEXTS = {
    "emoji with joiners": "👩‍👩‍👧 where is it???? 😡",
    "right to left": "أريد استرداد أموالي \u202e now \u202c",
    "zero width": "re\u200bfund\ufeff",
    "words for missing": "NA",
    "null": "null",
    "None": "None",
    "empty": "",
    "blanks": " \t\n\r\n ",
    "an id of 23 digits": "12345678901234567890123",
    "leading zeros": "00042",
    "scientific": "1e5",
    "quotes": """'; DROP TABLE cases; -- "refund" `x` \\' %s %(a)s :a ?""",
    "combining": "e\u0301 \u00e9",
    "control characters": "\x01\x1b[31m\x7f",
    "line separators": "a\u2028b\u2029c\x85d",
    "beyond the basic plane": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a transcript of 200,000 characters": "where is my money? " * 10_527,
    "a backslash before u0000": "\\u0000",
}


def test_what_is_appended_is_read_back_typed_and_in_order(store: Store, new_case: Row) -> None:
    rows = [new_case(f"r{number}") for number in (3, 1, 2)]
    assert store.append(CASES, rows) == 3
    frame = store.read(CASES)
    assert frame["case_id"].tolist() == ["r3", "r1", "r2"]
    assert {c.name: str(frame[c.name].dtype) for c in CASES.columns} == {
        c.name: DTYPES[c.kind] for c in CASES.columns
    }
    pd.testing.assert_frame_equal(frame, CASES.frame(rows))


def test_a_frame_is_taken_as_well_as_rows_and_is_not_changed(store: Store, new_label: Row) -> None:
    frame = LABELS.frame([new_label("r1"), new_label("r2", "deny")])
    before = frame.copy(deep=True)
    assert store.append(LABELS, frame) == 2
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(store.read(LABELS), before)


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=list(ODD_TEXTS))
def test_a_text_comes_back_byte_for_byte(store: Store, new_case: Row, text: str) -> None:
    case = new_case(
        "r1", text, context={"facts": {text: [text, None, True, 1.5]}}, extra={"note": text}, author=text
    )
    store.append(CASES, [case])
    read = store.read(CASES).iloc[0]
    assert read["turns"][0]["text"].encode() == text.encode()
    assert read["author"].encode() == text.encode()
    assert read["context"] == case["context"]
    assert read["content_sha256"] == case["content_sha256"]


@pytest.mark.parametrize("number", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 0.0, 2.0**53])
def test_a_number_comes_back_to_the_last_bit(store: Store, new_case: Row, number: float) -> None:
    store.append(CASES, [new_case("r1", cost_usd=number)])
    assert store.read(CASES)["cost_usd"].tolist() == [number]


def test_a_time_comes_back_in_utc_to_the_microsecond(store: Store, new_label: Row) -> None:
    zone = dt.timezone(dt.timedelta(hours=-5, minutes=-30))
    times = [dt.datetime(2026, 2, 28, 23, 59, 59, 1, tzinfo=zone), dt.datetime(1, 1, 1, tzinfo=dt.UTC)]
    times += [dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)]
    store.append(LABELS, [new_label("r1", created_at=time) for time in times])
    assert [str(time) for time in store.read(LABELS)["created_at"].dt.to_pydatetime()] == [
        "2026-03-01 05:29:59.000001+00:00", "0001-01-01 00:00:00+00:00", "9999-12-31 23:59:59.999999+00:00",
    ]  # fmt: skip


def test_missing_stays_missing_and_is_never_empty_or_zero(
    store: Store, new_case: Row, new_label: Row, new_event: Row
) -> None:
    store.append(
        CASES, [new_case("r1", extra={"a": None}), new_case("r2", author="", cost_usd=0, context={})]
    )
    store.append(LABELS, [new_label("r1")])
    store.append(
        REVIEWS, [new_event(1, "r1", "keep"), new_event(2, "r1", "undo", position=0, fits_cell=False)]
    )
    cases, reviews = store.read(CASES), store.read(REVIEWS)
    for name in ("author", "cost_usd", "context", "persona"):
        assert cases[name].isna().tolist() == [True, name == "persona"]
    assert cases["extra"].tolist() == [{"a": None}, {}]
    assert store.read(LABELS)["backfill_by"].isna().tolist() == [True]
    assert reviews["position"].isna().tolist() == [True, False]
    assert reviews["fits_cell"].isna().tolist() == [True, False]
    assert reviews["position"].tolist()[1] == 0


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_an_empty_table_reads_as_an_empty_typed_frame(store: Store, table: Any) -> None:
    frame = store.read(table)
    assert len(frame) == 0
    assert {c.name: str(frame[c.name].dtype) for c in table.columns} == {
        c.name: DTYPES[c.kind] for c in table.columns
    }


def test_rows_are_read_by_values_lists_and_missing(store: Store, new_label: Row) -> None:
    store.append(
        LABELS, [new_label("r1", author=None), new_label("r2", "deny"), new_label("r3", kind="claimed")]
    )
    assert store.read(LABELS, case_id="r2")["expected"].tolist() == ["deny"]
    assert store.read(LABELS, case_id=["r3", "r1", "r3", "absent"])["case_id"].tolist() == ["r1", "r3"]
    assert store.read(LABELS, case_id=pd.Series(["r1", "r2"]), kind="human")["case_id"].tolist() == [
        "r1",
        "r2",
    ]
    assert store.read(LABELS, author=None)["case_id"].tolist() == ["r1"]
    assert store.read(LABELS, author=[None, "Support lead"], kind="human")["case_id"].tolist() == ["r1", "r2"]
    assert store.read(LABELS, case_id=[]).empty
    assert (
        len(
            store.read(
                LABELS, created_at=dt.datetime(2026, 3, 1, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
            )
        )
        == 3
    )


def test_a_list_of_any_length_may_be_asked_for(store: Store, new_label: Row) -> None:
    ids = [f"r{number}" for number in range(25_000)]
    store.append(LABELS, [new_label(ids[place]) for place in (24_999, 7, 12_000)])
    read = store.read(LABELS, case_id=ids[::-1], kind=["human", "claimed"])
    assert read["case_id"].tolist() == ["r24999", "r7", "r12000"]


def test_an_unknown_column_and_json_cannot_be_asked_for(store: Store) -> None:
    with pytest.raises(
        UsageError, match=r"^labels has no column 'caseid'; it has label_id, case_id, expected"
    ):
        store.read(LABELS, caseid="r1")
    with pytest.raises(UsageError, match=r"^cases.turns holds JSON; read the table and filter the frame$"):
        store.read(CASES, turns=[])


def test_a_clash_names_table_key_and_values_and_adds_nothing(store: Store, new_case: Row) -> None:
    store.append(CASES, [new_case("r1"), new_case("r2")])
    with pytest.raises(StoreError) as caught:
        store.append(CASES, [new_case("r0"), new_case("r2", "another text"), new_case("r1"), new_case("r9")])
    assert str(caught.value) == (
        "cases: 2 of 4 rows are in the store already (case_id 'r2', 'r1') and nothing was added; "
        "leave them out, for no row is changed"
    )
    assert store.read(CASES)["case_id"].tolist() == ["r1", "r2"]
    assert store.append(CASES, [new_case("r3")]) == 1


def test_a_bad_row_keeps_the_whole_append_out(store: Store, new_case: Row) -> None:
    with pytest.raises(TableError, match=r"^cases.bucket of 'r2': 'sead' is none of seed, "):
        store.append(CASES, [new_case("r1"), new_case("r2", bucket="sead")])
    with pytest.raises(TableError, match="NUL"):
        store.append(CASES, [new_case("r1", "\0")])
    assert store.read(CASES).empty


def test_several_tables_change_together_or_not_at_all(store: Store, new_case: Row, new_label: Row) -> None:
    with pytest.raises(TableError), store.transaction() as tx:  # noqa: PT012 - the block is what is undone
        tx.append(CASES, [new_case("r1")])
        assert tx.read(CASES)["case_id"].tolist() == ["r1"]
        assert store.read(CASES)["case_id"].tolist() == ["r1"]
        tx.append(LABELS, [new_label("r1", kind="guessed")])
    assert store.read(CASES).empty
    with store.transaction() as tx:
        tx.append(CASES, [new_case("r1")])
        tx.append(LABELS, [new_label("r1")])
    assert (len(store.read(CASES)), len(store.read(LABELS))) == (1, 1)


def test_a_clash_inside_a_transaction_may_be_caught_and_the_rest_kept(store: Store, new_case: Row) -> None:
    store.append(CASES, [new_case("r1")])
    with store.transaction() as tx:
        with pytest.raises(StoreError, match="in the store already"):
            tx.append(CASES, [new_case("r1")])
        tx.append(CASES, [new_case("r2")])
    assert store.read(CASES)["case_id"].tolist() == ["r1", "r2"]


def test_a_second_transaction_of_one_thread_is_refused_at_once(store: Store, new_case: Row) -> None:
    with (
        store.transaction(),
        pytest.raises(StoreError, match=r"^this thread holds a transaction already; use the append"),
    ):
        store.append(CASES, [new_case("r1")])


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


# One database serves all examples of a test: each appends a case of its own.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(TEXT, min_size=1, max_size=3), extra=st.dictionaries(TEXT, JSON, max_size=3), author=TEXT
)
def test_whatever_a_case_holds_comes_back_with_the_same_hash(
    store: Store, new_case: Row, texts: list[str], extra: dict[str, Any], author: str
) -> None:
    turns = [{"role": "user", "text": text} for text in texts]
    case_id = f"r{len(store.read(CASES))}"
    store.append(CASES, [new_case(case_id, author=author, extra=extra, context=extra or None, turns=turns)])
    read = store.read(CASES, case_id=case_id).iloc[0]
    assert (read["turns"], read["extra"], read["author"]) == (turns, extra, author)
    assert content_sha256(read["turns"], read["context"]) == content_sha256(turns, extra or None)
