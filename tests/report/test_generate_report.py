"""What notebook 03 shows of generation."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest
from hostile import STRINGS

from workbench import grid
from workbench import open as open_workspace
from workbench.errors import ReportError
from workbench.generate import damaged, fill, forecast, mutate_run, plan_run, runs, slots
from workbench.llm import Reply
from workbench.llm.prices import Price
from workbench.report import find_notebook, must_hold
from workbench.report import generate as shown
from workbench.report import run as run_notebook
from workbench.report.generate.spending import NO_CALL
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from workbench.llm import Request
    from workbench.workspace import Workspace

SETTINGS = """
demo = true
[grid]
masks = [{ customer = "new", topic = "damaged" }]
[grid.axes]
customer = ["new", "angry"]
topic = ["delay", "damaged"]
[roles]
generator = { provider = "replay", model = "composed", family = "demo" }
"""


class Batch(NamedTuple):
    """What the notebook shows, read from the store."""

    runs: pd.DataFrame
    slots: pd.DataFrame
    cases: pd.DataFrame
    labels: pd.DataFrame

    def claims(self, **changes: Any) -> dict[str, bool]:
        """Return the claims, with any frame changed."""
        told = self._replace(**changes)
        return shown.claims(*told, damaged=damaged(told.cases))


class Writer:
    """A client that writes one message for each request, and nothing for the second of new/delay."""

    def reply(self, request: Request) -> Reply:
        """Return one message; the red team's are hostile."""
        if (request.cell, request.index) == ("new/delay", 1):
            return Reply(state="absent")
        said = STRINGS[request.index] if request.bucket == "redteam" else f"{request.cell} {request.index}"
        body = pd.Series([{"turns": [{"role": "user", "text": said}]}]).to_json(orient="records")[1:-1]
        return Reply(state="ok", text=body, origin="composed", provider="replay", model="composed", family="demo", cost_usd=0.0)  # fmt: skip

    def replies(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        """Yield each request with its reply."""
        return ((request, self.reply(request)) for request in requests)


@pytest.fixture
def shop(tmp_path: Path, new_case: Callable[..., dict[str, Any]]) -> Iterator[Workspace]:
    """A shop with four real cases, three of them in the train split."""
    (tmp_path / "workbench.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "lexicon.toml").write_text(
        'version = "1"\n[concepts]\nmoney = ["money", "refund"]\n', "utf-8"
    )
    seed = [
        ("t1", "train", "angry/delay", "I want my money for K-20817, kim@shop.example"),
        ("t2", "train", "*/delay", "Hello, where is my order 4481?"),
        ("t3", "train", "*/damaged", "I got a broken lid"),
        ("e1", "eval", "new/delay", "I am still waiting"),
    ]
    rows = [new_case(name, text, split=split, cell=cell, tag="demo-prod") for name, split, cell, text in seed]
    with open_workspace(tmp_path) as made:
        made.store.append(CASES, rows)
        yield made


@pytest.fixture
def batch(shop: Workspace) -> Batch:
    """A run that fills all but one slot, and one of two operators."""
    plan = grid.plan(shop.settings)
    run = plan_run(
        shop, plan, places=grid.placed(shop.cases, plan), per_cell={"prompted": 2},
        role=shop.settings.roles.generator, redteam=2,
    )  # fmt: skip
    fill(shop, run, Writer())
    mutate_run(shop, ["shout", "subject_swap"], seed=3)
    return read(shop)


def read(shop: Workspace) -> Batch:
    return Batch(runs(shop), slots(shop), shop.cases, shop.labels)


def test_the_headline_says_what_came_and_that_it_is_a_demo(batch: Batch) -> None:
    head = shown.headline(*batch[:3], name="shop", demo=True)
    first, said = str(head).splitlines()

    assert first.startswith("DEMO.")
    assert said.startswith("shop asked generators for 8 candidates, and 6 came. Operators made ")
    for fact in ("Runs</dt><dd>2", "Without a case</dt><dd>2", "Left out, word for word as another case</dt><dd>1", "Spent on what came</dt><dd>$0.00"):  # fmt: skip
        assert fact in head.html


def test_the_map_shows_what_came_of_what_was_requested(batch: Batch, shop: Workspace) -> None:
    chart = shown.filled_map(batch.slots, grid.plan(shop.settings))
    tiles = {
        (row["row"], row["column"]): row["told"] for rows in chart.spec["datasets"].values() for row in rows
    }

    assert tiles == {
        ("new", "delay"): "1 of 2",
        ("new", "damaged"): "masked",
        ("angry", "delay"): "2 of 2",
        ("angry", "damaged"): "2 of 2",
    }
    assert chart.summary == "5 of 6 requested candidates came, in 3 cells. Short: new/delay 1 of 2."


def test_without_a_grid_the_map_is_a_sentence(batch: Batch) -> None:
    assert str(shown.filled_map(batch.slots, None)) == shown.made.NO_GRID


def test_a_slot_without_a_case_is_listed_with_its_reason(batch: Batch) -> None:
    lines = str(shown.unfilled(batch.slots)).splitlines()

    assert lines[2].split() == ["new/delay", "prompted", "1", "absent"]
    full = batch.slots[batch.slots["made"]]
    assert str(shown.unfilled(full)) == "Slots with their case: 6 of 6."


def test_the_runs_say_who_wrote_and_with_which_templates(batch: Batch) -> None:
    lines = str(shown.provenance(*batch[:3])).splitlines()
    digest = batch.runs["prompts"].iloc[1]["prompted"][:12]

    assert lines[2].split()[3:6] == ["operators", "programmatic", "operators"]
    assert lines[3].split()[3:] == ["composed", "demo", "replay", "composed", "0", "8", "6"]
    assert f"prompted.md {digest}, redteam.md " in lines[-1]


def test_the_use_of_hints_is_counted(batch: Batch) -> None:
    lines = str(shown.hints(batch.slots)).splitlines()

    assert lines[2].split()[:4] == ["prompted", "6", "3", "6"]
    assert lines[3].split()[:4] == ["redteam", "2", "3", "2"]


def test_a_candidate_stands_beside_its_redacted_hints(batch: Batch) -> None:
    table = shown.examples(batch.slots, batch.cases)

    assert "user: new/delay 0" in str(table)
    assert "K-20817, <EMAIL_1>" in str(table)
    assert "kim@shop.example" not in table.html


def test_hostile_candidates_are_text(batch: Batch) -> None:
    for table in (shown.examples(batch.slots, batch.cases), shown.changes(batch.slots, batch.cases)):
        assert "<script" not in table.html
        assert "<img" not in table.html


def test_operators_say_what_they_made_and_left_out(batch: Batch) -> None:
    lines = str(shown.mutation(batch.slots, batch.cases, batch.labels)).splitlines()

    assert lines[2].split()[:3] == ["shout", "1", "0"]
    assert lines[3].split()[0] == "subject_swap"
    made, left = (int(number) for number in lines[3].split()[1:3])
    assert made + left == 1
    assert "inherit their parent's label once kept: 0 of 2." in lines[-1]


def test_a_mutant_that_two_runs_list_is_counted_once(batch: Batch, shop: Workspace) -> None:
    mutate_run(shop, ["shout"], seed=3)
    after = read(shop)
    said = [str(shown.headline(*told[:3], name="shop", demo=True)).splitlines()[1] for told in (batch, after)]

    assert len(after.slots) == len(batch.slots) + 1
    assert said[0] == said[1]
    assert after.claims()["the mutants that were made are the mutants that are stored"]
    assert str(shown.mutation(after.slots, after.cases, after.labels)) == str(
        shown.mutation(batch.slots, batch.cases, batch.labels)
    )


def test_changed_places_are_marked_in_the_parents_words(batch: Batch) -> None:
    lines = str(shown.changes(batch.slots, batch.cases)).splitlines()

    assert lines[2].split(maxsplit=3)[:3] == ["shout", "e1", "eval"]
    assert lines[2].endswith("[I am still waiting → I AM STILL WAITING]")
    assert lines[3].split()[:3] == ["subject_swap", "e1", "eval"]


def test_what_came_costs_its_review_too(batch: Batch, shop: Workspace) -> None:
    lines = str(shown.costs(batch.slots, batch.cases, prices=shop.settings.costs)).splitlines()

    assert lines[2].split() == ["prompted", "6", "5", "$0.00", "0", "$5.00"]
    assert lines[3].split() == ["redteam", "2", "1", "$0.00", "0", "$3.00"]


def test_every_claim_holds(batch: Batch) -> None:
    assert all(batch.claims().values())
    assert "yes" in str(must_hold(batch.claims()))


def changed(frame: pd.DataFrame, rows: pd.Series[bool], **values: Any) -> pd.DataFrame:
    """Return a frame with the first of some rows changed."""
    copy = frame.copy()
    for name, value in values.items():
        copy[name] = [value if place == copy.index[rows][0] else old for place, old in copy[name].items()]
    return copy


BROKEN = {
    "every case of a run carries its tag, bucket and generator's family": lambda b: {
        "cases": changed(b.cases, b.cases["bucket"] == "prompted", generator_family="unknown")
    },
    "every case that was prompted for carries the hash of its prompt and its hints": lambda b: {
        "cases": changed(b.cases, b.cases["bucket"] == "prompted", prompt_sha256="0" * 64)
    },
    "no style hint is of eval or holdout, or was not real": lambda b: {
        "cases": changed(b.cases, b.cases["case_id"] == "t1", split="eval")
    },
    "what was requested is what came and what has a reason, in every cell": lambda b: {
        "cases": changed(b.cases, b.cases["bucket"] == "prompted", cell="angry/damaged")
    },
    "a mutant has its parent's split, and none is of the holdout": lambda b: {
        "cases": changed(b.cases, b.cases["case_id"] == "e1", split="holdout")
    },
    "every mutant names its parents and says what each operator changed": lambda b: {
        "cases": changed(b.cases, b.cases["bucket"] == "mutation", operators=[])
    },
    "the mutants that were made are the mutants that are stored": lambda b: {
        "slots": b.slots[b.slots["bucket"] != "mutation"]
    },
    "no mutant has a damaged number, id, amount, date, address or link": lambda b: {
        "cases": changed(
            b.cases, b.cases["case_id"] == "e1", turns=[{"role": "user", "text": "I want K-99999"}]
        )
    },
    "no label of a candidate came from its generator": lambda b: {
        "labels": pd.concat([b.labels, label(b.slots.loc[b.slots["made"], "case_id"].iloc[0])])
    },
}


def label(case_id: str) -> pd.DataFrame:
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    row = {
        "label_id": "a" * 64,
        "case_id": case_id,
        "expected": "refund",
        "kind": "claimed",
        "created_at": at,
    }
    return LABELS.frame([row]).assign(overdue=False)


def test_each_claim_is_tested(batch: Batch) -> None:
    assert set(BROKEN) == set(batch.claims())


@pytest.mark.parametrize("claim", BROKEN)
def test_a_claim_fails_when_its_table_is_broken(batch: Batch, claim: str) -> None:
    broken = batch.claims(**BROKEN[claim](batch))

    assert broken[claim] is False
    with pytest.raises(ReportError, match="of this notebook do"):
        must_hold(broken)


def test_an_empty_workspace_says_that_nothing_was_asked_for(shop: Workspace) -> None:
    empty = read(shop)
    tables = [
        shown.filled_map(empty.slots, grid.plan(shop.settings)), shown.unfilled(empty.slots), shown.provenance(*empty[:3]),
        shown.hints(empty.slots), shown.examples(empty.slots, empty.cases),
        shown.costs(empty.slots, empty.cases, prices=shop.settings.costs),
    ]  # fmt: skip

    assert {str(table) for table in tables} == {shown.made.NO_RUN}
    assert (
        str(shown.mutation(empty.slots, empty.cases, empty.labels))
        == str(shown.changes(empty.slots, empty.cases))
        == shown.made.NO_MUTANT
    )
    assert all(empty.claims().values())


def test_the_notebook_runs_on_what_is_in_the_store(shop: Workspace, batch: Batch) -> None:
    del batch
    done = run_notebook(
        find_notebook("03_generate"), {"workspace": "."}, output_dir=shop.root / "reports", cwd=shop.root
    )
    page = done.html.read_text("utf-8")

    assert "asked generators for 8 candidates, and 6 came" in page
    assert page.count('class="wb-plot"') == 4
    assert "Planned, and not asked yet" not in page
    assert "no mutant has a damaged number, id, amount, date, address or link" in page
    assert str(shop.root) not in page
    assert "DEMO" in page


def test_a_plan_says_whom_it_asks_and_what_it_costs(shop: Workspace) -> None:
    grown = grid.plan(shop.settings)
    role = shop.settings.roles.generator
    run = plan_run(
        shop, grown, places=grid.placed(shop.cases, grown), per_cell={"prompted": 2}, role=role, redteam=2
    )
    costs = shop.settings.costs
    told = str(shown.planned(run, forecast(shop, run, Price(4, 20)), prices=costs))
    bare = str(shown.planned(run, forecast(shop, run, None), prices=costs))

    assert shown.planned(None, None, prices=costs) is None
    assert [line.split() for line in told.splitlines()[2:4]] == [
        ["prompted", "6", "$6.00"],
        ["redteam", "2", "$6.00"],
    ]
    assert "Asked of composed (demo, by replay)." in told
    assert re.search(
        r"8 calls still to be made: \$0\.\d\d to \$0\.\d\d, by the lengths of the real cases", told
    )
    assert "no price of composed holds for it" in bare


def test_what_calls_cost_stands_beside_their_forecast() -> None:
    told = {"run_id": "a" * 64, "low_usd": 0.5, "high_usd": 1.5, "calls": 12, "usd": 0.9, "unpriced": 0, "unknown": 2, "unknown_usd": 0.33}  # fmt: skip
    quiet = told | {"calls": 0, "usd": 0.0, "unknown": 0}

    assert "$0.50 to $1.50" in str(shown.spending(pd.DataFrame([told, quiet])))
    assert str(shown.spending(pd.DataFrame([told]))).splitlines()[-2].split()[-1] == "$0.33"
    assert str(shown.spending(pd.DataFrame([quiet]))) == NO_CALL
