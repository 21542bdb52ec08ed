"""Times are UTC, and neither zone nor month is guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.exchange.times import NaiveError, TimeError, moment, zone

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30), timezones=OFFSETS)  # noqa: DTZ001 - the zone is drawn


@given(MOMENTS)
def test_a_time_with_an_offset_is_the_same_moment_in_utc(at: dt.datetime) -> None:
    assert moment(at.isoformat()) == at
    assert moment(at.isoformat()).tzinfo is dt.UTC


@pytest.mark.parametrize("text", ["2026-03-04T10:15:00", "2026-03-04 10:15", "2026-03-04"])
def test_a_time_without_a_zone_needs_one(text: str) -> None:
    with pytest.raises(NaiveError, match="has no timezone"):
        moment(text)

    assert moment(text, zone("Europe/Lisbon")).date() == dt.date(2026, 3, 4)


def test_a_declared_zone_never_overrules_the_one_in_the_file() -> None:
    assert moment("2026-07-01T12:00:00+02:00", zone("America/New_York")).hour == 10
    assert moment("2026-07-01T12:00:00", zone("America/New_York")).hour == 16


@pytest.mark.parametrize("text", ["03/04/2024", "3/4/24", "03.04.2024", "03/04/2024 10:15"])
def test_a_date_that_can_be_two_is_refused(text: str) -> None:
    with pytest.raises(TimeError, match="can be two dates"):
        moment(text, dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "25/12/2024",
        "20260304",
        "1709545200",
        "2026-W10-3",
        "yesterday",
        "2026-13-01",
        "9999-12-31T23:59:59-10:00",
    ],
)
def test_what_is_no_iso_time_is_refused(text: str) -> None:
    with pytest.raises(TimeError):
        moment(text, dt.UTC)
