"""A workspace: a folder with three settings files and a store.

`workbench.open()` finds it, and one handle is enough in a notebook: `wb.cases`, `wb.case("id")`.
"""

from __future__ import annotations

import logging
import os
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Self

from workbench.errors import SafetyError, UsageError, listed, shown
from workbench.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    import sqlalchemy as sa

    from workbench.settings import Lexicon, Rubric, Settings
    from workbench.store import Store
    from workbench.workspace.case import Case

SETTINGS, RUBRIC, LEXICON = "workbench.toml", "rubric.toml", "lexicon.toml"

START = "START.md"
"""The page that says how to begin."""

FOLDERS = ("seeds", "evalsets", "reports")
"""Where frozen seeds, frozen sets and runs are written as files."""

DATABASE = "WORKBENCH_DB"
"""The environment variable that names a team's database."""


def open(directory: str | os.PathLike[str] | None = None) -> Workspace:  # noqa: A001 - `workbench.open` reads as it should
    """Open a workspace.

    Args:
        directory: The folder that holds workbench.toml. By default, and for the current folder, the
            nearest one upwards: a notebook opens its workspace by ".", wherever in it the notebook is.

    Returns:
        The workspace. Nothing is read or made before it is asked for.

    Raises:
        UsageError: No workbench.toml is there.
    """
    here = Path.cwd()
    root = here if directory is None else Path(directory).expanduser().resolve()
    if root != here:
        if not (root / SETTINGS).is_file():
            raise UsageError(
                f"no {SETTINGS} in {root}; make a workspace there with `workbench init {directory}`"
            )
        return Workspace(root)
    for root in (here, *here.parents):
        if (root / SETTINGS).is_file():
            return Workspace(root)
    raise UsageError(
        f"no {SETTINGS} in {here} or any folder above it; make a workspace with `workbench init DIR`, "
        "or name one with `-w DIR`"
    )


def init(directory: str | os.PathLike[str], notebooks: Iterable[Path] = ()) -> Workspace:
    """Make a workspace: three settings files, bare and commented, a page to start from, and folders.

    Args:
        directory: The folder; it is made if need be, and may hold other things.
        notebooks: Notebooks to copy into its folder `notebooks`.

    Returns:
        The new workspace.

    Raises:
        UsageError: Something of a workspace is there already; nothing was written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, init(f"{folder}/shop") as shop:
        ...     sorted(path.name for path in shop.root.iterdir()), shop.settings.gate.margin_pp
        (['START.md', 'evalsets', 'lexicon.toml', 'reports', 'rubric.toml', 'seeds', 'workbench.toml'], 3.0)
    """
    root = Path(directory).expanduser().resolve()
    templates = resources.files("workbench") / "templates"
    texts = {name: (templates / name).read_text("utf-8") for name in (SETTINGS, RUBRIC, LEXICON, START)}
    texts |= {f"notebooks/{path.name}": path.read_text("utf-8") for path in notebooks}
    folders = {*FOLDERS, *(str(Path(name).parent) for name in texts)}
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file; name a folder for the workspace")
    taken = [name for name in texts if (root / name).exists()]
    taken += [name for name in sorted(folders) if (root / name).exists() and not (root / name).is_dir()]
    if taken:
        raise UsageError(
            f"{root} holds {listed(taken, most=4)} already and nothing was written; choose another folder"
        )
    for name in folders:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(root / name, text)
    return Workspace(root)


_log = logging.getLogger(__name__)


class Workspace:
    """A folder with its settings and its store.

    Frames are read anew each time they are asked for, since others may have added rows.

    Args:
        root: The folder, which `open` or `init` has looked at.

    Attributes:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def __repr__(self) -> str:
        return f"Workspace({str(self.root)!r})"

    def __str__(self) -> str:
        return f"workspace {self.name} in {self.root}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store, if it was opened; it opens again when it is asked for."""
        store = self.__dict__.pop("store", None)
        if store is not None:
            store.close()

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.root.name

    @cached_property
    def settings(self) -> Settings:
        """What workbench.toml says."""
        from workbench.settings import Settings, read

        return read(Settings, self.root / SETTINGS)

    @cached_property
    def rubric(self) -> Rubric:
        """What rubric.toml says."""
        from workbench.settings import Rubric, read

        return read(Rubric, self.root / RUBRIC)

    @cached_property
    def lexicon(self) -> Lexicon:
        """What lexicon.toml says."""
        from workbench.settings import Lexicon, read

        return read(Lexicon, self.root / LEXICON)

    @property
    def demo(self) -> bool:
        """Whether everything here was invented for a demo."""
        return self.settings.demo

    @cached_property
    def store(self) -> Store:
        """The database: of WORKBENCH_DB, else of `[store] url`, else workbench.db in the folder."""
        from workbench.store import Store

        return Store(self._address())

    def _address(self) -> sa.URL:
        import sqlalchemy as sa

        from workbench.store.engine import address

        url = os.environ.get(DATABASE) or self.settings.store.url
        if not url:
            return sa.URL.create("sqlite", database=str(self.root / "workbench.db"))
        parsed = address(url)
        if parsed.drivername != "sqlite" or Path(parsed.database or "").is_absolute():
            return parsed
        # Wherever a notebook or a command was started, a relative file means the same one.
        return parsed.set(database=str(self.path(parsed.database or "workbench.db")))

    @property
    def cases(self) -> pd.DataFrame:
        """The table `cases`."""
        from workbench.tables import CASES

        return self.store.read(CASES)

    @property
    def labels(self) -> pd.DataFrame:
        """The label of each case that is true now; see `workbench.folds.labels`."""
        from workbench import folds
        from workbench.tables import LABELS

        return folds.labels(folds.upheld(self.store.read(LABELS), self.reviews))

    @property
    def results(self) -> pd.DataFrame:
        """The table `results`."""
        from workbench.tables import RESULTS

        return self.store.read(RESULTS)

    @property
    def evalsets(self) -> pd.DataFrame:
        """The table `evalsets`."""
        from workbench.tables import EVALSETS

        return self.store.read(EVALSETS)

    @property
    def seeds(self) -> pd.DataFrame:
        """The table `seeds`."""
        from workbench.tables import SEEDS

        return self.store.read(SEEDS)

    @property
    def verdicts(self) -> pd.DataFrame:
        """The table `verdicts`."""
        from workbench.tables import SWAPS

        return self.store.read(SWAPS)

    @property
    def reviews(self) -> pd.DataFrame:
        """The table `reviews`: events, not yet folded; see `workbench.folds.decisions`."""
        from workbench.tables import REVIEWS

        return self.store.read(REVIEWS)

    @property
    def sittings(self) -> pd.DataFrame:
        """The table `sittings`: what was drawn for each sitting of a reviewer."""
        from workbench.tables import SITTINGS

        return self.store.read(SITTINGS)

    @property
    def checks(self) -> pd.DataFrame:
        """The table `checks`: planted cases, whose right verdict is known."""
        from workbench.tables import CHECKS

        return self.store.read(CHECKS)

    @property
    def seen(self) -> tuple[int, str]:
        """The number and the hash of the newest review event that was seen here; see `workbench.chain`."""
        from workbench.chain import WITNESS, remembered
        from workbench.store.engine import label

        return remembered(self.root / WITNESS, label(self.store.url))

    def saw(self, newest: tuple[int, str]) -> None:
        """Write down the newest review event, so that it is missed when it is cut off."""
        from workbench.chain import WITNESS, remember
        from workbench.store.engine import label

        if newest[0] > self.seen[0]:
            try:
                remember(self.root / WITNESS, label(self.store.url), newest)
            except OSError as error:
                # What is committed is committed: a full disk beside the database makes no decision undone.
                _log.warning(
                    "%s could not be written (%s): events cut off now are not missed", WITNESS, error
                )

    def case(self, case_id: str) -> Case:
        """Return one case as a person looks at it: conversation, lineage, labels, every answer.

        Raises:
            UsageError: No case has this id; the message names the nearest one.
        """
        from workbench.workspace.case import look_up

        return look_up(self.store, case_id)

    def path(self, *parts: str | os.PathLike[str]) -> Path:
        """Return a path inside the workspace; it need not exist.

        Raises:
            SafetyError: The path leads out of the workspace, also by a symbolic link.

        Example:
            >>> Workspace(Path("/srv/shop")).path("reports", "../../etc")
            Traceback (most recent call last):
            workbench.errors.SafetyError: 'reports/../../etc' leads out of the workspace shop; name a path inside it
        """
        inner = os.path.join(*parts) if parts else "."  # noqa: PTH118 - shown as it was given
        try:
            whole = (self.root / inner).resolve()
        except (OSError, RuntimeError, ValueError):
            whole = Path("/")
        # From Python 3.13 on, a link that leads to itself is no error and stays a link.
        if (
            not whole.is_relative_to(self.root)
            or whole.is_symlink()
            or any(p.is_symlink() for p in whole.parents)
        ):
            raise SafetyError(f"{shown(inner)} leads out of the workspace {self.name}; name a path inside it")
        return whole
