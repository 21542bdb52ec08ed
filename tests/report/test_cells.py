from __future__ import annotations

import re

import pandas as pd
import pytest
from hostile import STRINGS

from workbench.report.cells import LONG_TEXT, MOST_ROWS, MOST_TEXT, Look, Remark, safe_table

LIVE = re.compile(
    r"<\s*(script|img|svg|iframe|a|object|embed|base|link|meta|form|input|video|audio|math|template)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_a_hostile_text_is_a_text_in_every_place_of_a_table(text: str) -> None:
    frame = pd.DataFrame({text: [text]}, index=pd.Index([text], name=f"by {text}"))
    remarks = {(0, text): Remark(reason=text, sign=text)}
    html = safe_table(frame, caption=text, notes=[text], remarks=remarks).html

    assert not LIVE.search(html)
    # Outside our own tags no quote is left with which a text could leave its attribute.
    assert all('"' not in part for part in re.split(r"<[a-z/][^<>]*>", html))


def test_missing_is_a_dash_with_its_reason_below() -> None:
    frame = pd.DataFrame({"group": ["golden", "red team"], "low_pp": [None, None]})
    table = safe_table(frame, remarks={(i, "low_pp"): Remark("8 roots are too few") for i in range(2)})

    assert str(table).count("\N{EM DASH}") == 2
    assert str(table).splitlines()[-1] == "a  8 roots are too few"
    assert table.html.count("8 roots are too few") == 1


def test_a_number_stands_right_with_its_unit() -> None:
    table = safe_table(pd.DataFrame({"cost": [12.5]}), looks={"cost": Look("cost", "number", unit="USD")})

    assert '<th scope="col" class="wb-number">cost <small>USD</small></th>' in table.html
    assert '<td class="wb-number">12.5</td>' in table.html


def test_a_long_text_folds_and_is_whole_inside() -> None:
    text = "where is it???? " * 60
    html = safe_table(pd.DataFrame({"text": [text]})).html

    assert f"<summary>{text[:LONG_TEXT].rstrip()}…</summary>{text}" in html


def test_an_endless_text_ends_and_says_how_much_is_left() -> None:
    assert "… and 5 more characters" in safe_table(pd.DataFrame({"text": ["a" * (MOST_TEXT + 5)]})).html


def test_rows_beyond_what_a_page_holds_are_counted() -> None:
    assert "7 more rows are not shown." in str(safe_table(pd.DataFrame({"case": range(MOST_ROWS + 7)})))


def test_a_named_index_is_shown_and_a_bare_one_is_not() -> None:
    frame = pd.DataFrame({"cases": [3]}, index=pd.Index(["delay"], name="slice"))

    assert "slice" in str(safe_table(frame))
    assert "index" not in str(safe_table(frame.reset_index(drop=True)))


def test_an_empty_table_says_so() -> None:
    assert "No rows." in safe_table(pd.DataFrame({"case": []}), caption="Repetitions").html


def test_direction_marks_are_visible() -> None:
    html = safe_table(pd.DataFrame({"text": ["invoice \u202egpj.exe"]})).html

    assert "invoice [U+202E]gpj.exe" in html
    assert "\u202e" not in html


def test_dollars_never_become_mathematics() -> None:
    """JupyterLab typesets `$10 ... $5` in any output without this class."""
    assert "mathjax_ignore" in safe_table(pd.DataFrame({"text": ["it cost $10 and you paid $5"]})).html


def test_the_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"text": ["still waiting"], "cases": [1]})
    before = frame.copy(deep=True)
    safe_table(frame, looks={"text": Look("said")})

    pd.testing.assert_frame_equal(frame, before)
