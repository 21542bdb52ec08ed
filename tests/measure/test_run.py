"""A workspace is measured once, the holdout never."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from workbench.measure import measure, stored
from workbench.tables import CASES, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.measure import Measured
    from workbench.workspace import Workspace

DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
SEED = [(f"s{number:02}", f"at {number * 4}") for number in range(20)]
"""Twenty seed cases, four degrees apart."""


@pytest.fixture
def measured(workspace: Workspace, plane: list[str], add: Callable[..., None]) -> Measured:
    """A seed of twenty, with a mutant and its sibling, and three candidates."""
    del plane
    add(*SEED)
    add(("m1", "at 1"), ("m2", "at 1.5"), bucket="mutation", parent_ids=["s00"], created_at=DAY)
    add(("copy", "at 70"), ("new", "at 130"), ("odd", "at 200"), bucket="prompted", created_at=DAY)
    return measure(workspace)


def test_each_case_has_its_nearest_seed_and_its_rank(measured: Measured) -> None:
    found = measured.measures.set_index("case_id")

    assert found.loc["m1", "nearest_seed_id"] == "s00"
    assert found.loc["copy", "cosine_to_seed"] == pytest.approx(0.999391)
    assert found.loc["s03", "nearest_seed_id"] == "s02"
    assert found.loc["odd", ["p_near", "p_far"]].tolist() == [1, 1 / 21]
    assert found["windows"].tolist() == [1] * 25
    assert measured.seed_distances.index.tolist() == [name for name, _ in SEED]


def test_mutants_repeat_their_siblings_and_other_seed_cases_and_never_their_parents(
    measured: Measured,
) -> None:
    """s00, at 0, keeps what lies within 23 degrees of it; m1, at 1, descends from it and not from s01."""
    found = measured.measures.set_index("case_id")["duplicate_of"]

    assert found["s05"] == "s00"
    assert found["m1"] == "s06"
    assert found["m2"] == "s06"
    assert "s00" not in set(found[["m1", "m2"]])


def test_a_lone_mutant_near_its_parent_is_near_and_no_duplicate(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    del plane
    add(*((f"s{number:02}", f"at {number * 24 + number}") for number in range(12)))
    add(*((f"t{number:02}", f"at {number * 24 + number}.1") for number in range(1, 8)))
    add(("m", "at 0.01"), bucket="mutation", parent_ids=["s00"], created_at=DAY)
    found = measure(workspace).measures.set_index("case_id")

    assert found.loc["m", "band"] == "near"
    assert pd.isna(found.loc["m", "duplicate_of"])
    assert found.loc[["s01", "t01"], "band"].tolist() == ["duplicate", "duplicate"]
    assert found.loc["t01", "duplicate_of"] == "s01"


def test_what_is_flagged_stays_in_the_table_with_its_cosine(measured: Measured) -> None:
    flagged = measured.measures.dropna(subset="duplicate_of")

    assert len(measured.measures) == 25
    assert (flagged["duplicate_cosine"] >= 0.92).all()
    assert measured.pairs["case_id"].tolist() == flagged["case_id"].tolist()
    assert not set(measured.pairs["case_id"]) & set(measured.pairs["duplicate_of"])


def test_the_holdout_is_not_even_embedded(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    add(*SEED)
    add(("h", "at 91"), split="holdout")
    add(("mh", "at 92"), bucket="mutation", parent_ids=["h"], split="holdout")
    add(("c", "at 93"), bucket="prompted")
    found = measure(workspace)

    assert not {"at 91", "at 92"} & set(plane)
    assert not {"h", "mh"} & {*found.measures["case_id"], *found.measures["nearest_seed_id"]}
    assert "2 cases of the holdout not touched" in found.notes


def test_a_second_time_reads_the_store_and_a_new_case_is_measured(
    measured: Measured, workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    embedded = len(plane)
    again = measure(workspace)

    assert len(plane) == embedded
    pd.testing.assert_frame_equal(again.measures, measured.measures)
    pd.testing.assert_frame_equal(again.pairs, measured.pairs)
    pd.testing.assert_series_equal(again.seed_distances, measured.seed_distances)
    assert (again.reference_sha256, again.notes, str(again)) == (
        measured.reference_sha256,
        measured.notes,
        str(measured),
    )

    add(("more", "at 150"), bucket="prompted", created_at=DAY)
    assert len(measure(workspace).measures) == 26
    assert len(workspace.store.read(MEASURES)) == 26


def test_a_longer_seed_is_another_reference_and_the_old_measures_stay(
    measured: Measured, workspace: Workspace, add: Callable[..., None]
) -> None:
    add(("s99", "at 300"))
    again = measure(workspace)

    assert again.reference_sha256 != measured.reference_sha256
    assert len(workspace.store.read(MEASURES)) == 25 + 26


def test_the_order_of_arrival_changes_nothing(
    measured: Measured, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = workspace.cases
    for seed in range(3):
        shuffled = cases.sample(frac=1, random_state=seed, ignore_index=True)
        monkeypatch.setattr(type(workspace), "cases", property(lambda _, frame=shuffled: frame))
        with workspace.store.transaction() as tx:
            tx.replace(MEASURES, MEASURES.frame(), embedder=measured.measures["embedder"][0])
        again = measure(workspace)
        pd.testing.assert_frame_equal(again.measures, measured.measures)


def test_an_empty_workspace_says_what_to_do(workspace: Workspace) -> None:
    found = measure(workspace)

    assert found.measures.empty
    assert list(found.measures) == MEASURES.names
    assert found.notes == (
        "no case has text that could be measured; import a seed with `workbench import seed FILE`",
    )


def test_stubs_and_bots_without_a_user_are_not_measured(
    workspace: Workspace, new_case: Callable[..., dict[str, object]]
) -> None:
    bot = [{"role": "assistant", "text": "Hello!"}]
    workspace.store.append(
        CASES, [new_case("stub", turns=[], content_sha256=None), new_case("bot", turns=bot)]
    )
    found = measure(workspace)

    assert found.measures.empty
    assert found.notes[-1] == "2 cases without a word of a user, such as stubs, not measured"


def test_one_seed_case_has_no_distance_and_candidates_have_theirs_without_a_band(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    del plane
    add(("s", "at 0"))
    add(("c", "at 60"), ("copy", "at 2"), bucket="prompted")
    found = measure(workspace)
    rows = found.measures.set_index("case_id")

    assert pd.isna(rows.loc["s", ["nearest_seed_id", "cosine_to_seed", "p_near", "p_far", "band"]]).all()
    assert rows.loc["c", "cosine_to_seed"] == pytest.approx(0.5)
    assert pd.isna(rows.loc["c", ["p_near", "p_far", "band"]]).all()
    assert rows.loc["copy", ["band", "duplicate_of"]].tolist() == ["duplicate", "s"]
    assert found.seed_distances.empty
    assert found.notes == (
        "1 seed case cannot tell near from far, which takes 19: only duplicates have a band",
    )


def test_candidates_without_a_seed_are_compared_with_each_other_alone(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    del plane
    add(("a", "at 0"), ("b", "at 1"), bucket="prompted")
    found = measure(workspace)

    assert found.measures["nearest_seed_id"].isna().all()
    assert found.pairs[["case_id", "duplicate_of"]].to_numpy().tolist() == [["b", "a"]]
    assert found.notes[0].startswith("there is no seed case to measure a distance to")


def test_a_batch_of_copies_is_an_alarm_in_the_summary(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    del plane
    add(*((f"s{number:02}", f"at {number * 17}") for number in range(20)))
    add(*((f"c{number:02}", f"at {number * 17}.05") for number in range(20)), bucket="prompted")
    told = str(measure(workspace))

    assert "20 of 20 synthetic cases are near the seed" in told
    assert "prompted: 20 cases (20 duplicate); 20 (100.0%) repeat an earlier case" in told


def test_what_is_stored_is_read_without_embedding_and_only_for_the_seed_as_it_is(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    add(*SEED)
    assert stored(workspace) is None
    assert not plane

    pd.testing.assert_frame_equal(measure(workspace).measures, stored(workspace))
    add(("later", "at 3"))
    assert stored(workspace) is None
