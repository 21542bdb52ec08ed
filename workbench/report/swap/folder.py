"""A swap's run folder, read back: the stored verdict and the cases behind it.

The verdict was computed once, by the swap. Nothing here computes or changes one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ReportError, UsageError, shown
from workbench.provenance import BETWEEN, BUCKETS, GROUPS
from workbench.redact import redact
from workbench.report.tiles import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA_VERSION = 1

MODELS = ("baseline", "candidate", "model")
"""Fields with the name of a model, which stays also where it looks like an address, as `reader@eu.example`."""

CASE_TEXTS = (
    "case_id", "bucket", "group", "tag", "root_id", "split", "slice", "cell", "expected", "label_kind", "text", "change",
    "baseline_output", "candidate_output", "baseline_reason", "candidate_reason",
    "baseline_failure_mode", "candidate_failure_mode",
)  # fmt: skip
CASE_NUMBERS = (
    "baseline_score", "candidate_score", "baseline_trials", "candidate_trials", "baseline_errors", "candidate_errors",
    "baseline_unscored", "candidate_unscored",
)  # fmt: skip

NAMES: Mapping[str, str] = {
    "redteam": "red team",
    "synthetic": "synthetic",
    "real": "real",
    "golden": "golden",
}
"""How groups and buckets are named for people."""


def placed(cell: str) -> str:
    """Return a cell in words; a case may be known on some axes of the grid only.

    Example:
        >>> placed("angry/delay"), placed("*/delay"), placed("*/*")
        ('angry/delay', 'cell not known beyond delay', 'cell not known')
    """
    levels = cell.split(BETWEEN)
    known = [level for level in levels if level != UNKNOWN]
    if len(known) == len(levels):
        return cell
    return f"cell not known beyond {', '.join(known)}" if known else "cell not known"


@dataclass(frozen=True)
class SwapRun:
    """What a swap left behind.

    Attributes:
        folder: The run folder.
        verdict: verdict.json, without personal data.
        manifest: manifest.json, without personal data; empty while the run is being made.
        cases: One row per case of the set, with both models' scores and answers as they are stored.
    """

    folder: Path
    verdict: Mapping[str, Any] = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    cases: pd.DataFrame = field(repr=False)

    def get(self, *path: str) -> Any:
        """Return a field of verdict.json by its path, or none where it is absent or null."""
        value: Any = self.verdict
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def why(self, *path: str) -> str:
        """Return why a field is null, in the words of verdict.json.

        The reasons stand under `why`, of the whole or of the part, by the field's dotted path or
        its last name.
        """
        for depth in reversed(range(len(path))):
            reasons = self.get(*path[:depth], "why")
            for name in (".".join(path[depth:]), path[-1]):
                if isinstance(reasons, dict) and reasons.get(name):
                    return str(reasons[name])
        return "no reason is stored"

    @property
    def baseline(self) -> str:
        """The name of the model in use."""
        return str(self.get("swap", "baseline") or "the baseline")

    @property
    def candidate(self) -> str:
        """The name of the model that would replace it."""
        return str(self.get("swap", "candidate") or "the candidate")

    @property
    def refused(self) -> bool:
        """Whether the numbers are a smoke test and no evidence."""
        return bool(self.get("verdict") == "REFUSED")

    def parts(self, kind: str) -> pd.DataFrame:
        """Return `groups` or `buckets` of verdict.json as a frame, in their usual order.

        Returns:
            One row per part: part (its key), name, and every number of verdict.json; a number
            that could not be computed is missing.
        """
        order = {name: i for i, name in enumerate(GROUPS if kind == "groups" else BUCKETS)}
        found = self.get(kind) or {}
        rows = [
            {"part": key, "name": NAMES.get(key, key), **found[key]}
            for key in sorted(found, key=lambda k: order.get(k, 99))
        ]
        columns = dict.fromkeys(["part", "name", *PART_COLUMNS, *(key for row in rows for key in row)])
        columns.pop("why", None)
        return pd.DataFrame(rows, columns=list(columns)).astype(object)

    def selected(self, group: str, change: str) -> pd.DataFrame:
        """Return the cases of a group that were `lost`, `gained`, `same` or `unpaired`."""
        return self.cases[(self.cases["group"] == group) & (self.cases["change"] == change)]


PART_COLUMNS = (
    "cases", "paired", "roots", "errors", "unscored", "baseline_rate", "candidate_rate", "lost", "gained",
    "delta_pp", "low_pp", "high_pp", "p_midp", "deff", "method", "reading",
)  # fmt: skip


def read(run_dir: str | Path) -> SwapRun:
    """Read a swap's run folder.

    Args:
        run_dir: The folder that `workbench swap` made; it holds verdict.json and cases.parquet.

    Raises:
        UsageError: No folder was named, or it holds no verdict.
        ReportError: A file in it cannot be read, or is of another schema.
    """
    if not str(run_dir).strip():
        raise UsageError(
            "this notebook needs a swap's run folder; run `workbench swap BASELINE CANDIDATE --evalset NAME` and pass -p run_dir=reports/..."
        )
    folder = Path(run_dir)
    if not (folder / "verdict.json").is_file():
        raise UsageError(f"{folder} holds no verdict.json; pass the folder that `workbench swap` printed")
    verdict = _read_json(folder / "verdict.json")
    if verdict.get("schema_version") != SCHEMA_VERSION:
        raise ReportError(
            f"{folder.name}/verdict.json has schema_version {shown(verdict.get('schema_version'))} and this version reads {SCHEMA_VERSION}; use the version of workbench that wrote it"
        )
    manifest = folder / "manifest.json"
    return SwapRun(
        folder,
        redact(verdict, keep=MODELS),
        redact(_read_json(manifest), keep=MODELS) if manifest.is_file() else {},
        _read_cases(folder / "cases.parquet"),
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(
            f"{path.parent.name}/{path.name} cannot be read ({error}); make the run again"
        ) from None
    if not isinstance(value, dict):
        raise ReportError(f"{path.parent.name}/{path.name} holds no object; make the run again")
    return value


def _read_cases(path: Path) -> pd.DataFrame:
    """Return the cases with every column that the report uses; absent ones are missing."""
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ReportError(
            f"{path.parent.name}/{path.name} cannot be read ({type(error).__name__}); make the run again"
        ) from None
    typed = {
        **dict.fromkeys(CASE_TEXTS, "str"),
        **dict.fromkeys(CASE_NUMBERS, "float64"),
        "reviewed": "boolean",
    }
    for column, dtype in typed.items():
        values = frame[column] if column in frame else pd.Series([None] * len(frame), index=frame.index)
        frame[column] = values.astype(dtype)  # type: ignore[call-overload]
    return frame.reset_index(drop=True)


def sentences(items: Sequence[Any]) -> list[str]:
    """Return reasons of verdict.json, {code, text} or plain text, as their texts."""
    return [
        str(item.get("text") or item.get("code") or "") if isinstance(item, dict) else str(item)
        for item in items
    ]
