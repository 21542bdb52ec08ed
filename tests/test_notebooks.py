"""The shipped notebooks: thin, stripped, and programs that run from top to bottom."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import workbench
from workbench import workspace as workspaces
from workbench.errors import ReportError
from workbench.report import declared, find_notebook, run
from workbench.tables import REVIEWS, SITTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_LINES = 15
IMPORTS = {"workbench", "pandas"}
"""What a notebook imports; everything else is the package's business."""

FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With,
)  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def sources(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "code"]


each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_is_a_notebook_for_each_stage_from_the_seed_to_the_report_and_a_desk_for_reviewers() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_seed_audit", "02_grid_design", "03_generate", "04_distance_map", "05_review", "06_eval_set", "07_swap_report",
        "review_desk",
    ]  # fmt: skip


@each
def test_cells_call_the_package_and_are_short(path: Path) -> None:
    for source in sources(path):
        nodes = list(ast.walk(ast.parse(source)))
        imported = {
            alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names
        }
        assert not [type(node).__name__ for node in nodes if isinstance(node, FORBIDDEN)], source
        assert not [node for node in nodes if isinstance(node, ast.ImportFrom)], source
        assert imported <= IMPORTS, source
        assert len(source.splitlines()) <= MOST_LINES, source
        assert not re.search(r"^\s*[%!]", source, re.MULTILINE), source


@each
def test_the_parameters_are_literals_with_a_type_and_an_explanation(path: Path) -> None:
    tagged = [cell for cell in read(path)["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    body = ast.parse("".join(tagged[0]["source"])).body

    # A literal is what literal_eval can read; anything computed raises here.
    for node in body:
        assert isinstance(node, ast.AnnAssign)
        assert node.value is not None
        ast.literal_eval(node.value)
    assert all(parameter.help for parameter in declared(path).values())


@each
def test_it_is_stripped_and_keeps_its_kernel(path: Path) -> None:
    found = read(path)
    ids = [cell["id"] for cell in found["cells"]]

    assert not [cell for cell in found["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert set(found["metadata"]) == {"kernelspec", "language_info"}
    assert found["metadata"]["kernelspec"]["name"] == "python3"
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert len(ids) == len(set(ids))
    # Ids that say what a cell is make differences readable, and do not change when it is saved.
    assert all(re.fullmatch(r"[a-z][a-z-]*", name) for name in ids)


@each
def test_it_opens_with_its_title_and_ends_with_what_must_hold(path: Path) -> None:
    cells = read(path)["cells"]

    assert "".join(cells[0]["source"]).startswith("# ")
    if path.stem == "review_desk":  # Who decides there has to find the window below everything else.
        assert [cell["id"] for cell in cells[-2:]] == ["window-text", "window"]
        cells = cells[:-2]
    assert "".join(cells[-2]["source"]).startswith("## What must hold")
    assert "must_hold(" in "".join(cells[-1]["source"])
    assert not cells[-1]["metadata"].get("tags")


def test_only_the_review_desk_shows_cases_to_decide_on() -> None:
    assert [path.stem for path in NOTEBOOKS if "review.window(" in path.read_text("utf-8")] == ["review_desk"]


@each
def test_it_names_no_path_of_a_machine(path: Path) -> None:
    assert not re.search(r"(?<![\w.])/(home|Users|tmp|work|root|usr)\b|[A-Z]:\\", path.read_text("utf-8"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Any]) -> Path:
    """A workspace with the demo's seed."""
    folder = tmp_path_factory.mktemp("notebooks") / "shop"
    command("init", str(folder))
    command("-w", str(folder), "import", "seed", str(ROOT / "data" / "demo" / "seed.jsonl"))
    return folder


def test_the_seed_audit_runs_on_a_workspace(shop: Path) -> None:
    done = run(find_notebook("01_seed_audit"), {"workspace": "."}, output_dir=shop / "reports", cwd=shop)
    page = done.html.read_text("utf-8")

    assert "The seed of shop has 184 cases." in page
    assert page.count('class="wb-plot"') == 2
    assert "every case of the seed is measured, once" in page
    assert str(shop) not in page


def test_the_review_desk_sways_nobody_and_records_nothing_before_a_browser_shows_it(
    shop: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    candidates = tmp_path / "candidates.csv"
    candidates.write_text(
        "case_id,text,cell\n"
        "c1,no parcel yet it said the 14th,power_user/delay\n"
        "c2,THIRD TIME. Where is it,angry_escalator/delay\n",
        "utf-8",
    )
    command(
        "-w", str(shop), "import", "cases", str(candidates), "--bucket", "prompted", "--generator", "demo"
    )
    done = command("-w", str(shop), "run", "review_desk", "-p", "reviewer=Ana")
    executed = read(shop / "reports" / "review_desk" / "report.ipynb")
    page = (shop / "reports" / "review_desk" / "report.html").read_text("utf-8")
    [outputs] = [cell["outputs"] for cell in executed["cells"] if cell["id"] == "window"]

    assert "report: " in done.out
    assert "application/vnd.jupyter.widget-view+json" in outputs[0]["data"]
    assert "Waiting for a review: 2 candidates, in 2 cells." in page
    assert "the chain of events is unbroken" in page
    assert not re.search("surviv|healthy|THIRD TIME|keep rate", page.split("</head>")[1].split("<script")[0])
    with workspaces.open(shop) as workspace:
        assert (len(workspace.reviews), len(workspace.store.read(SITTINGS))) == (0, 0)


def test_the_review_desk_opens_no_window_on_a_chain_that_was_cut_off() -> None:
    source = next(cell for cell in read(find_notebook("review_desk"))["cells"] if cell["id"] == "must-hold")
    cut = SimpleNamespace(reviews=REVIEWS.frame(), seen=(3, "0" * 64))

    with pytest.raises(ReportError, match="the chain of events is unbroken"):
        exec("".join(source["source"]), {"wb": workbench, "shop": cut})  # noqa: S102 - a cell of our own
