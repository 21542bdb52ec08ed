"""The questions before a set is trusted: what has not been measured is not known, and never yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.swap.self_test import Anchor, Survival, last_survival, self_test
from workbench.swap.verdict import Families
from workbench.tables import CASES, REVIEWS, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.workspace import Workspace

UP, DOWN, OPEN = "better", "worse", "unresolved"


def answers(
    *,
    untagged: tuple[str, ...] = (),
    history: list[Mapping[str, Any]] | None = None,
    families: Families | None = None,
    survival: Survival | None = None,
    anchor: Anchor | None = None,
) -> list[str]:
    """The eight answers for a set of 80 cases."""
    given = families or Families({}, ("human",), "anthropic/sonnet", "openai/gpt")
    return [
        found.answer
        for found in self_test(
            untagged=untagged,
            tags={"prod": 80 - len(untagged)},
            history=history or [],
            families=given,
            survival=survival,
            anchor=anchor,
        )
    ]


def swaps(*readings: tuple[str, str]) -> list[Mapping[str, Any]]:
    """Readings of the real and the synthetic group, one pair per swap."""
    return [{"real": real, "synthetic": synthetic} for real, synthetic in readings]


def test_what_nobody_measured_is_not_known() -> None:
    """Survival and vocabulary need a generation run and its measures."""
    assert answers() == ["yes", *["not known"] * 3, "yes", "not known", "yes", "not known"]


def test_one_case_without_a_tag_is_a_no() -> None:
    """Both times that it is asked."""
    found = answers(untagged=("p-7",))

    assert (found[0], found[6]) == ("no", "no")


def test_a_workspace_without_a_case_has_no_tags_to_speak_of() -> None:
    nobody = Families({}, (), "unknown", "unknown")

    assert self_test(untagged=(), tags={}, history=(), families=nobody)[0].answer == "not known"


@pytest.mark.parametrize(
    ("history", "answer"),
    [
        (swaps((UP, UP), (DOWN, DOWN), (UP, UP)), "yes"),
        (swaps((UP, UP), (DOWN, DOWN)), "not known"),
        (swaps((UP, UP), (DOWN, DOWN), (OPEN, OPEN)), "not known"),
        (swaps((UP, UP), ("equivalent", UP), (UP, UP)), "not known"),
        (swaps((UP, UP), (DOWN, UP), (OPEN, OPEN)), "no"),
        (swaps((DOWN, UP), (UP, UP), (UP, UP), (UP, UP)), "yes"),
        ([{"real": DOWN}] * 3, "not known"),
        ([], "not known"),
    ],
    ids=[
        "three together", "only two", "one open", "one without a direction", "one apart", "apart long ago",
        "no synthetic cases", "no swap",
    ],
)  # fmt: skip
def test_real_and_synthetic_move_together_when_both_were_resolved_in_three_swaps(
    history: list[Mapping[str, Any]], answer: str
) -> None:
    assert answers(history=history)[1] == answer


@pytest.mark.parametrize(
    ("generators", "judge", "answer"),
    [
        (("mistral/large",), "openai/gpt", "yes"),
        (("mistral/large",), "human", "yes"),
        (("mistral/large",), "mistral/small", "no"),
        (("openai/gpt", "mistral/large"), "mistral/large", "no"),
        (("mistral/large",), "unknown", "not known"),
        (("unknown",), "human", "not known"),
        ((), "unknown", "yes"),
        (("mistral/large",), "", "not known"),
    ],
)
def test_the_generator_is_of_another_family_than_the_grader(
    generators: tuple[str, ...], judge: str, answer: str
) -> None:
    judges = (judge,) if judge else ()
    families = Families(dict.fromkeys(generators, ("p-1",)), judges, "anthropic/sonnet", "openai/o")

    assert answers(families=families)[4] == answer


# The three of the last page


SEEDS_ROW = {"version": 1, "owner": "care team", "cases": 184, "sha256": "3f" * 32, "source": "seed.jsonl"}


def anchored(roots: int, *, imports: int = 1, owner: str | None = "care team", real: int = 184) -> Anchor:
    """An anchor of some usable roots, from some imports of this moment."""
    rows = [
        SEEDS_ROW | {"version": n + 1, "owner": owner, "created_at": pd.Timestamp.now("UTC")}
        for n in range(imports)
    ]
    return Anchor(roots, 50, {"eval": real} if real else {}, pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("anchor", "answer"),
    [(anchored(184), "yes"), (anchored(50), "yes"), (anchored(49), "no"), (anchored(0, real=0), "no"), (anchored(184, imports=0), "not known")],
    ids=["whole", "at the floor", "under it", "nothing real", "no import"],
)  # fmt: skip
def test_a_set_is_anchored_to_a_seed_that_reaches_the_floor(anchor: Anchor, answer: str) -> None:
    assert answers(anchor=anchor)[5] == answer


def test_the_anchor_is_named_with_its_owner_its_hash_and_its_age() -> None:
    families = Families({}, (), "unknown", "unknown")
    found = [
        self_test(untagged=(), tags={"prod": 184}, history=(), families=families, anchor=anchor)[5].evidence
        for anchor in (anchored(180), anchored(180, imports=5, owner=None))
    ]

    assert found[0] == (
        "seed v1 (184 cases, owner care team, sha256 3f3f3f3f3f3f, 0 days old); "
        "180 usable real roots (cases: eval 184), and 50 are asked for"
    )
    assert found[1].startswith("seed v5 (184 cases, no owner named,")
    assert "and 2 earlier imports; 180 usable real roots" in found[1]


def test_the_tags_are_told_beside_the_answer_of_the_first_question() -> None:
    tags = {"prod": 3, "synth-angry": 5, "mut-typo": 1, "golden": 1, "red-false_premise": 2}
    found = self_test(untagged=(), tags=tags, history=(), families=Families({}, (), "unknown", "unknown"))

    assert (found[6].answer, found[0].answer) == ("yes", "yes")
    assert found[6].evidence == (
        "as question 1, 12 of 12 cases: synth-angry 5, prod 3, red-false_premise 2, golden 1 and 1 more"
    )


@pytest.mark.parametrize("real", [UP, DOWN, OPEN, "equivalent", "not_worse", None])
@pytest.mark.parametrize("synthetic", [UP, DOWN, OPEN, "equivalent", None])
def test_the_last_swap_alone_never_contradicts_the_last_three(
    real: str | None, synthetic: str | None
) -> None:
    """A swap that points apart is a no twice, and three together are a yes twice."""
    last = {"real": real, "synthetic": synthetic}
    found = answers(
        history=[*swaps((UP, UP), (DOWN, DOWN)), {name: word for name, word in last.items() if word}]
    )
    both = {real, synthetic} <= {UP, DOWN}

    assert found[7] == (("yes" if real == synthetic else "no") if both else "not known")
    assert found[1] == found[7]


# Survival


@pytest.mark.parametrize(
    ("kept", "reviewed", "answer"),
    [(153, 200, "yes"), (38, 40, "no"), (21, 40, "no"), (33, 50, "not known"), (7, 10, "not known"), (8, 8, "not known"), (0, 1, "not known"), (0, 0, "not known")],
)  # fmt: skip
def test_survival_is_in_the_band_when_the_counts_can_tell(kept: int, reviewed: int, answer: str) -> None:
    assert answers(survival=Survival(200, reviewed, kept, from_run=True))[2] == answer


@pytest.mark.parametrize(
    ("survival", "evidence"),
    [
        (Survival(200, 200, 153, from_run=True), "153 of 200 reviewed candidates of the last reviewed generation run were kept (76.5 %)"),
        (Survival(50, 10, 7, from_run=True), "7 of 10 reviewed candidates of the last reviewed generation run were kept (70.0 %), 40 have no review that could be counted; too few to tell"),
        (Survival(50, 0, 0, from_run=True), "none of 50 candidates of the last generation run has a review that could be counted"),
        (Survival(50, 40, 38, from_run=False), "38 of 40 reviewed candidates here were kept (95.0 %), 10 have no review that could be counted; no generation run is recorded"),
        (None, "there is no candidate whose review could be counted"),
    ],
)  # fmt: skip
def test_the_evidence_says_what_was_counted(survival: Survival | None, evidence: str) -> None:
    families = Families({}, (), "unknown", "unknown")
    found = self_test(untagged=(), tags={"prod": 1}, history=(), families=families, survival=survival)

    assert found[2].evidence == evidence


MODEL = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}


@pytest.fixture
def shop(workspace: Workspace, new_case: Callable[..., dict[str, Any]]) -> Workspace:
    """A seed case, and twelve candidates that came with an import."""
    rows = [new_case(f"p-{n:02d}", f"third message, parcel {n} is still nowhere", **MODEL) for n in range(12)]
    workspace.store.append(CASES, [new_case("s-1"), *rows])
    return workspace


@pytest.fixture
def decide(shop: Workspace, new_event: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    """Record decisions: `decide(range(3), "keep")`."""

    def run(numbers: range, event: str, **columns: Any) -> None:
        start = len(shop.reviews) + 1
        events = [new_event(start + i, f"p-{n:02d}", event, **columns) for i, n in enumerate(numbers)]
        shop.store.append(REVIEWS, events)

    return run


@pytest.fixture
def generate(shop: Workspace, new_case: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    """Log that some of the candidates came from a run: `generate("a", range(6))`."""
    at = new_case("x")["created_at"]

    def run(name: str, numbers: range) -> None:
        slots = [{"case_id": None}, *({"case_id": f"p-{n:02d}"} for n in numbers)]
        model = {"generator_provider": "replay", "generator_model": "composed", "generator_family": "demo"}
        row = {"run_id": name * 64, "seed": 1, "slots": slots, "prompts": {}, "low_usd": 0.0, "high_usd": 0.0}
        shop.store.append(RUNS, [row | model | {"created_at": at}])

    return run


def test_the_last_run_is_asked_and_no_earlier_one(
    shop: Workspace, decide: Callable[..., None], generate: Callable[..., None]
) -> None:
    generate("a", range(6))
    generate("b", range(6, 12))
    decide(range(5), "keep")
    decide(range(6, 8), "keep")
    decide(range(8, 10), "reject")
    decide(range(10, 11), "revise")

    assert last_survival(shop.store) == Survival(6, 5, 2, from_run=True)


def test_a_later_run_that_waits_for_its_review_hides_no_reviewed_one(
    shop: Workspace, decide: Callable[..., None], generate: Callable[..., None]
) -> None:
    """Nor do slots that were left empty, which name no case."""
    generate("a", range(6))
    generate("b", range(6, 12))
    decide(range(5), "keep")

    assert last_survival(shop.store) == Survival(6, 5, 5, from_run=True)


def test_of_a_set_the_last_run_that_any_of_its_cases_came_from_is_asked(
    shop: Workspace, decide: Callable[..., None], generate: Callable[..., None]
) -> None:
    """With what the run lost: the set itself holds only what was kept."""
    generate("a", range(6))
    generate("b", range(6, 12))
    decide(range(4), "keep")
    decide(range(4, 6), "reject")

    assert last_survival(shop.store, ["s-1", "p-00", "p-01"]) == Survival(6, 6, 4, from_run=True)


def test_of_a_run_too_what_was_kept_elsewhere_is_not_counted(
    shop: Workspace, decide: Callable[..., None], generate: Callable[..., None]
) -> None:
    """As notebook 05 counts; what was decided here is."""
    generate("a", range(6))
    decide(range(4), "imported", verdict="keep", session_id="import-a")
    decide(range(4, 6), "imported", verdict="keep", session_id="reviews-a")

    assert last_survival(shop.store) == Survival(6, 2, 2, from_run=True)


def test_what_a_run_asked_for_and_never_got_is_no_candidate(
    shop: Workspace, generate: Callable[..., None]
) -> None:
    generate("a", range(9, 20))

    assert last_survival(shop.store) == Survival(3, 0, 0, from_run=True)


def test_without_a_run_the_decisions_made_here_count(shop: Workspace, decide: Callable[..., None]) -> None:
    decide(range(3), "keep")
    decide(range(3, 5), "reject")

    assert last_survival(shop.store) == Survival(12, 5, 3, from_run=False)


def test_cases_that_were_kept_elsewhere_say_nothing_about_what_was_rejected_there(
    shop: Workspace, decide: Callable[..., None]
) -> None:
    decide(range(12), "imported", verdict="keep", session_id="import-a")

    assert last_survival(shop.store) == Survival(12, 0, 0, from_run=False)


def test_a_set_without_candidates_has_no_survival(shop: Workspace, decide: Callable[..., None]) -> None:
    decide(range(12), "keep")

    assert last_survival(shop.store, ["s-1"]) == Survival(0, 0, 0, from_run=False)
