"""What a check computes becomes labels: all of them or none, and beside them what others had said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.errors import QuarantineError, UsageError, counted, listed, shown
from workbench.exchange.intake import printed
from workbench.labels import label_id, wrote
from workbench.tables import LABELS, REVIEWS
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from workbench.review.programmatic.check import Check
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """What a check said.

    Attributes:
        check: Its name.
        check_sha256: Its hash, which its labels carry.
        labels: New labels.
        known: Labels that this check had written before.
        silent: Cases that it says nothing about.
        differs: One row per case whose label was another one, before this: `case_id`, `kind`, `author`,
            `expected`, and `computed` (missing where an earlier check of this name had said
            something, and this one says nothing). A human label goes on to count.
    """

    check: str
    check_sha256: str
    labels: int
    known: int
    silent: int
    differs: pd.DataFrame

    def __str__(self) -> str:
        by_kind = self.differs["kind"].value_counts()
        told = listed([f"{count:,} {kind}" for kind, count in by_kind.items()], most=8)
        return printed(
            [
                f"{self.check} ({self.check_sha256[:12]}): {counted(self.labels, 'programmatic label')} added",
                f"{self.known:,} known already, nothing said about {counted(self.silent, 'case')}",
                *([f"differs from what was said before: {told}; see differs"] if told else []),
            ]
        )


def label(workspace: Workspace, check: Check, case_ids: Iterable[str] | None = None) -> Labelled:
    """Label cases by a check: all on which it says something, or none where it fails on one.

    The label that counts is still that of a person where there is one; see `workbench.folds.labels`. The same
    check again adds nothing.

    Args:
        workspace: The workspace.
        check: The check.
        case_ids: The cases; by default all that have a text and are not of the holdout.

    Raises:
        UsageError: A case is not known, has no text, or is of the holdout.
        QuarantineError: The check fails on some cases, or says what the rubric does not have; each
            is listed, and nothing was added.
        StoreError: The store refused.

    Example:
        >>> import tempfile
        >>> import workbench as wb
        >>> from workbench.review.programmatic import regex
        >>> with tempfile.TemporaryDirectory() as folder, wb.init(f"{folder}/shop") as shop:
        ...     print(label(shop, regex("a lawyer is named", "(?i)lawyer", "handoff")))
        a lawyer is named (2817828a84ec): 0 programmatic labels added
        0 known already, nothing said about 0 cases
    """
    cases = _asked(workspace.cases, case_ids)
    computed = _computed(check, cases, tuple(workspace.rubric.expected))
    now = dt.datetime.now(dt.UTC)
    with workspace.store.transaction() as tx:
        stored, reviews = tx.read(LABELS), tx.read(REVIEWS)
        said = stored[stored["check_sha256"] == check.sha256]
        before = set(zip(said["case_id"], said["expected"], strict=True))
        rows = [
            _row(check, case_id, expected, version=workspace.rubric.version, at=now)
            for case_id, expected in computed.items()
            if expected is not None and (case_id, expected) not in before
        ]
        tx.append(LABELS, rows)
    stated = sum(expected is not None for expected in computed.values())
    return Labelled(
        check=check.name,
        check_sha256=check.sha256,
        labels=len(rows),
        known=stated - len(rows),
        silent=len(computed) - stated,
        differs=_differs(check, folds.labels(folds.upheld(stored, reviews)), computed),
    )


def _asked(cases: pd.DataFrame, case_ids: Iterable[str] | None) -> pd.DataFrame:
    """Return the cases to label; those of the holdout are never touched."""
    free = cases[(cases["split"] != "holdout") & cases["content_sha256"].notna()]
    if case_ids is None:
        return free
    ids = list(dict.fromkeys(case_ids))
    if barred := sorted(set(ids) - set(free["case_id"])):
        raise UsageError(
            f"{counted(len(barred), 'case')} cannot be labelled ({listed(barred)}): unknown, without a text, or of the "
            "holdout, which is never touched; leave them out"
        )
    return free[free["case_id"].isin(ids)]


def _computed(check: Check, cases: pd.DataFrame, values: tuple[str, ...]) -> dict[str, str | None]:
    """Return what a check says of each case, or refuse with one sentence for each case that it fails on."""
    found: dict[str, str | None] = {}
    problems = []
    for case in cases.to_dict("records"):
        case_id = str(case["case_id"])
        try:
            found[case_id] = said = check.says({name: case[name] for name in ("case_id", "turns", "context")})
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises is told of its case
            fault = f"makes it fail: {type(error).__name__}, {shown(str(error))}"
        else:
            fault = _fault(check, case, said, values)
        if fault:
            problems.append(printed([f"case {case_id} {fault}"]))
    if problems:
        head = (
            f"check {shown(check.name)} cannot label {len(problems):,} of {counted(len(cases), 'case')}, so nothing "
            "was added; correct it, or name the cases to label"
        )
        raise QuarantineError("\n  ".join([marked(head), *problems]), problems)
    return found


def _fault(check: Check, case: Mapping[Any, Any], said: Any, values: tuple[str, ...]) -> str:
    if said is None:
        return ""
    if not isinstance(said, str) or not said.strip():
        return f"has the value {shown(said)} from it; a check returns a text, or None"
    if values and said not in values:
        return (
            f"has the value {shown(said)} from it, which the rubric does not have; it has {', '.join(values)}"
        )
    if wrote(check.name, case):
        return "was written by a model of that name; a model never labels what it wrote"
    return ""


def _row(check: Check, case_id: str, expected: str, *, version: str, at: dt.datetime) -> dict[str, Any]:
    row = dict.fromkeys(LABELS.names) | {
        "case_id": case_id,
        "expected": expected,
        "kind": "programmatic",
        "rubric_version": version,
        "author": check.name,
        "check_sha256": check.sha256,
        "created_at": at,
    }
    return row | {"label_id": label_id(row)}


def _differs(check: Check, before: pd.DataFrame, computed: Mapping[str, str | None]) -> pd.DataFrame:
    """Return the labels that counted before and that the check does not agree with."""
    frame = before[before["case_id"].isin(list(computed))].assign(
        computed=lambda asked: asked["case_id"].map(dict(computed)).astype("str")
    )
    silent = frame["computed"].isna()
    outdated = silent & (frame["author"] == check.name) & (frame["kind"] == "programmatic")
    differing = frame[outdated | (~silent & (frame["computed"] != frame["expected"]))]
    return differing[["case_id", "kind", "author", "expected", "computed"]].reset_index(drop=True)
