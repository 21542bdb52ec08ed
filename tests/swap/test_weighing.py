"""What stands beside the verdict on weights, chances, missing outcomes and looks."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.settings import Settings
from workbench.stats.paired import tango
from workbench.swap import bounds, chances, reach, weighing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from workbench.swap.part import Part

PARTS = {"weighing": weighing, "chances": chances, "missing_bounds": bounds, "reach": reach}

LONG_TEXT = {"real": {"p/p": 18, "p/f": 8, "f/f": 39}, "synthetic": {"p/p": 129, "f/p": 5, "f/f": 19}}


def parts_of(found: Any, *, look: int = 1, **declared: Any) -> dict[str, Part]:
    """Return the parts beside a decided swap, with some of workbench.toml."""
    swapped: Any = SimpleNamespace(
        workspace=SimpleNamespace(settings=Settings.model_validate(declared)),
        frozen=SimpleNamespace(weights=found.weights),
        frame=found.frame,
        evidence=found.evidence,
        alpha=found.alpha,
        look=look,
    )
    tx: Any = None
    return {name: module.part(tx, swapped) for name, module in PARTS.items()}


@pytest.fixture
def beside(table: Callable[..., Any], decided: Callable[..., Any]) -> Callable[..., dict[str, Part]]:
    """Decide a swap from a table as the conftest writes it, and return what stands beside it."""

    def run(
        spec: Mapping[str, Mapping[str, int]],
        *,
        cells: Mapping[str, list[str | None]] | None = None,
        per_root: Mapping[str, int] | None = None,
        weights: Mapping[str, float] | None = None,
        **declared: Any,
    ) -> dict[str, Part]:
        frame = table(spec, cases_per_root=per_root).paired()
        for column, values in (cells or {}).items():
            frame[column] = (values * len(frame))[: len(frame)]
        return parts_of(decided(frame, weights=weights), **declared)

    return run


# Weights


def test_a_preset_says_what_its_weights_make_of_the_same_outcomes(beside: Callable[..., Any]) -> None:
    found = beside({**LONG_TEXT, "golden": {"p/p": 40}, "redteam": {"p/f": 20}})["weighing"].fields
    mature = found["mixes"]["mature"]

    assert {name: round(weight, 3) for name, weight in mature["weights"].items()} == {
        "real": 0.333,
        "synthetic": 0.611,
        "golden": 0.056,
    }
    assert mature["delta_pp"] == pytest.approx(100 * (-8 / 65 / 3 + 11 / 18 * 5 / 153))
    assert found["mixes"]["70/30"]["reading"] == "unresolved"
    assert found["mixes"]["50/25/25"]["reading"] == "worse"


def test_an_owners_mix_stands_beside_the_presets(beside: Callable[..., Any]) -> None:
    ours = {"ours": {"seed": 1.0}}
    found = beside(LONG_TEXT, mix=ours)["weighing"].fields["mixes"]

    assert list(found) == ["70/30", "mature", "50/25/25", "ours"]
    assert found["ours"]["delta_pp"] == pytest.approx(-100 * 8 / 65)


def test_declared_weights_cost_effective_cases(beside: Callable[..., Any]) -> None:
    as_found = beside(LONG_TEXT)["weighing"].fields
    declared = beside(LONG_TEXT, weights={"real": 0.8, "synthetic": 0.2})["weighing"].fields

    assert as_found["effective_cases"] == pytest.approx(218)
    assert declared["effective_cases"] == pytest.approx(1 / (0.64 / 65 + 0.04 / 153))
    assert (as_found["seed_weight"], declared["seed_weight"]) == (pytest.approx(65 / 218), 0.8)


def test_the_line_at_the_declared_weight_is_the_mixed_estimate(beside: Callable[..., Any]) -> None:
    found = beside(LONG_TEXT, weights={"real": 0.3, "synthetic": 0.7})["weighing"].fields
    row = next(row for row in found["line"] if row["seed_weight"] == 0.3)

    assert [row[name] for name in ("delta_pp", "low_pp", "high_pp", "reading")] == [
        pytest.approx(found["declared"][name]) if name != "reading" else "unresolved"
        for name in ("delta_pp", "low_pp", "high_pp", "reading")
    ]


def test_where_one_group_has_all_the_weight_its_own_interval_stands(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    spec = {"real": {"p/f": 2, "p/p": 182}, "synthetic": LONG_TEXT["synthetic"]}
    seen = decided(table(spec).paired())
    line = parts_of(seen)["weighing"].fields["line"]

    for row, name in ((line[0], "synthetic"), (line[-1], "real")):
        group = seen.evidence.groups[name]
        assert (row["low_pp"], row["high_pp"], row["reading"]) == (group.low_pp, group.high_pp, group.reading)


def test_a_mix_names_the_groups_that_the_set_lacks(beside: Callable[..., Any]) -> None:
    alone = beside({"real": {"p/f": 2, "p/p": 182}})["weighing"].fields["mixes"]
    both = beside(LONG_TEXT)["weighing"].fields["mixes"]

    assert alone["70/30"]["absent"] == ["synthetic"]
    assert alone["mature"]["absent"] == ["synthetic", "golden"]
    assert both["70/30"]["absent"] == []
    assert [alone["70/30"][name] for name in ("low_pp", "high_pp")] == [
        pytest.approx(100 * end) for end in tango(2, 0, 184)
    ]


def test_a_set_without_synthetic_cases_has_no_line_and_says_why(beside: Callable[..., Any]) -> None:
    found = beside({"real": LONG_TEXT["real"]})["weighing"]

    assert found.fields["tipping"] is None
    assert found.why["tipping"] == "Fewer than 10 roots: synthetic (0)."
    assert {row["low_pp"] for row in found.fields["line"]} == {None}
    assert all(row["why"] for row in found.fields["line"])


# Shares of production

SHARES = {"late": 0.6, "damaged": 0.3, "angry/late": 0.1}


def test_cases_are_weighed_to_the_declared_shares(beside: Callable[..., Any]) -> None:
    spec = {"real": {"p/f": 10, "p/p": 30, "f/p": 10, "f/f": 10}}
    slices: list[str | None] = ["late"] * 40 + ["damaged"] * 20
    found = beside(spec, cells={"slice": slices}, shares=SHARES)["weighing"].fields["post_stratified"]

    # 10 of the 40 late ones are lost, 10 of the 20 damaged ones gained.
    assert found["delta_pp"] == pytest.approx(100 * (0.6 * -10 / 40 + 0.3 * 10 / 20) / 0.9)
    assert found["left_out"] == {"real": ["angry/late"]}
    assert (found["outside"], found["as_found"]) == ({"real": 0}, [])
    assert found["shares"] == SHARES


def test_a_group_without_a_declared_slice_or_cell_stands_as_found(beside: Callable[..., Any]) -> None:
    slices: list[str | None] = ["late"] * 65 + [None] * 153
    found = beside(LONG_TEXT, cells={"slice": slices}, shares=SHARES)["weighing"].fields
    told = found["post_stratified"]

    assert told["as_found"] == ["synthetic"]
    assert told["left_out"] == {"real": ["damaged", "angry/late"]}
    assert told["outside"] == {"real": 0, "synthetic": 153}
    assert told["delta_pp"] == pytest.approx(found["declared"]["delta_pp"])


def test_a_case_is_placed_by_its_slice_and_else_by_its_cell(beside: Callable[..., Any]) -> None:
    cells: dict[str, list[str | None]] = {
        "slice": ["late", None, "odd"],
        "cell": ["angry/late", "angry/late", None],
    }
    told = beside({"real": {"p/p": 30, "p/f": 30}}, cells=cells, shares=SHARES)["weighing"].fields[
        "post_stratified"
    ]

    assert told["left_out"] == {"real": ["damaged"]}
    assert told["outside"] == {"real": 20}


def test_without_shares_nothing_is_weighed_to_them(beside: Callable[..., Any]) -> None:
    found = beside(LONG_TEXT)["weighing"]

    assert found.fields["post_stratified"] is None
    assert found.why["post_stratified"] == "workbench.toml declares no [shares] of production"


# Chances


def test_cases_that_share_roots_count_as_fewer(beside: Callable[..., Any]) -> None:
    spec = {"real": {"p/f": 20, "p/p": 100}}
    alone = beside(spec)["chances"].fields["groups"]["real"]
    shared = beside(spec, per_root={"real": 4})["chances"].fields["groups"]["real"]

    assert alone["effective_n"] == pytest.approx(120)
    assert shared["effective_n"] < 60
    assert shared["p_worse"] < alone["p_worse"]
    assert alone["p_worse"] + alone["p_better"] == pytest.approx(1)


def test_a_group_of_few_roots_has_no_chances_and_says_why(beside: Callable[..., Any]) -> None:
    found = beside({"real": {"p/p": 60}, "golden": {"p/p": 4}})["chances"]

    assert found.fields["groups"]["golden"]["p_worse"] is None
    assert "Fewer than 10 roots (4)" in found.why["groups.golden.p_worse"]


# Missing outcomes


def test_missing_outcomes_are_bounded_from_both_sides(beside: Callable[..., Any]) -> None:
    found = beside({"real": {"p/p": 90, "p/e": 6, "e/f": 4}})["missing_bounds"].fields["real"]

    assert found["missing"] == 10
    assert (found["low_delta_pp"], found["high_delta_pp"]) == (pytest.approx(-10), 0.0)
    assert found["low_pp"] < -10
    assert found["high_pp"] > 0
    assert found["reading"] == "unresolved"


@pytest.mark.parametrize("share", [1, 3])
def test_the_lower_bound_is_the_one_that_a_ship_has_to_hold_at(
    table: Callable[..., Any], decided: Callable[..., Any], share: int
) -> None:
    spec = {"real": {"p/p": 300, "p/e": 5, "pp/pe": 3, "p/f": 4}}
    found = decided(table(spec, cases_per_root={"real": share}).paired())
    fields = parts_of(found)["missing_bounds"].fields["real"]

    assert fields["low_pp"] == found.evidence.real_worst_low_pp
    assert fields["missing"] == 8


# Looks and assumptions


def test_each_look_is_priced(beside: Callable[..., Any]) -> None:
    looks = beside({"real": {"p/f": 10, "f/p": 10, "p/p": 180}})["reach"].fields["looks"]

    assert [row["look"] for row in looks] == [1, 2, 3]
    assert [round(row["alpha"], 4) for row in looks] == [0.05, 0.0076, 0.0034]
    assert [row["smallest_n_to_ship"] for row in looks] == [125, 231, 278]
    assert looks[0]["needed_real_cases"] == 873
    assert looks[1]["needed_real_cases"] > looks[0]["needed_real_cases"]


def test_what_the_operating_characteristics_assume_is_said(beside: Callable[..., Any]) -> None:
    found = beside({"real": {"ppp/ppf": 30, "ppp/ppp": 70}})["reach"].fields["assumes"]

    assert (found["roots"], found["trials"], found["margin_pp"], found["alpha"]) == (100, 3, 3.0, 0.05)
    assert any("trials are averaged" in text for text in found["texts"])
    assert any("exact sums" in text for text in found["texts"])


def test_few_changes_give_no_chances_and_so_nothing_is_assumed(beside: Callable[..., Any]) -> None:
    found = beside({"real": {"p/f": 2, "p/p": 198}})["reach"]

    assert found.fields["assumes"] is None
    assert found.why["assumes"] == "2 discordant real pairs are too few to plan with (10 are needed)"


# Whatever the table


def _nulls(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            # A row of a list brings its own reason.
            if not (part is None and value.get("why")):
                yield from _nulls(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _nulls(part, f"{path}.{i}")
    elif value is None:
        yield path


outcomes = st.text("ppffe", min_size=1, max_size=3) | st.just("-")
counts = st.dictionaries(
    st.sampled_from(["p/p", "p/f", "f/p"]) | st.builds("{}/{}".format, outcomes, outcomes),
    st.integers(1, 30),
    max_size=4,
)


@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    spec=st.dictionaries(st.sampled_from(["real", "synthetic", "golden", "redteam"]), counts, max_size=4),
    per_root=st.dictionaries(st.sampled_from(["real", "synthetic"]), st.sampled_from([1, 3, 1000])),
    look=st.integers(1, 4),
    shared=st.booleans(),
)
def test_any_table_has_parts_without_nan_and_a_reason_for_every_null(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    look: int,
    shared: bool,
) -> None:
    frame: pd.DataFrame = table({"real": {}} | spec, cases_per_root=per_root).paired()
    frame["slice"] = (["late", "damaged", None] * len(frame))[: len(frame)]
    found = decided(frame, look=look)
    for name, part in parts_of(found, look=look, shares=SHARES if shared else {}).items():
        fields = dict(part.fields)

        assert json.loads(json.dumps(fields, allow_nan=False)) == fields, name
        assert set(_nulls(fields)) <= set(part.why), name
        assert all(part.why.values())
