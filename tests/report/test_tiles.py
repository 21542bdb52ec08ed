"""Cells as tiles, and what they are called."""

from __future__ import annotations

from workbench.report.charts import Chart
from workbench.report.tiles import NO_GRID, Tile, tile_map

AXES = {"customer": ["angry", "new"], "topic": ["delay", "damaged"]}
SAYS = {"unit": "seed cases", "title": "Seed", "summary": "34 at most."}


def tile(*levels: str, value: float | None, told: str) -> Tile:
    return Tile(levels, value, told, f"{told} seed cases")


TILES = [
    tile("*", "billing", value=1, told="1"),
    tile("new", "delay", value=34, told="34"),
    tile("new", "damaged", value=None, told="masked"),
    tile("angry", "*", value=9, told="9"),
]


def drawn(tiles: list[Tile], axes: dict[str, list[str]]) -> Chart:
    chart = tile_map(tiles, axes, **SAYS)
    assert isinstance(chart, Chart)
    return chart


def test_levels_stand_as_in_the_grid_then_others_and_what_is_not_known_last() -> None:
    encoding = drawn(TILES, AXES).spec["layer"][0]["encoding"]

    assert encoding["y"]["scale"]["domain"] == ["angry", "new", "not known"]
    assert encoding["x"]["scale"]["domain"] == ["delay", "damaged", "billing", "not known"]
    assert encoding["x"]["axis"]["title"] == "topic across, customer down"


def test_a_missing_value_has_no_colour_and_every_tile_tells_more_in_its_tooltip() -> None:
    chart = drawn(TILES, AXES)
    _, full, words = chart.spec["layer"]

    assert full["transform"] == [{"filter": "isValid(datum.value)"}]
    assert full["encoding"]["color"]["scale"]["domain"] == [0, 34]
    assert full["encoding"]["color"]["legend"]["title"] == "seed cases"
    assert [part["field"] for part in words["encoding"]["tooltip"]] == ["row", "column", "tip"]
    assert (chart.title, chart.summary) == ("Seed", "34 at most.")
    assert chart.png()


def test_of_three_axes_two_stand_down_with_every_pair_of_their_levels() -> None:
    axes = {"customer": ["new", "angry"], "channel": ["mail", "chat"], "topic": ["delay"]}
    one = [tile("new", "chat", "delay", value=0, told="0 of 10")]
    encoding = drawn(one, axes).spec["layer"][0]["encoding"]

    assert encoding["y"]["scale"]["domain"] == ["new/mail", "new/chat", "angry/mail", "angry/chat"]
    assert encoding["x"]["axis"]["title"] == "topic across, customer/channel down"


def test_a_grid_of_many_rows_and_columns_is_drawn_and_says_what_is_not() -> None:
    axes = {"customer": [f"level{n}" for n in range(70)], "topic": [f"topic{n}" for n in range(40)]}
    many = [tile(name, "topic0", value=0, told="0 of 10") for name in axes["customer"]]
    chart = drawn(many, axes)

    assert chart.summary == "34 at most. 10 more rows are not drawn."
    assert chart.spec["layer"][1]["encoding"]["color"]["scale"]["domain"] == [0, 1]
    assert chart.png()


def test_without_a_grid_a_sentence_says_how_to_make_one() -> None:
    assert str(tile_map(TILES, {}, **SAYS)) == NO_GRID
