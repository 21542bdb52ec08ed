"""Each notebook's last cell fails when a table that one of its claims is about is broken.

The cells are the shipped ones, run in this process on the demo's workspace, so that a claim is given
what its notebook gives it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest

from workbench import report
from workbench.errors import ReportError
from workbench.report import find_notebook

if TYPE_CHECKING:
    from pathlib import Path

Names = Mapping[str, Any]
Break = Callable[[Names], dict[str, Any]]
"""From what a notebook's cells made, what the last cell is given instead."""


class Notebook(NamedTuple):
    """What a notebook's cells made, all but the last, and the last."""

    names: dict[str, Any]
    last: str

    def claimed(self, monkeypatch: pytest.MonkeyPatch, **broken: Any) -> dict[str, bool]:
        """Run the last cell, with some names broken, and return what it claimed.

        Raises:
            ReportError: A claim is false.
        """
        seen: dict[str, bool] = {}
        must_hold = report.must_hold
        monkeypatch.setattr(report, "must_hold", lambda claims: (seen.update(claims), must_hold(claims)))
        exec(self.last, {**self.names, **broken})  # noqa: S102 - a cell of our own
        return seen


class Instead:
    """A workspace with another table."""

    def __init__(self, shop: Any, **tables: pd.DataFrame) -> None:
        self.__dict__ |= {"shop": shop, **tables}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shop, name)


@pytest.fixture(scope="module")
def notebooks(demo_run: tuple[Path, str]) -> dict[str, Notebook]:
    """The seven notebooks, run on the demo up to their last cell."""
    folder, _ = demo_run
    (run,) = (path.parent for path in folder.glob("reports/*keyword-bot-to-wellread-bot*/verdict.json"))
    given = {"workspace": str(folder), "run_dir": str(run)}
    return {name: executed(name, given) for name in BROKEN}


def executed(name: str, given: Mapping[str, str]) -> Notebook:
    cells = json.loads(find_notebook(name).read_text("utf-8"))["cells"]
    *sources, last = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    names: dict[str, Any] = {}
    for source in sources:
        exec(source, names)  # noqa: S102 - a cell of our own
        names |= {parameter: value for parameter, value in given.items() if parameter in names}
    return Notebook(names, last)


def changed(frame: pd.DataFrame, rows: pd.Series[bool], **values: Any) -> pd.DataFrame:
    """Return a frame in which the first of some rows says something else."""
    at = frame.index[rows][0]
    told = {
        name: [value if place == at else old for place, old in frame[name].items()]
        for name, value in values.items()
    }
    return frame.assign(**{name: pd.Series(column, frame.index) for name, column in told.items()})


def part(of: str, field: str, change: Callable[[Any], Any]) -> Break:
    """Break a field of one of the results, or the name itself when the field is empty."""
    return lambda n: {
        of: replace(n[of], **{field: change(getattr(n[of], field))}) if field else change(n[of])
    }


def table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Break:
    """Break a table of the workspace."""
    return lambda n: {"shop": Instead(n["shop"], **{name: change(getattr(n["shop"], name))})}


def told(**fields: Any) -> Break:
    """Break what verdict.json says."""
    return part("swap", "verdict", lambda verdict: {**verdict, **fields})


def outcome(change: str, /, **values: Any) -> Break:
    """Break the first real case of a swap that was lost, gained or stayed the same."""
    return part(
        "swap",
        "cases",
        lambda cases: changed(cases, (cases["group"] == "real") & (cases["change"] == change), **values),
    )


def without_first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[1:]


def mutant(**values: Any) -> Break:
    return part("cases", "", lambda cases: changed(cases, cases["bucket"] == "mutation", **values))


def candidate(**values: Any) -> Break:
    return part("cases", "", lambda cases: changed(cases, cases["bucket"] == "persona", **values))


def decision(verdict: str, /, **values: Any) -> Break:
    return part("reviews", "", lambda reviews: changed(reviews, reviews["verdict"] == verdict, **values))


def parent_elsewhere(n: Names) -> dict[str, Any]:
    """Put the parent of a mutant into the holdout."""
    cases = n["cases"]
    (parent,) = cases.loc[cases["bucket"] == "mutation", "parent_ids"].iloc[0]
    return {"cases": changed(cases, cases["case_id"] == parent, split="holdout")}


def hint_of_eval(n: Names) -> dict[str, Any]:
    hint = next(ids[0] for ids in n["slots"]["hint_ids"] if ids)
    return {"cases": changed(n["cases"], n["cases"]["case_id"] == hint, split="eval")}


def label_by_generator(n: Names) -> dict[str, Any]:
    """The last cell asks the workspace for the labels, and there a candidate has one that was claimed."""
    labels = n["shop"].labels
    prompted = n["slots"].loc[n["slots"]["made"] & (n["slots"]["bucket"] == "persona"), "case_id"]
    claimed = changed(labels, labels["case_id"].isin(prompted), kind="claimed")
    return {"shop": Instead(n["shop"], labels=claimed)}


def repeats_parent(n: Names) -> dict[str, Any]:
    """Flag a mutant as a duplicate of its parent."""
    cases, measured = n["shop"].cases, n["measured"]
    row = cases[cases["bucket"] == "mutation"].iloc[0]
    pair = {"case_id": row["case_id"], "duplicate_of": row["parent_ids"][0], "cosine": 0.97}
    return {"measured": replace(measured, pairs=pd.concat([measured.pairs, pd.DataFrame([pair])]))}


def kept_label(n: Names) -> dict[str, Any]:
    """Give a kept candidate a label that the rubric does not know."""
    labels, kept = n["shop"].labels, n["reviews"].query("verdict == 'keep'")["case_id"]
    outside = changed(labels, labels["case_id"].isin(kept), expected="money")
    return {"shop": Instead(n["shop"], labels=outside)}


def rejected_inside(n: Names) -> dict[str, Any]:
    """Say of a member of the planned set that it was rejected."""
    reviews = n["shop"].reviews
    kept = reviews["case_id"].isin(n["plan"].members["case_id"])
    return {"shop": Instead(n["shop"], reviews=changed(reviews, kept, verdict="reject"))}


BROKEN: dict[str, list[tuple[str, Break]]] = {
    "01_seed_audit": [
        ("the seed has cases", table("cases", lambda cases: cases[cases["bucket"] != "seed"])),
        ("every case of the seed is measured, once", part("audit", "sizes", without_first)),
        ("the counts by slice and split add up to the seed", part("audit", "counts", without_first)),
        (
            "every case has an expected outcome or is counted as without one",
            part("audit", "labels", without_first),
        ),
        (
            "every finding and repetition names a case of the seed",
            part("audit", "odd", lambda odd: odd.assign(case_id="nobody")),
        ),
        (
            "every finding and repetition names a case of the seed",
            part("audit", "duplicates", lambda pairs: pairs.assign(same_as="nobody")),
        ),
        (
            "no case repeats itself",
            part("audit", "duplicates", lambda pairs: pairs.assign(same_as=pairs["case_id"])),
        ),
    ],
    "02_grid_design": [
        (
            "the grid has 2 or 3 axes, and each cell is planned once",
            part("coverage", "cells", without_first),
        ),
        (
            "no candidate is planned outside the grid",
            part("coverage", "cells", lambda cells: cells.assign(planned=10)),
        ),
        ("every seed case is in one row", table("cases", without_first)),
        ("every case is seed, generated or written by hand, once", table("cases", lambda cases: cases[:-1])),
        (
            "cells and margins by every axis add up to the same sums",
            part("coverage", "margins", without_first),
        ),
        (
            "no cell has more kept than reviewed, or more reviewed than generated",
            part("coverage", "cells", lambda cells: cells.assign(kept=cells["reviewed"] + 1)),
        ),
        ("every cell of the grid is ranked once", part("gaps", "", without_first)),
        (
            "every forecast is as it was sealed",
            part("predictions", "", lambda sealed: sealed.assign(intact=False)),
        ),
        (
            "every forecast was sealed before the first candidate of its cell",
            part("predictions", "", lambda sealed: sealed.assign(sealed_at=pd.Timestamp.now("UTC"))),
        ),
    ],
    "03_generate": [
        (
            "every case of a run carries its tag, bucket and generator's family",
            candidate(generator_family="unknown"),
        ),
        ("every case of a run carries its tag, bucket and generator's family", candidate(tag=None)),
        (
            "every case that was prompted for carries the hash of its prompt and its hints",
            candidate(prompt_sha256="0" * 64),
        ),
        (
            "every case that was prompted for carries the hash of its prompt and its hints",
            candidate(hint_ids=["demo-0001"]),
        ),
        ("no style hint is of eval or holdout, or was not real", hint_of_eval),
        (
            "what was requested is what came and what has a reason, in every cell",
            candidate(cell="power_user/remorse"),
        ),
        (
            "what was requested is what came and what has a reason, in every cell",
            part(
                "cases", "", lambda cases: cases[cases.index != cases.index[cases["bucket"] == "persona"][0]]
            ),
        ),
        (
            "what was requested is what came and what has a reason, in every cell",
            part("slots", "", lambda slots: slots.iloc[1:]),
        ),
        (
            "the mutants that were made are the mutants that are stored",
            part("slots", "", lambda slots: slots[slots["bucket"] != "mutation"]),
        ),
        ("a mutant has its parent's split, and none is of the holdout", parent_elsewhere),
        ("every mutant names its parents and says what each operator changed", mutant(operators=[])),
        ("every mutant names its parents and says what each operator changed", mutant(parent_ids=[])),
        (
            "no mutant has a damaged number, id, amount, date, address or link",
            mutant(turns=[{"role": "user", "text": "My order 4481 has not come."}]),
        ),
        ("no label of a candidate came from its generator", label_by_generator),
    ],
    "04_distance_map": [
        (
            "every case outside the holdout with text is measured once",
            part("measured", "measures", without_first),
        ),
        (
            "no case of the holdout is measured or drawn",
            table("cases", lambda cases: changed(cases, cases["bucket"] == "persona", split="holdout")),
        ),
        ("no case is a duplicate of itself, its parent or its child", repeats_parent),
        (
            "every flagged pair has a cosine of at least 0.92",
            part("measured", "pairs", lambda pairs: pairs.assign(cosine=0.91)),
        ),
        (
            "the bands of each bucket add up to its cases that have one",
            part("measured", "bands", lambda bands: bands[bands["bucket"] != "persona"]),
        ),
        (
            "the map has every measured case once, or says why not",
            part("places", "places", without_first),
        ),
    ],
    "05_review": [
        (
            "cells, axes, buckets and personas add up to the same sums",
            part("survival", "margins", without_first),
        ),
        ("every candidate is counted once", part("cases", "", lambda cases: cases[:-1])),
        ("no planted check or repeat counts", decision("keep", planted="caricature")),
        (
            "no planted check or repeat counts",
            part("survival", "total", lambda total: total.assign(reviewed=total["reviewed"] - 1)),
        ),
        (
            "every kept candidate counts, but corrected texts and what was kept elsewhere",
            part("survival", "total", lambda total: total.assign(kept=total["kept"] + 1)),
        ),
        (
            "every kept candidate counts, but corrected texts and what was kept elsewhere",
            decision("keep", verdict="reject"),
        ),
        ("the chain of events is unbroken", decision("reject", verdict="keep")),
        ("the chain of events is unbroken", part("reviews", "", lambda reviews: reviews.drop(index=7))),
        ("every reject and revise has a reason", decision("reject", reasons=[])),
        ("every reject and revise has a reason", decision("revise", reasons=[])),
        (
            "every decision is about a candidate, and none about the holdout",
            decision("keep", case_id="demo-0001"),
        ),
        ("what was judged is what is stored", decision("keep", content_sha256="f" * 64)),
        (
            "every label that a keep states is there",
            table("labels", lambda labels: labels.assign(kind="claimed")),
        ),
        (
            "every label of a kept candidate that somebody vouches for is a value of the rubric",
            kept_label,
        ),
        (
            "every forecast is as it was sealed",
            part("predictions", "", lambda sealed: sealed.assign(intact=False)),
        ),
    ],
    "06_eval_set": [
        (
            "every synthetic case of the set says which family wrote it",
            table("cases", lambda cases: cases.assign(generator_family=None)),
        ),
        (
            "every case of the set is of the eval split",
            part("plan", "members", lambda members: members.assign(split="train")),
        ),
        ("nothing rejected, revised or unreviewed is in the set", rejected_inside),
        ("every case that qualifies is in the set, once", part("plan", "members", without_first)),
        (
            "every case that qualifies is in the set, once",
            part("plan", "members", lambda members: pd.concat([members, members[:1]])),
        ),
        ("the parts of the mix add up to the set", part("plan", "parts", without_first)),
        (
            "the wanted cases add up to the size that is planned for",
            part("plan", "needs", without_first),
        ),
        (
            "the weights of the mixed estimate add up to 1",
            part("plan", "weights", lambda weights: {**weights, "real": 0.9}),
        ),
        (
            "every frozen set has the hash of its content",
            part("history", "", lambda history: history.assign(intact=False)),
        ),
        (
            "the files of every frozen set match their hash",
            part("history", "", lambda history: history.assign(files="differ")),
        ),
    ],
    "07_swap_report": [
        ("the verdict is SHIP, BLOCK, NO VERDICT or REFUSED and has a reason", told(verdict="MAYBE")),
        ("the verdict is SHIP, BLOCK, NO VERDICT or REFUSED and has a reason", told(reasons=[])),
        ("every case of the set is in this report, once", part("swap", "cases", without_first)),
        (
            "the cases of each group are those that the verdict counted",
            outcome("same", group="synthetic"),
        ),
        (
            "the pairs of each group are those that the verdict counted",
            outcome("same", candidate_score=None),
        ),
        (
            "lost and gained cases add up to the verdict's counts",
            outcome("lost", candidate_score=1.0),
        ),
        (
            "lost and gained cases add up to the verdict's counts",
            outcome("gained", candidate_score=0.0),
        ),
        ("no number of the verdict is NaN or infinite", told(tipping_weight=float("nan"))),
        (
            "SHIP stands only on real cases that are not worse by the margin",
            lambda n: {
                "swap": replace(
                    n["swap"],
                    verdict={
                        **n["swap"].verdict,
                        "verdict": "SHIP",
                        "groups": {
                            **n["swap"].verdict["groups"],
                            "real": {**n["swap"].verdict["groups"]["real"], "low_pp": -3.0},
                        },
                    },
                )
            },
        ),
        ("a refused swap has taken no look", told(verdict="REFUSED", look=1)),
        ("a demo says that it is one", told(demo=False)),
    ],
}
"""For each notebook its claims, each with what breaks it; several where a claim says several things."""

CLAIMS = [(name, claim, break_it) for name, breaks in BROKEN.items() for claim, break_it in breaks]


@pytest.mark.parametrize("name", BROKEN)
def test_every_claim_of_a_notebook_holds_on_the_demo_and_is_broken_here(
    name: str, notebooks: dict[str, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = notebooks[name].claimed(monkeypatch)

    assert all(claimed.values())
    assert set(claimed) == {claim for claim, _ in BROKEN[name]}


@pytest.mark.parametrize(
    ("name", "claim", "break_it"), CLAIMS, ids=[f"{name[:2]} {claim}" for name, claim, _ in CLAIMS]
)
def test_a_notebook_fails_when_a_claim_of_it_is_broken(
    name: str,
    claim: str,
    break_it: Break,
    notebooks: dict[str, Notebook],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notebook = notebooks[name]

    with pytest.raises(ReportError, match=rf"claims of this notebook do(es)? not hold: .*{re.escape(claim)}"):
        notebook.claimed(monkeypatch, **break_it(notebook.names))
