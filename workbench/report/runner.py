"""The strict way to run a notebook: checked parameters, a clean kernel, a whole report or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ReportError, UsageError, listed
from workbench.files import write_text
from workbench.redact import redact
from workbench.report.page import export
from workbench.report.parameters import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode

OFFLINE: Mapping[str, str] = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # The debugger's note about frozen modules would stand in the report's log.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""What a kernel is told, so that no library asks a server for models or sends anything."""

START_SECONDS = 120
"""How long a kernel may take to start, on a machine that is busy with other things."""

RUNNING = ".running-"
"""How the folder begins that a run works in; it holds the text of cases until the run has ended."""

LEFT_SECONDS = 3_600
"""After this long without a write a working folder was left by a run that was killed: papermill writes
before and after every cell, and no single cell takes an hour."""


@dataclass(frozen=True)
class Run:
    """A notebook that ran to its end.

    Attributes:
        notebook: The executed notebook.
        html: The report made from it.
        parameters: The parameters that were given, with their types.
        seconds: How long it took.
    """

    notebook: Path
    html: Path
    parameters: Mapping[str, Any]
    seconds: float

    def __str__(self) -> str:
        return f"{self.html} ({self.html.stat().st_size / 1e6:.1f} MB, {self.seconds:.0f} s)"


def find_notebook(name: str) -> Path:
    """Return a notebook by its path, or a shipped one by its name, e.g. `07_swap_report`.

    Raises:
        UsageError: There is none; the message lists the shipped ones.
    """
    if Path(name).is_file():
        return Path(name)
    package = Path(str(files("workbench")))
    # An installed package carries its notebooks; a checkout has them beside it.
    folder = package / "shipped" / "notebooks"
    shipped = {
        path.stem: path
        for path in (folder if folder.is_dir() else package.parent / "notebooks").glob("*.ipynb")
    }
    if name.removesuffix(".ipynb") in shipped:
        return shipped[name.removesuffix(".ipynb")]
    raise UsageError(
        f"there is no notebook {name}; give a path, or one of {listed(sorted(shipped), most=20)}"
    )


def run(
    notebook: Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    output_dir: Path,
    name: str = "report",
    cwd: Path | None = None,
) -> Run:
    """Run a notebook with parameters and make a report of it.

    Progress goes to stderr and ends in one line. The report is whole or absent: a run that fails
    leaves `<name>-failed.ipynb` for reading, and neither replaces nor makes a report. What a killed
    run left in this folder, or in one beside it, is removed at the next start.

    Args:
        notebook: The notebook; it stays as it is.
        parameters: Values by name; see `workbench.report.parameters.values`.
        output_dir: The folder for `<name>.ipynb` and `<name>.html`; made when absent.
        name: The name of the two files.
        cwd: The folder that the notebook's relative paths start from; this process's own by default.

    Raises:
        UsageError: A parameter is unknown or ill-typed; no kernel was started.
        SafetyError: A parameter could be code or looks like a key; no kernel was started.
        ReportError: A cell failed; the message names the notebook, the cell and what it said.
    """
    given = values(notebook, parameters or {})
    start = time.monotonic()
    output_dir.mkdir(parents=True, exist_ok=True)
    final = {suffix: output_dir / f"{name}.{suffix}" for suffix in ("ipynb", "html")}
    failed = output_dir / f"{name}-failed.ipynb"
    _sweep(output_dir)
    # In the same folder, so that the finished files move into place in one step.
    with tempfile.TemporaryDirectory(dir=output_dir, prefix=RUNNING) as folder:
        working = Path(folder) / "run.ipynb"
        try:
            cells = _execute(notebook, given, output=working, cwd=cwd)
        except ReportError as error:
            if working.exists():
                _publish(working, failed)
                raise ReportError(f"{error}; the run so far is in {failed}") from None
            raise
        _publish(working, working)
        export(working, Path(folder) / "run.html")
        for suffix, path in final.items():
            (Path(folder) / f"run.{suffix}").replace(path)
    failed.unlink(missing_ok=True)
    done = Run(final["ipynb"], final["html"], given, time.monotonic() - start)
    print(f"{notebook.stem}: {cells} cells -> {done}", file=sys.stderr)  # noqa: T201 - progress ends in one line
    return done


def _sweep(output_dir: Path) -> None:
    """Remove the working folders of killed runs; each run has a folder of its own, so beside it too."""
    before = time.time() - LEFT_SECONDS
    for folder in output_dir.absolute().parent.glob(f"*/{RUNNING}*"):
        # Another run may end at this moment and take its folder away.
        with contextlib.suppress(OSError):
            inside = list(folder.iterdir())
            # Whatever else lies in a folder of this name, a run did not put it there.
            ours = all(path.name.lstrip(".").startswith(("run.ipynb", "run.html")) for path in inside)
            if ours and max(path.lstat().st_mtime for path in (folder, *inside)) < before:
                shutil.rmtree(folder)


def _execute(notebook: Path, given: Mapping[str, Any], *, output: Path, cwd: Path | None) -> int:
    """Run the notebook into `output` and return its number of cells."""
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    source = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    try:
        with _environment():
            papermill.execute_notebook(
                source,
                # Papermill formats paths with the parameters.
                str(output).replace("{", "{{").replace("}", "}}"),
                parameters=dict(given),
                cwd=cwd,
                start_timeout=START_SECONDS,
                # Drawn on a terminal only, and gone when it is done.
                progress_bar={"disable": None, "leave": False, "desc": notebook.stem},
                # Sockets in a private folder: other people of this machine cannot listen in.
                config=Config({"KernelManager": {"transport": "ipc" if os.name == "posix" else "tcp"}}),
            )
    except PapermillExecutionError as error:
        said = (error.evalue or "").strip().splitlines() or ["it says nothing"]
        raise ReportError(
            f"{notebook.name} failed in {_title(source, error.source)}: {error.ename}: {redact(said[-1])}"
        ) from None
    except DeadKernelError:
        raise ReportError(
            f"the kernel of {notebook.name} died, often for want of memory; run it again with less data"
        ) from None
    return len(source.cells)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Give the kernel an environment of its own, and this process its old one back.

    Its own IPython folder keeps a person's startup scripts and history out of a report. The
    system's folder for temporary files is short enough for the names of sockets.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        extra = {**OFFLINE, "IPYTHONDIR": folder, "JUPYTER_RUNTIME_DIR": folder}
        before = {name: os.environ.get(name) for name in extra}
        os.environ.update(extra)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _title(notebook: NotebookNode, source: str) -> str:
    """Return the heading above the failing cell, as a person would point at it."""
    title = "its first cells"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = [line for line in cell.source.splitlines() if line.startswith("#")]
            title = f"'{headings[-1].lstrip('# ')}'" if headings else title
        elif cell.source == source:
            return title
    return "its parameters"


def _publish(notebook: Path, path: Path) -> None:
    """Write an executed notebook without widget state, paths of this machine, and personal data in errors."""
    import nbformat

    node = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    # Widget state holds the text of the cases that it showed.
    node.metadata.pop("widgets", None)
    for output in (output for cell in node.cells for output in cell.get("outputs", [])):
        if output.output_type == "error":
            output.update(redact(dict(output)))
    for side in ("input_path", "output_path"):
        if node.metadata.get("papermill", {}).get(side):
            node.metadata.papermill[side] = path.name
    write_text(path, nbformat.writes(node) + "\n")  # type: ignore[no-untyped-call]
