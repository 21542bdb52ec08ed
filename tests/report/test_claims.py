from __future__ import annotations

import pytest

from workbench.errors import ReportError
from workbench.report import must_hold


def test_claims_that_hold_are_shown() -> None:
    assert "every case has a tag" in str(must_hold({"every case has a tag": True}))


def test_every_false_claim_is_named() -> None:
    with pytest.raises(
        ReportError,
        match=r"^2 of 3 claims of this notebook do not hold: the counts add up, no id occurs twice$",
    ):
        must_hold({"the counts add up": False, "every case has a tag": True, "no id occurs twice": False})


def test_claiming_nothing_is_refused() -> None:
    with pytest.raises(ReportError, match="claims nothing"):
        must_hold({})
