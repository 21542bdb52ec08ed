"""What notebook 04 shows of distances, duplicates and the map."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from hostile import STRINGS, alive

from workbench import measure
from workbench.measure.edges import edges
from workbench.measure.map import Map
from workbench.report import charts, find_notebook, must_hold, run
from workbench.report import measure as shown
from workbench.report.measure import places
from workbench.tables import CASES, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.measure import Measured

DEMO = Path(__file__).parents[2] / "data" / "demo"

COSINES = {"p0": 0.95, "p1": 0.55, "p2": 0.2, "m0": 0.97}
BANDS = {"p0": "duplicate", "p1": "like", "p2": "off_map", "m0": "near"}


@pytest.fixture
def cases(new_case: Callable[..., dict[str, Any]]) -> pd.DataFrame:
    """Twenty seed cases, one of the holdout, a stub, three prompted cases and a mutant."""
    seed = [new_case(f"s{n:02}", f"my order {n} has not come, where is it????") for n in range(20)]
    made = {"bucket": "prompted", "tag": "synth-x", "cell": "angry/delay"}
    prompted = [new_case(f"p{n}", f"Hello, I would like a refund for order {n}.", **made) for n in range(3)]
    mutant = new_case("m0", "my oder 0 has not come", bucket="mutation", tag="mut-typo", parent_ids=["s00"])
    resting = new_case("s99", "I want my money back", split="holdout")
    return CASES.frame(
        [*seed, resting, *prompted, mutant, new_case("stub") | {"turns": [], "content_sha256": None}]
    )


@pytest.fixture
def measured(cases: pd.DataFrame) -> Measured:
    """Their measures: p0 repeats the seed, p2 is off the map, and s01 repeats s00."""
    ids = [*cases["case_id"][:20], *COSINES]
    rows = [
        {
            "case_id": name, "embedder": "small", "reference_sha256": "a" * 64, "windows": 1,
            "nearest_seed_id": "s01" if name == "s00" else "s00",
            "cosine_to_seed": COSINES.get(name, 0.4 + 0.02 * place),
            "band": BANDS.get(name, "like"),
            "duplicate_of": {"p0": "s00", "s01": "s00"}.get(name),
            "duplicate_cosine": {"p0": 0.95, "s01": 0.93}.get(name),
        }
        for place, name in enumerate(ids)
    ]  # fmt: skip
    return built(MEASURES.frame(rows), cases)


def built(measures: pd.DataFrame, cases: pd.DataFrame, *notes: str) -> Measured:
    flagged = measures[measures["duplicate_of"].notna()].rename(columns={"duplicate_cosine": "cosine"})
    pairs = flagged[["case_id", "duplicate_of", "cosine"]].reset_index(drop=True)
    is_seed = measures["case_id"].str.startswith("s")
    return measure.Measured(
        measures=measures,
        reference_sha256="a" * 64,
        seed_distances=1 - measures[is_seed].set_index("case_id")["cosine_to_seed"],
        pairs=pairs,
        bands=measure.bands(measures, cases),
        removal=measure.removal(measures, cases),
        notes=notes,
    )


@pytest.fixture
def found(measured: Measured) -> Map:
    ids = measured.measures["case_id"]
    frame = pd.DataFrame({"case_id": ids, "x": np.arange(len(ids), dtype=float), "y": 0.0})
    return Map(frame, trustworthiness=0.876, fitted=20)


def drawn(chart: Any) -> list[dict[str, Any]]:
    return [row for rows in chart.spec["datasets"].values() for row in rows]


def test_the_headline_counts_what_was_measured(measured: Measured, cases: pd.DataFrame) -> None:
    head = shown.headline(measured, cases, name="shop", demo=False)

    assert str(head) == (
        "4 cases of shop measured against 20 of its seed. What repeats another case is flagged, and nothing was removed."
    )
    for fact in ("Seed</dt><dd>20", "Prompted</dt><dd>3", "Mutation</dt><dd>1", "Repeat the seed</dt><dd>1",
                 "Far or off the map</dt><dd>1", "Repeat any earlier case</dt><dd>2"):  # fmt: skip
        assert fact in head.html
    assert str(shown.headline(measured, cases, name="shop", demo=True)).startswith("DEMO.")


def test_a_seed_alone_and_an_empty_workspace_say_so(measured: Measured, cases: pd.DataFrame) -> None:
    alone = built(measured.measures[:20], cases)
    nothing = built(MEASURES.frame(), CASES.frame())

    assert "The seed of shop, 20 cases, is measured against itself" in str(
        shown.headline(alone, cases, name="shop", demo=False)
    )
    assert "Nothing of shop is measured" in str(
        shown.headline(nothing, CASES.frame(), name="shop", demo=False)
    )


def test_too_few_seed_cases_leave_bands_missing_and_never_0(measured: Measured, cases: pd.DataFrame) -> None:
    few = built(measured.measures.assign(band=None), cases)

    assert "Far or off the map</dt><dd>—" in shown.headline(few, cases, name="shop", demo=False).html
    assert "too small to tell near from far" in str(shown.bands_chart(few))
    assert ["seed", "0", "—", "—", "—", "—", "20"] in [
        line.split() for line in str(shown.bands(few)).splitlines()
    ]
    assert "No case is known to be far." in str(shown.farthest(few, cases))


def test_alarms_stand_out_and_notes_follow(measured: Measured, cases: pd.DataFrame) -> None:
    both = built(
        measured.measures, cases, "9 of 9 synthetic cases are far", "1 case of the holdout not touched"
    )
    said = shown.notes(both, alarms=["9 of 9 synthetic cases are far"])

    assert str(said) == "9 of 9 synthetic cases are far.\n1 case of the holdout not touched."
    assert said.html.count("wb-warning") == 1
    assert str(shown.notes(measured, alarms=[])) == "Every case is measured."


def test_the_map_draws_the_seed_first_and_what_is_far_hollow(
    found: Map, measured: Measured, cases: pd.DataFrame
) -> None:
    chart = shown.map_chart(found, measured, cases)
    assert isinstance(chart, charts.Chart)
    points = drawn(chart)

    assert [row["bucket"] for row in points[:20]] == ["seed"] * 20
    assert [row["case_id"] for row in points if row["hollow"]] == ["p2"]
    assert set(points[0]) == {
        "case_id",
        "bucket",
        "kind",
        "cosine_to_seed",
        "cell",
        "text",
        "hollow",
        "x",
        "y",
    }
    assert chart.summary == (
        "24 cases: seed 20, prompted 3, mutation 1. 1 that are far or off the map are hollow. The axes have no unit."
    )
    shapes = chart.spec["layer"][0]["encoding"]["shape"]["scale"]
    assert shapes["domain"] == ["seed", "prompted", "mutation"]
    assert len(set(shapes["range"])) == 3


def test_the_map_tells_the_beginning_of_a_text(found: Map, measured: Measured, cases: pd.DataFrame) -> None:
    long = [{"role": "user", "text": "I want my money back.\n" * 40}]
    told = cases.assign(
        turns=[
            long if case == "p1" else turns
            for case, turns in zip(cases["case_id"], cases["turns"], strict=True)
        ]
    )
    (text,) = [row["text"] for row in drawn(shown.map_chart(found, measured, told)) if row["case_id"] == "p1"]

    assert len(text) <= places.BEGINNING + 1
    assert text.startswith("I want my money back. I want")
    assert text.endswith("…")


def test_a_map_of_too_many_cases_keeps_the_seed_and_says_how_many_are_drawn(
    found: Map, measured: Measured, cases: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = dataclasses.replace(found, places=found.places[18:])
    monkeypatch.setattr(places, "MOST_POINTS", 4)
    chart = shown.map_chart(few, measured, cases)

    assert {row["case_id"] for row in drawn(chart)[:2]} == {"s18", "s19"}
    assert len(drawn(chart)) == 4
    assert "6 cases: prompted 3, seed 2, mutation 1. 4 of them are drawn" in str(chart)


def test_without_a_map_its_reason_stands_there(measured: Measured, cases: pd.DataFrame) -> None:
    none = Map(pd.DataFrame({"case_id": [], "x": [], "y": []}), None, 3, "The seed has 3 different texts.")

    assert str(shown.map_chart(none, measured, cases)) == "The seed has 3 different texts."
    assert "Trustworthiness" not in str(shown.map_note(none))


def test_the_note_says_what_the_picture_cannot_show_and_how_far_it_is_trusted(found: Map) -> None:
    note = str(shown.map_note(found))

    assert note.startswith("Distances are measured in the embedding, not on this picture")
    assert "Trustworthiness 0.88 over 20 seed texts" in note


def test_the_distances_add_up_and_their_lines_are_those_of_the_bands(
    measured: Measured, cases: pd.DataFrame
) -> None:
    chart = shown.distance_chart(measured, cases, edges=edges(measured.seed_distances))
    assert isinstance(chart, charts.Chart)
    bars = [row for row in drawn(chart) if "share" in row]
    lines = {row["line"]: round(row["at"], 2) for row in drawn(chart) if "line" in row}

    assert sum(row["cases"] for row in bars) == 24
    assert sum(row["share"] for row in bars if row["bucket"] == "prompted") == pytest.approx(1)
    assert lines == {"← off the map": 0.4, "← far": 0.4, "near →": 0.78, "duplicate →": 0.92}
    assert "seed 0.59, prompted 0.55" in chart.summary


def test_the_bands_of_each_bucket_add_up(measured: Measured) -> None:
    chart = shown.bands_chart(measured)
    assert isinstance(chart, charts.Chart)
    lines = [line.split() for line in str(shown.bands(measured)).splitlines()]

    assert "prompted: duplicate 33.3%, like the seed 33.3%, off the map 33.3%" in chart.summary
    assert ["prompted", "1", "0", "1", "0", "1", "3"] in lines
    assert ["seed", "0", "0", "20", "0", "0", "20"] in lines


def test_pairs_with_a_candidate_come_first_with_both_texts(measured: Measured, cases: pd.DataFrame) -> None:
    text = str(shown.duplicates(measured, cases))
    rows = [line.split()[:2] for line in text.splitlines()[2:6]]

    assert rows == [["0.950", "this"], ["repeats", "my"], ["0.930", "this"], ["repeats", "my"]]
    assert "Hello, I would like a refund for order 0." in text
    assert "my order 0 has not come, where is it????" in text
    assert "2 pairs flagged, 1 inside the seed; 2 shown" in text


def test_repetition_is_shown_beside_the_seeds_own(measured: Measured) -> None:
    lines = [line.split() for line in str(shown.flagged(measured)).splitlines()]

    assert ["prompted", "3", "1", "33.3%", "5.0%"] in lines
    assert ["seed", "20", "1", "5.0%", "5.0%"] in lines


def test_the_farthest_stand_beside_their_nearest_seed(measured: Measured, cases: pd.DataFrame) -> None:
    text = str(shown.farthest(measured, cases))

    assert [line.split()[:2] for line in text.splitlines()[2:3]] == [["0.200", "off"]]
    assert "my order 0 has not come" in text
    assert "1 case far or off the map; 1 shown" in text


def test_nothing_measured_is_said_and_breaks_nothing() -> None:
    none = built(MEASURES.frame(), CASES.frame())
    map_ = Map(pd.DataFrame({"case_id": [], "x": [], "y": []}), None, 0, "The seed has 0 different texts.")

    assert "No case has a distance" in str(
        shown.distance_chart(none, CASES.frame(), edges={"duplicate": 0.92})
    )
    for table in (
        shown.bands(none),
        shown.duplicates(none, CASES.frame()),
        shown.flagged(none),
        shown.farthest(none, CASES.frame()),
    ):
        assert "No rows." in str(table)
    assert must_hold(shown.claims(none, map_, CASES.frame(), at_least=measure.DUPLICATE))


def test_its_claims_hold(measured: Measured, found: Map, cases: pd.DataFrame) -> None:
    assert must_hold(shown.claims(measured, found, cases, at_least=measure.DUPLICATE))


Parts = dict[str, Any]


def _measures(parts: Parts, measures: pd.DataFrame) -> None:
    parts["measured"] = dataclasses.replace(parts["measured"], measures=measures)


def _set(parts: Parts, of: str, /, **values: object) -> None:
    measures = parts["measured"].measures.copy()
    place = measures["case_id"] == of
    for name, value in values.items():
        measures.loc[place, name] = value
    _measures(parts, measures)


def _pair(parts: Parts, case_id: str, other: str, cosine: float = 0.95) -> None:
    row = pd.DataFrame([{"case_id": case_id, "duplicate_of": other, "cosine": cosine}])
    pairs = pd.concat([parts["measured"].pairs, row], ignore_index=True)
    parts["measured"] = dataclasses.replace(parts["measured"], pairs=pairs)


def _bands(parts: Parts) -> None:
    parts["measured"] = dataclasses.replace(parts["measured"], bands=parts["measured"].bands.iloc[3:])


def _places(parts: Parts, frame: pd.DataFrame) -> None:
    parts["found"] = dataclasses.replace(parts["found"], places=frame)


ONCE = "every case outside the holdout with text is measured once"
RESTS = "no case of the holdout is measured or drawn"
KIN = "no case is a duplicate of itself, its parent or its child"
COSINE = "every flagged pair has a cosine of at least 0.92"
SUMS = "the bands of each bucket add up to its cases that have one"
PLACE = "the map has every measured case once, or says why not"

BROKEN: dict[str, tuple[Callable[[Parts], None], str]] = {
    "a case that is not measured": (lambda p: _measures(p, p["measured"].measures[:-1]), ONCE),
    "a case measured twice": (lambda p: _measures(p, pd.concat([p["measured"].measures] * 2)), ONCE),
    "a measured stub": (lambda p: _set(p, "p2", case_id="stub"), ONCE),
    "a measured case of the holdout": (lambda p: _set(p, "p2", case_id="s99"), RESTS),
    "a nearest seed of the holdout": (lambda p: _set(p, "p2", nearest_seed_id="s99"), RESTS),
    "a duplicate of the holdout": (lambda p: _pair(p, "p2", "s99"), RESTS),
    "a drawn case of the holdout": (lambda p: _places(p, p["found"].places.assign(case_id="s99")), RESTS),
    "a mutant that repeats its parent": (lambda p: _pair(p, "m0", "s00"), KIN),
    "a parent that repeats its mutant": (lambda p: _set(p, "s00", duplicate_of="m0", duplicate_cosine=0.97), KIN),
    "a case that repeats itself": (lambda p: _pair(p, "p1", "p1"), KIN),
    "a pair below the threshold": (lambda p: _pair(p, "p1", "p2", 0.91), COSINE),
    "a pair without a cosine": (lambda p: _pair(p, "p1", "p2", float("nan")), COSINE),
    "a flag below the threshold": (lambda p: _set(p, "p0", duplicate_cosine=0.919), COSINE),
    "bands that lack a row": (_bands, SUMS),
    "a case without its band": (lambda p: _set(p, "p1", band=None), SUMS),
    "a case without a place": (lambda p: _places(p, p["found"].places[:-1]), PLACE),
    "a case with two places": (lambda p: _places(p, pd.concat([p["found"].places] * 2)), PLACE),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "claim"), BROKEN.values(), ids=BROKEN)
def test_a_claim_fails_when_it_is_broken(
    break_it: Callable[[Parts], None], claim: str, measured: Measured, found: Map, cases: pd.DataFrame
) -> None:
    parts: Parts = {"measured": measured, "found": found}
    break_it(parts)

    assert shown.claims(parts["measured"], parts["found"], cases, at_least=measure.DUPLICATE)[claim] is False


def test_hostile_texts_are_shown_as_text_in_tooltips_and_tables(
    new_case: Callable[..., dict[str, Any]],
) -> None:
    seed = [new_case(f"s{n:03}", text) for n, text in enumerate(STRINGS)]
    made = {"bucket": "prompted", "tag": "synth-x"}
    batch = [
        new_case(f"p{n:03}", text, cell=text.replace("\0", "")[:300], **made)
        for n, text in enumerate(STRINGS)
    ]
    cases = CASES.frame([*seed, *batch])
    rows = [
        {
            "case_id": name, "embedder": "small", "reference_sha256": "a" * 64, "windows": 1, "nearest_seed_id": "s000",
            "cosine_to_seed": 0.1, "band": "off_map" if name[0] == "p" else "like",
            "duplicate_of": name.replace("p", "s") if name[0] == "p" else None,
            "duplicate_cosine": 0.95 if name[0] == "p" else None,
        }
        for name in cases["case_id"]
    ]  # fmt: skip
    told = built(MEASURES.frame(rows), cases)
    chart = shown.map_chart(Map(cases[["case_id"]].assign(x=1.0, y=2.0), 0.9, 120), told, cases)
    assert isinstance(chart, charts.Chart)
    tables = [
        shown.duplicates(told, cases),
        shown.farthest(told, cases),
        shown.headline(told, cases, name="shop", demo=False),
    ]

    assert alive(tables) == []
    assert "\u202e" not in json.dumps(chart.spec, ensure_ascii=False)
    tooltip = chart.spec["layer"][0]["encoding"]["tooltip"]
    assert {part["field"] for part in tooltip} == set(places.TOLD)


@pytest.fixture
def shop(tmp_path: Path, command: Callable[..., Any]) -> Path:
    """The demo's seed with a few candidates, one of which repeats another."""
    folder = tmp_path / "shop"
    command("init", str(folder))
    (folder / "workbench.toml").write_bytes((DEMO / "workbench.toml").read_bytes())
    (folder / "rubric.toml").write_bytes((DEMO / "rubric.toml").read_bytes())
    command("-w", str(folder), "import", "seed", str(DEMO / "seed.jsonl"))
    said = ["Hello, I would like a refund for my lamp, it came two days late.",
            "Hello, I would like a refund for my lamp; it came two days late!",
            "Write me a poem about pirates."]  # fmt: skip
    lines = [
        json.dumps({"case_id": f"p{n}", "turns": [{"role": "user", "text": text}]})
        for n, text in enumerate(said)
    ]
    (folder / "batch.jsonl").write_text("\n".join(lines), "utf-8")
    command(
        "-w",
        str(folder),
        "import",
        "cases",
        str(folder / "batch.jsonl"),
        "--bucket",
        "prompted",
        "--generator",
        "demo",
    )
    return folder


def test_the_distance_map_runs_on_the_demo(shop: Path) -> None:
    done = run(find_notebook("04_distance_map"), {"workspace": "."}, output_dir=shop / "reports", cwd=shop)
    page = done.html.read_text("utf-8")
    outputs = [
        out for cell in nbformat.read(done.notebook, as_version=4).cells for out in cell.get("outputs", [])
    ]

    assert "DEMO." in page
    assert "3 cases of shop measured against 184 of its seed." in page
    assert page.count('class="wb-plot"') == 3
    assert "Trustworthiness 0." in page
    assert PLACE in page
    assert str(shop) not in page
    assert list((shop / "cache").glob("map-*.json"))
    assert not [out for out in outputs if out.output_type == "stream" and "arning" in out.text]
