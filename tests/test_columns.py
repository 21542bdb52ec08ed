"""A frame is checked against its table's declaration, and the message names what breaks it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.columns import DTYPES, Column, Table
from workbench.errors import TableError

ORDERS = Table(
    name="orders",
    row="an order of a fictional shop",
    key=("shop", "number"),
    columns=(
        Column(name="shop", kind="text", allowed=("eu", "us"), meaning="where"),
        Column(name="number", kind="integer", low=1, meaning="which"),
        Column(name="receipt", kind="text", pattern=r"[a-z]\d+", meaning="its receipt"),
        Column(
            name="amount", kind="number", nullable=True, low=0, high=10_000, unit="USD", meaning="its price"
        ),
        Column(name="gift", kind="flag", nullable=True, meaning="whether it is one"),
        Column(name="items", kind="json", nullable=True, meaning="what is in it"),
        Column(name="placed_at", kind="time", nullable=True, unit="UTC", meaning="when"),
        Column(name="note", kind="text", nullable=True, meaning="free text"),
    ),
)


def _order(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"shop": "eu", "number": number, "receipt": f"a{number}", **changes}


def test_rows_become_a_frame_with_every_column_typed() -> None:
    frame = ORDERS.frame([_order(1, amount=10, gift=True, items=[{"sku": "x"}]), _order(2)])
    assert list(frame) == ["shop", "number", "receipt", "amount", "gift", "items", "placed_at", "note"]
    assert {name: str(frame[name].dtype) for name in frame} == {
        c.name: DTYPES[c.kind] for c in ORDERS.columns
    }
    assert frame["amount"].isna().tolist() == [False, True]
    assert frame.loc[1, ["gift", "items", "placed_at", "note"]].isna().all()


def test_an_empty_table_is_typed_too() -> None:
    assert {name: str(ORDERS.frame()[name].dtype) for name in ORDERS.names} == {
        c.name: DTYPES[c.kind] for c in ORDERS.columns
    }


@pytest.mark.parametrize("gone", [None, np.nan, pd.NA, pd.NaT, float("nan")])
def test_every_way_of_missing_is_missing(gone: Any) -> None:
    frame = ORDERS.frame([_order(amount=gone, gift=gone, items=gone, placed_at=gone, note=gone)])
    assert frame[["amount", "gift", "items", "placed_at", "note"]].isna().to_numpy().all()


def test_empty_and_zero_are_not_missing() -> None:
    frame = ORDERS.frame([_order(amount=0, gift=False, items=[], note="")])
    assert frame.iloc[0][["amount", "gift", "items", "note"]].tolist() == [0.0, False, [], ""]


def test_a_time_of_any_zone_becomes_utc() -> None:
    zones = [dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.UTC]
    frame = ORDERS.frame(
        [_order(n, placed_at=dt.datetime(2026, 3, 1, 12, tzinfo=zone)) for n, zone in enumerate(zones, 1)]
    )
    assert frame["placed_at"].astype(str).tolist() == [
        "2026-03-01 06:30:00+00:00",
        "2026-03-01 12:00:00+00:00",
    ]


BAD = {
    "a missing value": ({"receipt": None}, "orders.receipt of 'eu 1' is missing; this column needs a value"),
    "a value that is not allowed": ({"shop": "asia"}, "orders.shop of 'asia 1': 'asia' is none of eu, us"),
    "a text that does not match": ({"receipt": "A1 "}, r"orders.receipt of 'eu 1': 'A1 ' does not match [a-z]\d+"),
    "a number below its range": ({"number": 0}, "orders.number of 'eu 0': '0' is outside 1 to inf"),
    "a number above its range": ({"amount": 1e6}, "orders.amount of 'eu 1': '1000000.0' is outside 0 to 10000"),
    "infinity": ({"amount": float("inf")}, "orders.amount of 'eu 1': 'inf' is not a finite number"),
    "a number that no float can be": ({"amount": 10**400}, None),
    "true where a number belongs": ({"amount": True}, "orders.amount of 'eu 1': 'True' is not a finite number"),
    "a number in a text": ({"amount": "10"}, "orders.amount of 'eu 1': '10' is not a finite number"),
    "a fraction where a whole number belongs": (
        {"number": 1.5},
        "orders.number of 'eu 1.5': '1.5' is not a whole number of at most 64 bits",
    ),
    "a whole number of 23 digits": (
        {"number": 12345678901234567890123},
        "orders.number of 'eu 12345678901234567890123': '12345678901234567890123' is not a whole number of at most 64 bits",
    ),
    "a number where a text belongs": ({"note": 4481}, "orders.note of 'eu 1': '4481' is not a text"),
    "one where a flag belongs": ({"gift": 1}, "orders.gift of 'eu 1': '1' is not true or false"),
    "a time without zone": (
        {"placed_at": dt.datetime(2026, 3, 1)},  # noqa: DTZ001 - that is the mistake
        "orders.placed_at of 'eu 1': '2026-03-01 00:00:00' is not a time with its zone",
    ),
    "a time beyond the year 9999 in UTC": (
        {"placed_at": dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(dt.timedelta(hours=-5)))},
        "orders.placed_at of 'eu 1': '9999-12-31 23:00:00-05:00' is not a time with its zone",
    ),
    "a time as a text": ({"placed_at": "2026-03-01"}, "orders.placed_at of 'eu 1': '2026-03-01' is not a time with its zone"),
    "half a surrogate pair": (
        {"note": "so angry \ud83d"},
        "orders.note of 'eu 1': 'so angry \\ud83d' holds half of a surrogate pair, which is no character; replace it with U+FFFD",
    ),
    "half a surrogate pair inside JSON": (
        {"items": [{"\ud83d": 1}]},
        "orders.items of 'eu 1': \"[{'\\\\ud83d': 1}]\" holds half of a surrogate pair, which is no character; replace it with U+FFFD",
    ),
    "NUL": (
        {"note": "a\0b"},
        "orders.note of 'eu 1': 'a\\x00b' holds the character NUL (U+0000), which PostgreSQL cannot hold; remove it",
    ),
    "NUL inside JSON": (
        {"items": {"a": ["\0"]}},
        "orders.items of 'eu 1': \"{'a': ['\\\\x00']}\" holds the character NUL (U+0000), which PostgreSQL cannot hold; remove it",
    ),
    "NaN inside JSON": ({"items": [float("nan")]}, "orders.items of 'eu 1': '[nan]' is not JSON, which holds texts, finite numbers, true, false, null, lists and objects"),
    "something else inside JSON": ({"items": [{1}]}, "orders.items of 'eu 1': '[{1}]' is not JSON, which holds texts, finite numbers, true, false, null, lists and objects"),
    "an array where JSON belongs": ({"items": np.array([1, 2])}, "orders.items of 'eu 1': '[1 2]' is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=list(BAD))
def test_a_bad_value_is_named_with_table_column_row_and_value(
    changes: dict[str, Any], message: str | None
) -> None:
    with pytest.raises(TableError) as caught:
        ORDERS.frame([_order(**changes)])
    if message is not None:
        assert str(caught.value) == message
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 260


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert ORDERS.frame([_order(items="\\u0000", note="\\u0000")])["items"].tolist() == ["\\u0000"]


def test_absent_unknown_and_repeated_columns_are_named() -> None:
    frame = ORDERS.frame([_order()])
    with pytest.raises(TableError, match=r"^orders: the table lacks column shop, note$"):
        ORDERS.check(frame.drop(columns=["note", "shop"]))
    with pytest.raises(TableError, match=r"^orders: the table has no column colour$"):
        ORDERS.check(frame.assign(colour="red"))
    with pytest.raises(TableError, match=r"^orders: the table has twice the column note$"):
        ORDERS.check(pd.concat([frame, frame[["note"]]], axis=1))
    with pytest.raises(TableError, match=r"^orders: no column colour; it has shop, number, receipt, "):
        ORDERS.frame([_order(colour="red")])


def test_two_rows_with_one_key_are_named() -> None:
    with pytest.raises(TableError, match=r"^orders: shop \+ number is not unique: eu 1$"):
        ORDERS.frame([_order(1), _order(2), _order(1, receipt="b9")])


def test_a_check_gives_a_new_frame_and_leaves_the_old_one() -> None:
    frame = ORDERS.frame([_order(1), _order(2)])[["note", *ORDERS.names[:-1]]].set_axis([7, 8])
    before = frame.copy(deep=True)
    checked = ORDERS.check(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert list(checked) == ORDERS.names
    assert checked.index.tolist() == [0, 1]
    pd.testing.assert_frame_equal(ORDERS.check(checked), checked)


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=20), st.binary(max_size=5),
    st.datetimes(), st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=3), st.floats(), max_size=3),
    st.sets(st.integers(), max_size=2), st.complex_numbers(),
)  # fmt: skip


@given(st.sampled_from(ORDERS.names), ANY)
def test_whatever_stands_in_a_cell_is_taken_or_refused_in_one_sentence(name: str, value: Any) -> None:
    sentence = ""
    try:
        frame = ORDERS.frame([_order(**{name: value})])
    except TableError as error:
        sentence = str(error)
    if sentence:
        assert sentence.startswith(f"orders.{name}")
        assert sentence.splitlines() == [sentence]
    else:
        assert str(frame[name].dtype) == DTYPES[ORDERS[name].kind]
        # What passes the check can be written down by every engine and file format.
        json.dumps(frame[name].astype(object).iloc[0], default=str, ensure_ascii=False).encode("utf-8")
