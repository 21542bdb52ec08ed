"""Real customers and templated candidates go through the shipped notebooks, by parameters alone.

Banking77's refund queries are the seed and Bitext's refund utterances the candidates. The grid
crosses Bitext's commonest flags of wording with what is asked for, so it fits the candidates better
than the seed: of the seed two intents of three are levels, and none says its flags.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from workbench import grid
from workbench import open as open_workspace
from workbench.report import find_notebook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.workspace import Workspace

pytestmark = pytest.mark.real

REAL, ODD = ("request_refund", "Refund_not_showing_up"), "reverted_card_payment?"
MADE = ("get_refund", "track_refund", "check_refund_policy")
FLAGS = ("B", "BL", "BLQ", "BLQZ")
SETTINGS = f"""
[seed]
owner = "the bank's support"
slices = {json.dumps([*REAL, ODD, *MADE])}
[grid]
n = 10
[grid.axes]
flags = {json.dumps(FLAGS)}
ask = {json.dumps([*REAL, *MADE])}
"""

NOTEBOOKS = ("01_seed_audit", "02_grid_design", "04_distance_map", "06_eval_set", "07_swap_report")

REFUNDS = ("--where", "refund_intent==true", "--column", "expected=intent")
ROUTERS = (
    *("--column", "outcome=passed", "--pass-when", "1", "--where", "is_refund==1"),
    *("--judge", "labels=programmatic", "--family", "keyword-synonyms=rules/keywords"),
    *("--family", "tfidf-lr(bitext)=sklearn/logistic-regression"),
)


class Walk(NamedTuple):
    """A workspace that every one of the notebooks went through, and the swap's run folder."""

    shop: Path
    run: Path

    def notebook(self, name: str) -> dict[str, Any]:
        """An executed notebook."""
        folder = self.run if name == "07_swap_report" else self.shop / "reports" / name
        found: dict[str, Any] = json.loads((folder / "report.ipynb").read_text("utf-8"))
        return found

    def said(self, name: str, cell: str, kind: str = "text/plain") -> str:
        """What the outputs of a cell say."""
        cells = {cell["id"]: cell for cell in self.notebook(name)["cells"]}
        return "\n".join("".join(out["data"][kind]) for out in cells[cell]["outputs"])

    def row(self, name: str, cell: str, first: str) -> list[str]:
        """The words of the one line of a table that begins with a word."""
        (found,) = [
            line.split() for line in self.said(name, cell).splitlines() if line.split()[:1] == [first]
        ]
        return found


@pytest.fixture(scope="module")
def walk(real_data: Path, tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> Walk:
    """The whole way by commands: import, four notebooks, freeze, swap, and the swap's notebook."""
    folder = tmp_path_factory.mktemp("front") / "shop"
    command("init", str(folder))
    (folder / "workbench.toml").write_text(SETTINGS, "utf-8")
    run, into = folder / "reports" / "swap", ("-w", str(folder))
    bank, bitext = (str(real_data / name / "cases.jsonl.gz") for name in ("seed_banking77", "synth_bitext"))
    made = ("--bucket", "prompted", "--generator", "bitext/nlg", "--column", "cell={tags}/{intent}")
    command(*into, "import", "seed", bank, *REFUNDS, "--column", "slice=intent")
    command(*into, "import", "cases", bitext, *REFUNDS, *made)
    command(*into, "import", "results", str(real_data / "derived_refund_router" / "results.csv.gz"), *ROUTERS)
    for name in ("01_seed_audit", "02_grid_design", "04_distance_map"):
        command(*into, "run", name)
    command(*into, "freeze", "launch", "--all")
    command(*into, "run", "06_eval_set", "-p", "mix=70/30", "-p", "total=300")
    asked = ("keyword-synonyms", "tfidf-lr(bitext)", "--evalset", "launch", "--no-report")
    command(*into, "swap", *asked, "--out", str(run), exits=10)
    command(*into, "run", "07_swap_report", "-p", f"run_dir={run}", exits=10)
    return Walk(folder, run)


@pytest.fixture
def shop(walk: Walk) -> Workspace:
    with open_workspace(walk.shop) as opened:
        return opened


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_given_parameters_and_is_otherwise_as_shipped(walk: Walk, name: str) -> None:
    shipped = json.loads(find_notebook(name).read_text("utf-8"))["cells"]
    executed = walk.notebook(name)["cells"]
    injected = [cell for cell in executed if "injected-parameters" in cell["metadata"]["tags"]]

    assert len(injected) == (1 if name in {"06_eval_set", "07_swap_report"} else 0)
    assert [cell["source"] for cell in executed if cell not in injected] == [
        cell["source"] for cell in shipped
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_must_hold_holds_and_nothing_warns(walk: Walk, name: str) -> None:
    """On stderr stands at most that the first map takes a while; the report does not show it."""
    claims = walk.said(name, "must-hold").splitlines()
    outputs = [
        (cell["metadata"]["tags"], out)
        for cell in walk.notebook(name)["cells"]
        for out in cell.get("outputs", [])
    ]
    streams = [(tags, "".join(out["text"])) for tags, out in outputs if out["output_type"] == "stream"]
    drawing = "Drawing the first map of 297 seed texts"

    assert len(claims) > 5
    assert all(line.split()[-1] == "yes" for line in claims[2:])
    assert {out["output_type"] for _, out in outputs} <= {"execute_result", "stream"}
    assert [(tags, text.split(":")[0]) for tags, text in streams] == (
        [(["remove-output"], drawing)] if name == "04_distance_map" else []
    )


def test_the_audit_counts_297_queries_of_three_intents_that_nobody_here_labelled(walk: Walk) -> None:
    assert walk.said("01_seed_audit", "headline").startswith("The seed of shop has 297 cases")
    assert walk.row("01_seed_audit", "labels", ODD)[1:3] == ["claimed", "95"]
    assert [walk.row("01_seed_audit", "counts", name)[-2] for name in (*REAL, ODD)] == ["101", "101", "95"]


def test_the_grid_knows_two_of_the_seeds_intents_and_says_where_the_rest_is(walk: Walk) -> None:
    assert (
        walk.said("02_grid_design", "seed-map")
        .splitlines()[1]
        .startswith(
            "Of 297 seed cases: 0 in a cell of the grid, 202 known on some axes only, 95 outside, 0 not placed."
        )
    )


def test_the_candidates_are_counted_in_the_cells_that_their_file_names(
    walk: Walk, shop: Workspace, real_data: Path
) -> None:
    """By a reading of the file that goes past the workspace."""
    with gzip.open(real_data / "synth_bitext" / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["refund_intent"]]
    wanted = Counter(f"{row['tags']}/{row['intent']}" for row in rows)
    seen = grid.coverage(shop.cases, shop.reviews, grid.plan(shop.settings))
    made = seen.cells.set_index("cell")["generated"]
    inside = sum(wanted[f"{flags}/{ask}"] for flags in FLAGS for ask in MADE)

    assert {cell: count for cell, count in made.items() if count} == wanted
    assert made.sum() == len(rows) == 465
    assert f"Kept: 0 of 200 planned candidates, with {inside} generated." in walk.said(
        "02_grid_design", "fill-map"
    )


def test_the_sums_by_flags_and_by_ask_are_the_same(shop: Workspace) -> None:
    """Also where 67 of 71 flags are no level, and two thirds of the seed are known on one axis."""
    seen = grid.coverage(shop.cases, shop.reviews, grid.plan(shop.settings))
    sums = seen.margins.groupby("axis")[["seed", "planned", "generated", "reviewed", "kept"]].sum()

    assert seen.unreconciled == []
    assert sums.loc["flags"].to_dict() == sums.loc["ask"].to_dict()
    assert sums.loc["ask"].to_dict() == {
        "seed": 297, "planned": 200, "generated": 465, "reviewed": 0, "kept": 0,
    }  # fmt: skip


def test_the_map_measures_all_762_and_finds_most_candidates_far_from_the_seed(walk: Walk) -> None:
    """And two in five repeat one another: templates do so more than customers."""
    bands = {name: walk.row("04_distance_map", "bands", name)[1:] for name in ("seed", "prompted")}
    flagged = {
        name: [float(share[:-1]) for share in walk.row("04_distance_map", "flagged", name)[3:]]
        for name in ("seed", "prompted")
    }
    far = sum(int(count) for count in bands["prompted"][3:5])

    assert walk.said("04_distance_map", "headline").startswith(
        "465 cases of shop measured against 297 of its seed"
    )
    assert (bands["seed"][-1], bands["prompted"][-1]) == ("297", "465")
    assert far / 465 > 0.6
    assert flagged["prompted"][0] > flagged["seed"][0] > 0
    assert flagged["prompted"][1] == flagged["seed"][1] == flagged["seed"][0]


def test_the_set_that_would_be_frozen_holds_the_seed_alone_and_lacks_210(walk: Walk, shop: Workspace) -> None:
    """No candidate is kept yet, so none qualifies; the frozen set with all of them is listed as that."""
    seed = (shop.cases["bucket"] == "seed") & (shop.cases["split"] == "eval")
    have = int(seed.sum())

    assert walk.row("06_eval_set", "needs", "seed")[1:] == ["30.0%", "90", str(have), "0", str(have - 90)]
    assert walk.row("06_eval_set", "needs", "prompted")[-4:] == ["210", "0", "210", "0"]
    assert walk.row("06_eval_set", "history", "launch")[1:3] == ["1", "762"]


def test_the_swap_is_blocked_by_real_cases_that_the_report_shows(walk: Walk) -> None:
    verdict = json.loads((walk.run / "verdict.json").read_text("utf-8"))
    manifest = json.loads((walk.run / "manifest.json").read_text("utf-8"))
    lost = walk.said("07_swap_report", "lost-real", "text/html")

    assert (verdict["verdict"], verdict["reasons"][0]["code"]) == ("BLOCK", "real_worse")
    assert "BLOCK: keyword-synonyms -> tfidf-lr(bitext)" in walk.said("07_swap_report", "headline")
    assert walk.said("07_swap_report", "lost-real").startswith("33 real cases lost: the baseline passed")
    assert lost.count("<article") == lost.count(">b77-") == 33
    assert walk.said("07_swap_report", "gained-real").startswith("0 real cases gained")
    assert manifest["complete"] is True


def test_five_reports_are_listed_and_none_holds_a_path_of_this_machine(walk: Walk) -> None:
    index = (walk.shop / "reports" / "index.html").read_text("utf-8")
    pages = [walk.run / "report.html", *walk.shop.glob("reports/0*/report.html")]

    assert "5 reports, in the order in which they build on each other." in index
    assert len(pages) == 5
    assert not [page for page in pages if str(walk.shop) in page.read_text("utf-8")]
