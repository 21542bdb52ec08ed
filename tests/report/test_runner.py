from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import notebooks
from workbench.errors import ReportError, SafetyError, UsageError
from workbench.report import find_notebook
from workbench.report.runner import run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_leaves_a_notebook_and_a_page_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = notebooks.write(
        tmp_path / "01_audit.ipynb",
        "# Seed audit",
        "import os\nprint('slice', name, os.environ['HF_HUB_OFFLINE'], os.environ['IPYTHONDIR'] != os.path.expanduser('~/.ipython'))",
        "from IPython.display import display\nimport ipywidgets\ndisplay(ipywidgets.Text('case text'))",
        parameters='name: str = "delay"',
    )
    before = path.read_bytes(), dict(os.environ)
    done = run(path, {"name": "damaged goods"}, output_dir=tmp_path / "out")
    page, node = done.html.read_text("utf-8"), json.loads(done.notebook.read_text("utf-8"))

    assert sorted(item.name for item in (tmp_path / "out").iterdir()) == ["report.html", "report.ipynb"]
    assert "slice damaged goods 1 True" in page
    assert (path.read_bytes(), dict(os.environ)) == before
    # No widget state, which holds the text of cases, and no path of this machine.
    assert "widgets" not in node["metadata"]
    assert "case text" not in page
    assert str(tmp_path) not in done.notebook.read_text("utf-8")
    assert capsys.readouterr().err.splitlines()[-1].startswith("01_audit: 4 cells -> ")


def test_a_failed_cell_is_one_sentence_and_leaves_the_last_report_as_it_was(tmp_path: Path) -> None:
    path = notebooks.write(
        tmp_path / "07_swap.ipynb",
        "# Swap",
        "1 + 1",
        "## Every lost real case",
        "raise ValueError('first\\nno case is left')",
    )
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("yesterday's")
    with pytest.raises(ReportError) as failed:
        run(path, output_dir=out)

    assert str(failed.value) == (
        f"07_swap.ipynb failed in 'Every lost real case': ValueError: no case is left; the run so far is in {out / 'report-failed.ipynb'}"
    )
    assert (out / "report.html").read_text() == "yesterday's"
    assert sorted(item.name for item in out.iterdir()) == ["report-failed.ipynb", "report.html"]


KILLED = """
import sys
from pathlib import Path
from workbench.report.runner import run
run(Path(sys.argv[1]), output_dir=Path(sys.argv[2]))
"""


def test_what_a_killed_run_left_is_gone_after_the_next_start(tmp_path: Path) -> None:
    """It holds the text of cases, and the next run may well have another folder."""
    reports = tmp_path / "reports"
    kill = "import os, signal\nprint('where is it????')\nos.kill(os.getppid(), signal.SIGKILL)"
    program = [
        sys.executable,
        "-c",
        KILLED,
        notebooks.write(tmp_path / "kills.ipynb", kill),
        reports / "monday",
    ]
    assert subprocess.run(program, check=False, capture_output=True).returncode == -signal.SIGKILL
    left = list((reports / "monday").iterdir())
    assert [path.name.startswith(".running-") for path in left] == [True]
    # A folder of another run that is at work now, and one that no run of ours made.
    (reports / "tuesday" / ".running-now").mkdir(parents=True)
    (reports / "tuesday" / ".running-now" / "run.ipynb").write_text("{}", "utf-8")
    (reports / "tuesday" / ".running-shoes").mkdir()
    (reports / "tuesday" / ".running-shoes" / "thesis.txt").write_text("years of work", "utf-8")
    two_hours_ago = time.time() - 7_200
    for path in (*left[0].iterdir(), left[0], *(reports / "tuesday" / ".running-shoes").iterdir()):
        os.utime(path, (two_hours_ago, two_hours_ago))
    os.utime(reports / "tuesday" / ".running-shoes", (two_hours_ago, two_hours_ago))
    os.utime(reports / "tuesday" / ".running-now", (two_hours_ago, two_hours_ago))

    run(notebooks.write(tmp_path / "calm.ipynb", "1 + 1"), output_dir=reports / "wednesday")

    assert not left[0].exists()
    assert sorted(path.name for path in (reports / "tuesday").iterdir()) == [".running-now", ".running-shoes"]
    assert sorted(path.name for path in (reports / "wednesday").iterdir()) == ["report.html", "report.ipynb"]


@pytest.mark.parametrize(
    ("given", "error"),
    [({"x=1;print('INJECTED')#": 1}, SafetyError), ({"nmae": "x"}, UsageError), ({"name": 3}, UsageError)],
)
def test_a_wrong_parameter_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, object], error: type[Exception]
) -> None:
    path = notebooks.write(tmp_path / "n.ipynb", "name", parameters='name: str = ""')
    monkeypatch.setattr("papermill.execute_notebook", lambda *_, **__: pytest.fail("a kernel was started"))
    with pytest.raises(error):
        run(path, given, output_dir=tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_shipped_notebook_is_found_by_its_name() -> None:
    assert find_notebook("07_swap_report").name == "07_swap_report.ipynb"


def test_a_notebook_is_found_by_its_path(tmp_path: Path) -> None:
    path = notebooks.write(tmp_path / "own.ipynb", "1")

    assert find_notebook(str(path)) == path


def test_an_unknown_notebook_is_an_error_that_lists_the_shipped_ones() -> None:
    with pytest.raises(
        UsageError, match="there is no notebook 08_nothing; give a path, or one of 01_seed_audit, "
    ):
        find_notebook("08_nothing")
