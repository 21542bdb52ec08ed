from __future__ import annotations

import base64
import json

import altair as alt
import pandas as pd
import pytest
from hostile import STRINGS

from workbench.errors import ReportError, SafetyError
from workbench.report import charts

COUNTS = pd.DataFrame({"slice": ["delay", "damaged"], "cases": [38, 31]})


def bars(frame: pd.DataFrame = COUNTS) -> alt.Chart:
    return alt.Chart(frame).mark_bar().encode(y="slice:N", x="cases:Q")


def test_a_chart_carries_its_data_a_picture_and_words() -> None:
    chart = charts.safe_chart(bars(), title="Cases", summary="38 on delays, 31 on damage.")
    bundle = chart._repr_mimebundle_()

    assert set(bundle) == {charts.VEGA_LITE, "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == "Cases\n38 on delays, 31 on damage."


@pytest.mark.parametrize(("title", "summary"), [("", "38 on delays."), ("Cases", " ")])
def test_a_chart_without_title_or_words_is_refused(title: str, summary: str) -> None:
    with pytest.raises(ReportError, match="a chart needs a title and a summary in words"):
        charts.safe_chart(bars(), title=title, summary=summary)


@pytest.mark.parametrize(
    "encoding",
    [
        {"tooltip": alt.Tooltip("slice:N", title="image")},
        {"tooltip": alt.Tooltip("slice:N", title=" Image ")},
        {"color": alt.Color("slice:N", legend=alt.Legend(title="image"))},
        {"href": "slice:N"},
        {"url": "slice:N"},
    ],
    ids=["tooltip", "tooltip in capitals", "title", "href", "url"],
)
def test_a_value_can_not_become_an_address(encoding: dict[str, object]) -> None:
    """Vega's tooltip shows a field named image as a picture, which asks a server for it."""
    with pytest.raises(SafetyError, match="show the text in a table instead"):
        charts.safe_chart(bars().encode(**encoding), title="Cases", summary="Two slices.")


def test_a_field_named_image_is_refused() -> None:
    frame = COUNTS.rename(columns={"slice": "image"})
    chart = alt.Chart(frame).mark_bar().encode(x="cases:Q", tooltip="image:N")

    with pytest.raises(SafetyError, match="a field or tooltip named image"):
        charts.safe_chart(chart, title="Cases", summary="Two slices.")


def test_all_columns_in_a_tooltip_are_refused() -> None:
    chart = alt.Chart(COUNTS).mark_bar(tooltip=alt.TooltipContent("data")).encode(x="cases:Q")

    with pytest.raises(SafetyError, match="all columns in its tooltip"):
        charts.safe_chart(chart, title="Cases", summary="Two slices.")


@pytest.mark.parametrize("mark", ["image", {"type": "image"}])
def test_images_from_the_data_are_refused(mark: object) -> None:
    with pytest.raises(SafetyError, match="draws images from addresses"):
        charts.checked({"mark": mark}, title="Cases", summary="Two slices.")


def test_data_from_an_address_is_refused() -> None:
    with pytest.raises(SafetyError, match="loads or links an address"):
        charts.checked(
            {"data": {"url": "http://127.0.0.1:9/x.csv"}, "mark": "bar"}, title="Cases", summary="Two slices."
        )


def test_more_points_than_a_browser_brushes_are_refused() -> None:
    frame = pd.DataFrame({"slice": "delay", "cases": range(charts.MOST_POINTS + 1)})

    with pytest.raises(
        ReportError, match="20,001 points and at most 20,000 are drawn; sample them and say so"
    ):
        charts.safe_chart(bars(frame), title="Cases", summary="Many.")


def test_five_thousand_and_one_points_are_drawn() -> None:
    """Altair's own limit is 5,000."""
    frame = pd.DataFrame({"slice": "delay", "cases": range(5_001)})

    assert (
        charts.safe_chart(bars(frame), title="Cases", summary="Many.").spec["usermeta"]["embedOptions"][
            "renderer"
        ]
        == "canvas"
    )


def test_text_that_reorders_itself_is_visible_in_the_data() -> None:
    frame = pd.DataFrame({"slice": ["\u202egpj.exe"], "cases": [1]})
    chart = charts.safe_chart(bars(frame), title="\u202eCases", summary="One.")

    assert "[U+202E]gpj.exe" in json.dumps(chart.spec)
    assert chart.title == "[U+202E]Cases"


def test_hostile_texts_can_be_drawn_as_a_picture_without_any_network() -> None:
    frame = pd.DataFrame({"slice": [text[:200] for text in STRINGS], "cases": 1})

    assert charts.safe_chart(bars(frame), title=STRINGS[0], summary=STRINGS[1]).png()


def test_a_chart_shown_without_more_goes_the_same_way() -> None:
    active = alt.renderers.active
    try:
        charts.enable()
        bundle = bars().properties(title="Cases")._repr_mimebundle_(None, None)
        with pytest.raises(SafetyError):
            bars().encode(href="slice:N")._repr_mimebundle_(None, None)
    finally:
        alt.renderers.enable(active)
        pd.reset_option("display.html.use_mathjax")

    assert set(bundle) == {charts.VEGA_LITE, "image/png", "text/plain"}
    assert bundle[charts.VEGA_LITE]["title"]["text"] == "Cases"
