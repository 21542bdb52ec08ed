"""What notebook 06 shows of a set before it is frozen, and what fails it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest
from hostile import STRINGS, alive

from workbench import workspace as workspaces
from workbench.chain import linked
from workbench.evalset import Plan, freeze, history, plan
from workbench.report import evalset as shown
from workbench.report import must_hold
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.workspace import Workspace

MADE = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}


@pytest.fixture
def shop(
    workspace: Workspace, new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> Workspace:
    """Sixty real cases; of 20 candidates 15 are kept, 4 rejected and 1 waits; and one frozen set."""
    rows = [new_case(f"s-{n:02d}", f"parcel {n} is late, what now") for n in range(60)]
    rows += [new_case(f"p-{n:02d}", f"parcel {n} is LATE", cell="angry/delay", **MADE) for n in range(20)]
    workspace.store.append(CASES, rows)
    events = ["keep"] * 15 + ["reject"] * 4
    told = [new_event(n + 1, f"p-{n:02d}", event) for n, event in enumerate(events)]
    workspace.store.append(REVIEWS, linked(workspace.reviews, told))
    freeze(workspace, "launch", mix="mature")
    return workspace


@pytest.fixture
def bare(tmp_path: Path) -> Plan:
    """The plan of a workspace with nothing in it."""
    with workspaces.init(tmp_path / "bare") as made:
        return plan(made)


def words(part: object, first: str) -> list[str]:
    """The words of the first line of a table that begins with a word."""
    return next(line.split() for line in str(part).splitlines() if line.split()[:1] == [first])


def test_the_headline_counts_what_would_be_frozen(shop: Workspace) -> None:
    head = shown.headline(plan(shop), name="shop", demo=False)

    assert str(head).startswith("Frozen now, a set of shop would hold 75 cases")
    for fact in ("Real roots</dt><dd>60", "Synthetic</dt><dd>15", "Golden</dt><dd>0", "Red team</dt><dd>0"):
        assert fact in head.html


def test_a_demo_says_so_first(shop: Workspace) -> None:
    assert str(shown.headline(plan(shop), name="shop", demo=True)).startswith("DEMO.")


def test_a_seed_under_the_floor_is_named_first(shop: Workspace) -> None:
    (shop.root / "workbench.toml").write_text("[gate]\nfloor_roots = 61\n", "utf-8")
    shop.__dict__.pop("settings", None)

    assert str(shown.headline(plan(shop), name="shop", demo=False)).startswith(
        "60 real roots against a floor of 61: every swap on this set would be refused."
    )


@pytest.mark.parametrize(("mix", "named"), [("mature", True), ("50/25/25", False), ("70/30", True)])
def test_a_red_team_above_its_share_is_named(
    shop: Workspace, new_case: Callable[..., dict[str, Any]], mix: str, named: bool
) -> None:
    """Fifteen of 90 are 16.7 %: more than the 10 % of one mix, and than the 0 % of another."""
    red = {"bucket": "redteam", "tag": "red-false_premise", "generator_family": "human"}
    shop.store.append(
        CASES, [new_case(f"r-{n}", f"order {n} never existed, refund it", **red) for n in range(15)]
    )

    assert ("The red team is 16.7% of the cases" in str(shown.headline(plan(shop, mix), name="shop", demo=False))) is named  # fmt: skip


def test_the_composition_stands_against_the_mix(shop: Workspace) -> None:
    chart, table = shown.composition_chart(plan(shop)), shown.composition(plan(shop))

    assert "seed 80.0% of 30.0%, mutation 0.0% of 35.0%, persona + prompted 20.0% of 20.0%" in str(chart)
    assert words(table, "seed") == ["seed", "60", "80.0%", "30.0%", "0"]
    assert words(table, "persona") == ["persona", "+", "prompted", "15", "20.0%", "20.0%", "25"]
    assert "Short until the mix mature holds with no case dropped, in a set of 200: 125 cases." in str(table)


def test_cases_that_the_mix_does_not_name_are_told(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    shop.store.append(CASES, [new_case("g-1", "the lamp is cracked", bucket="golden", tag="golden")])
    table = str(shown.composition(plan(shop, "70/30")))

    assert "Of buckets that the mix does not name, and in the set all the same: 1 case." in table


def test_the_chart_and_the_table_say_how_far_the_seed_carries(shop: Workspace) -> None:
    assert "70/30 200, mature 200, 50/25/25 120" in str(shown.carried_chart(plan(shop)))
    assert words(shown.carried(plan(shop)), "mature") == ["mature", "30.0%", "200", "200", "300"]
    assert "mature ends at 200 cases" in str(shown.carried(plan(shop)))


def test_a_mix_without_seed_has_no_limit_and_says_so(shop: Workspace) -> None:
    (shop.root / "workbench.toml").write_text("[mix.probes]\nredteam = 1.0\n", "utf-8")
    shop.__dict__.pop("settings", None)

    assert words(shown.carried(plan(shop)), "probes") == ["probes", "0.0%", "—", "—", "—"]
    assert "A mix without a share for the seed has no limit, and cannot ship a model." in str(
        shown.carried(plan(shop))
    )
    assert "probes" not in str(shown.carried_chart(plan(shop)))


def test_what_is_short_has_its_candidates_and_its_price(shop: Workspace) -> None:
    """Fifteen of 19 are 79 %, and their lower limit 57 %: 25 kept take 45 candidates."""
    table = shown.candidates(plan(shop))

    assert words(shown.needs(plan(shop)), "persona")[3:] == ["20.0%", "40", "15", "25", "0"]
    assert words(table, "persona")[3:] == [
        "25", "56.7%", "15", "of", "19", "kept", "45", "1", "44", "$45.44", "to", "$71.02",
    ]  # fmt: skip
    assert words(table, "mutation")[3:9] == ["15", "of", "19", "kept,", "all", "techniques"]


def test_before_any_review_the_reckoning_says_so(shop: Workspace) -> None:
    drawn = plan(shop)
    fresh = drawn.needs.assign(survival=0.65, measured_on="nothing", kept=0, reviewed=0)

    assert "no review that counts" in str(shown.candidates(dataclasses.replace(drawn, needs=fresh)))


def test_a_technique_of_which_nothing_was_kept_has_no_price(shop: Workspace) -> None:
    drawn = plan(shop)
    lost = drawn.needs.assign(
        to_review=drawn.needs["to_review"].where(drawn.needs["part"] != "mutation"),
        low_usd=drawn.needs["low_usd"].where(drawn.needs["part"] != "mutation"),
    )
    table = shown.candidates(dataclasses.replace(drawn, needs=lost))

    assert words(table, "mutation")[-1] == "—"
    assert (
        "Of the reviewed candidates that mutation is reckoned from none was kept, so what it takes is not known."
        in str(table)
    )


def test_more_than_the_size_has_room_for_is_told(shop: Workspace) -> None:
    table = str(shown.needs(plan(shop, total=50)))

    assert (
        "This size has no room for 45 of seed, 5 of persona + prompted. No case is dropped; a larger set has it."
        in table
    )


def test_the_weights_stand_beside_those_as_found(shop: Workspace) -> None:
    table = shown.weights(plan(shop))

    assert words(table, "real") == ["real", "60", "80.0%", "35.3%"]
    assert words(table, "synthetic") == ["synthetic", "15", "20.0%", "64.7%"]


def test_what_the_set_can_decide_names_its_limits(shop: Workspace) -> None:
    table = str(shown.decides(plan(shop)))

    assert "Reckoned with 60 real roots, a margin of 3 points and alpha 0.05" in table
    assert "Under 125 real roots only a candidate that gains more than it loses can ship" in table
    assert [line.split()[0] for line in table.splitlines()[2:5]] == ["0.0", "−5.0", "−12.0"]


def test_candidates_without_a_label_are_counted_by_cell(shop: Workspace) -> None:
    table = str(shown.unlabelled(plan(shop)))

    assert words(table, "angry/delay")[1:6] == ["15", "15", "p-00,", "p-01,", "p-02"]
    assert "Without an expected outcome: 15 of 15 kept candidates." in table


def test_what_a_model_claims_of_its_own_cases_is_counted_as_no_label(
    shop: Workspace, new_label: Callable[..., dict[str, Any]]
) -> None:
    own = [new_label(f"p-{n:02d}", kind="claimed", author=None) for n in range(15)]
    shop.store.append(LABELS, [*own, new_label("p-00")])
    table = str(shown.unlabelled(plan(shop)))

    assert "Without an expected outcome: 14 of 15 kept candidates." in table
    assert "what only the model claims that wrote the case counts as none" in table


def test_only_cells_that_lack_a_label_are_listed(shop: Workspace) -> None:
    told = plan(shop)
    labelled = told.unlabelled.assign(without_label=0, cell="new/delay")
    some = dataclasses.replace(told, unlabelled=pd.concat([told.unlabelled, labelled]))

    assert "new/delay" not in str(shown.unlabelled(some))
    assert "Without an expected outcome: 15 of 30 kept candidates." in str(shown.unlabelled(some))
    assert (
        str(shown.unlabelled(dataclasses.replace(told, unlabelled=labelled)))
        == "No kept candidate lacks a label; 15 candidates looked at."
    )


def test_frozen_sets_are_shown_with_their_files(shop: Workspace) -> None:
    table = shown.history(history(shop))

    assert words(table, "launch")[1:3] == ["1", "75"]
    assert words(table, "launch")[-1] == "match"


def test_with_nothing_there_every_part_says_so_in_a_sentence(bare: Plan, workspace: Workspace) -> None:
    drawn = [
        shown.headline(bare, name="bare", demo=False), shown.composition_chart(bare), shown.weights(bare),
        shown.carried_chart(bare), shown.needs(bare), shown.candidates(bare), shown.decides(bare),
        shown.unlabelled(bare), shown.history(history(workspace)),
    ]  # fmt: skip

    assert "Nothing of bare would be frozen now: import a seed first" in str(drawn[0])
    assert [str(part) for part in drawn[1:]] == [
        "No case would be frozen, so there is no composition to draw.",
        "No case that could be weighed would be frozen, so the mixed estimate has no weights.",
        "The seed has no case of eval, so it carries no mix.",
        "There is no size to plan for: the seed has no case of eval. Import one, or set total.",
        "Without a size no candidate is asked for.",
        "Without a real case nothing can be decided: every swap would be refused.",
        "No candidate would be frozen, so none lacks a label.",
        "No set is frozen yet.",
    ]
    assert words(shown.composition(bare), "seed") == ["seed", "0", "—", "30.0%", "0"]


# What must hold


class Shown(NamedTuple):
    """What the claims look at."""

    plan: Plan
    history: pd.DataFrame
    cases: pd.DataFrame
    reviews: pd.DataFrame

    def claims(self) -> dict[str, bool]:
        """What must hold of it."""
        return shown.claims(self.plan, self.history, cases=self.cases, reviews=self.reviews)

    def changed(self, name: str, frame: pd.DataFrame) -> Shown:
        """The same with another frame in the plan."""
        return self._replace(plan=dataclasses.replace(self.plan, **{name: frame}))


@pytest.fixture
def seen(shop: Workspace) -> Shown:
    return Shown(plan(shop), history(shop), shop.cases, shop.reviews)


def test_its_claims_hold(seen: Shown, bare: Plan) -> None:
    assert must_hold(seen.claims())
    assert must_hold(Shown(bare, seen.history[:0], seen.cases[:0], seen.reviews[:0]).claims())


BROKEN: dict[str, tuple[Callable[[Shown], Shown], str]] = {
    "a model that nobody names": (lambda s: s._replace(cases=s.cases.assign(generator_family=None)), "every synthetic case of the set says which family wrote it"),
    "a case of another set": (lambda s: s._replace(cases=s.cases[s.cases["case_id"] != "p-00"]), "every synthetic case of the set says which family wrote it"),
    "a case of train": (lambda s: s.changed("members", s.plan.members.assign(split="train")), "every case of the set is of the eval split"),
    "a decision that was taken back": (lambda s: s._replace(reviews=s.reviews.iloc[1:]), "nothing rejected, revised or unreviewed is in the set"),
    "a rejection since": (lambda s: s._replace(reviews=s.reviews.assign(event="reject")), "nothing rejected, revised or unreviewed is in the set"),
    "a case that was left out": (lambda s: s.changed("members", s.plan.members.iloc[1:]), "every case that qualifies is in the set, once"),
    "a part that was lost": (lambda s: s.changed("parts", s.plan.parts.iloc[1:]), "the parts of the mix add up to the set"),
    "a wanted case too few": (lambda s: s.changed("needs", s.plan.needs.iloc[1:]), "the wanted cases add up to the size that is planned for"),
    "weights of 1.1": (lambda s: s._replace(plan=dataclasses.replace(s.plan, weights={"real": 1.1})), "the weights of the mixed estimate add up to 1"),
    "a row that was changed": (lambda s: s._replace(history=s.history.assign(intact=False)), "every frozen set has the hash of its content"),
    "a file that was changed": (lambda s: s._replace(history=s.history.assign(files="differ")), "the files of every frozen set match their hash"),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "claim"), BROKEN.values(), ids=BROKEN)
def test_a_claim_fails_when_it_is_broken(break_it: Callable[[Shown], Shown], claim: str, seen: Shown) -> None:
    assert break_it(seen).claims()[claim] is False


def test_a_kept_case_that_names_no_generator_fails_its_claim(
    shop: Workspace, new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> None:
    """A swap on such a set is refused; no column of the store forbids it."""
    shop.store.append(CASES, [new_case("x-1", "where is parcel 1", bucket="prompted", tag="synth-angry")])
    kept = new_event(len(shop.reviews) + 1, "x-1", "keep")
    shop.store.append(REVIEWS, linked(shop.reviews, [kept]))
    told = shown.claims(plan(shop), history(shop), cases=shop.cases, reviews=shop.reviews)

    assert [claim for claim, holds in told.items() if not holds] == [
        "every synthetic case of the set says which family wrote it"
    ]


def test_hostile_names_cells_and_mixes_are_shown_as_text(
    shop: Workspace, new_case: Callable[..., dict[str, Any]], new_event: Callable[..., dict[str, Any]]
) -> None:
    texts = [text[:300] for text in STRINGS if "\0" not in text]
    shop.store.append(CASES, [new_case(f"h-{n}", cell=text, **MADE) for n, text in enumerate(texts)])
    start = len(shop.reviews) + 1
    shop.store.append(REVIEWS, [new_event(start + n, f"h-{n}", "keep") for n in range(len(texts))])
    drawn = plan(shop)
    carried = drawn.carried.assign(mix=[*texts[:2], "mature"])
    odd = dataclasses.replace(drawn, mix=texts[0], carried=carried)
    parts = [
        shown.headline(odd, name=texts[0], demo=False), shown.unlabelled(odd), shown.composition(odd),
        shown.carried(odd), shown.needs(odd), shown.weights(odd),
    ]  # fmt: skip

    assert alive(parts) == []


# The notebook


def test_the_notebook_runs_on_the_demos_seed_alone(demo_seed: Path, page: Callable[..., str]) -> None:
    html = page("06_eval_set", demo_seed)

    assert "DEMO." in html
    assert html.count('class="wb-plot"') == 2
    assert "no review that counts" in html
    assert "No set is frozen yet." in html


def test_the_notebook_runs_with_candidates_and_a_frozen_set(
    shop: Workspace, page: Callable[..., str]
) -> None:
    html = page("06_eval_set", shop.root, mix="70/30", total="500")

    assert "What a set of 500 cases lacks of the mix 70/30" in html
    assert "15 of 19 kept" in html
    assert "the files of every frozen set match their hash" in html


def test_the_notebook_runs_without_anything(workspace: Workspace, page: Callable[..., str]) -> None:
    html = page("06_eval_set", workspace.root)

    assert "Nothing of shop would be frozen now: import a seed first" in html
    assert "every case that qualifies is in the set, once" in html
