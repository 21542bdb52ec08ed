"""Parquet: values as text where text is meant, and damage in one sentence."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import InputError
from workbench.exchange import parquet
from workbench.exchange.values import Number


def written(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def test_every_kind_of_value_keeps_its_meaning() -> None:
    at = dt.datetime(2026, 3, 4, 10, 15, tzinfo=dt.UTC)
    read = parquet.read(
        "seed.parquet",
        written(
            {
                "case_id": pa.array([7, None], pa.int64()),
                "score": [0.5, float("nan")],
                "whole": [1.0, 2.0],
                "cost": [Decimal("0.10"), None],
                "held": [True, None],
                "at": pa.array([at, None], pa.timestamp("us", "UTC")),
                "day": [dt.date(2026, 3, 4), None],
                "parts": [[{"n": 1}], None],
            }
        ),
    )

    assert read.rows[0] == {
        "case_id": "7", "score": "0.5", "whole": "1.0", "cost": "0.10", "held": True,
        "at": "2026-03-04T10:15:00+00:00", "day": "2026-03-04", "parts": [{"n": "1"}],
    }  # fmt: skip
    assert set(read.rows[1].values()) == {None, "2.0"}
    assert isinstance(read.rows[0]["case_id"], Number)
    assert read.places == ["row 1", "row 2"]


def test_many_row_groups_are_read_in_order() -> None:
    data = written(
        {"case_id": [f"r{n}" for n in range(2_500)], "slice": ["delay"] * 2_500}, row_group_size=700
    )

    assert [row["case_id"] for row in parquet.read("seed.parquet", data).rows] == [
        f"r{n}" for n in range(2_500)
    ]


def test_two_columns_of_one_name_are_refused() -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]), out)

    with pytest.raises(InputError, match=r"^seed\.parquet names two columns 'text'; rename one of them$"):
        parquet.read("seed.parquet", out.getvalue())


@pytest.mark.parametrize("start", [4, 30, -60, -20])
def test_damage_anywhere_is_one_sentence(start: int) -> None:
    """Bytes are overwritten in the data and in the footer; a file that can still be read keeps its text."""
    data = bytearray(written({"case_id": ["r1"], "text": ["where is it????"]}))
    data[start : start + 12] = b"\xff" * 12

    with pytest.raises(InputError, match=r"^seed\.parquet cannot be read as Parquet \(.+\); write it again$"):
        parquet.read("seed.parquet", bytes(data))


def test_text_that_is_no_utf_8_is_refused() -> None:
    data = written({"case_id": ["r1"], "text": pa.array([b"o\xf9"]).view(pa.string())})

    with pytest.raises(InputError, match=r"^seed\.parquet cannot be read as Parquet"):
        parquet.read("seed.parquet", data)
