"""A file's cases against those in the store: what is new, what is known, and what contradicts.

A case never changes. An import that says something else about a stored case than the store does is
refused, because to take it as known would lose what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, listed, shown
from workbench.exchange.cases import Problem
from workbench.exchange.values import own_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.exchange.cases import Read
    from workbench.exchange.entries import Entry
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A file's cases against those in the store.

    Attributes:
        new: Cases that the store does not have.
        known: Cases that it has, with the same content and nothing else said about them.
        read: The file, with the cases that contradict the store among its problems.
    """

    new: list[Entry]
    known: list[Entry]
    read: Read


def compared(read: Read, stored: pd.DataFrame) -> Compared:
    """Part a file's cases into those that are new, those that are known, and those that contradict.

    Args:
        read: The file.
        stored: Rows of `cases`, among them all with the ids of the file.
    """
    named = stored[stored["case_id"].isin([entry.case_id for entry in read.entries])].astype("object")
    have = {row["case_id"]: row for row in named.where(named.notna(), None).to_dict("records")}
    new = [entry for entry in read.entries if entry.case_id not in have]
    known: list[Entry] = []
    problems: list[Problem] = []
    for entry in (entry for entry in read.entries if entry.case_id in have):
        clash = _clash(entry, have[entry.case_id])
        if clash:
            problems.append(Problem(entry.place, entry.case_id, clash, entry.record))
        else:
            known.append(entry)
    return Compared(new=new, known=known, read=with_problems(read, problems))


def _clash(entry: Entry, stored: Mapping[Any, Any]) -> str:
    if stored["bucket"] != entry.case["bucket"]:
        return f"is in the store as {stored['bucket']}; give it an id of its own"
    if not stored["turns"]:
        return "is in the store without its text, as a stub of results; a case never changes, so give it a new id"
    if stored["content_sha256"] != entry.case["content_sha256"]:
        return f"is in the store with another content, not {shown(entry.text)}; a case never changes, so give it a new id"
    changed = [
        f"{name} ({_told(stored[name])} in the store, {_told(entry.case[name])} in this import)"
        for name in entry.stated
        if stored[name] != entry.case[name]
    ]
    if not changed:
        return ""
    return (
        f"is in the store with another {' and '.join(changed)}; a case never changes, "
        "so leave the row out, or import the file into a new workspace"
    )


def _told(value: Any) -> str:
    text = own_text(value)
    return "nothing" if text is None else shown(text)


def with_problems(read: Read, problems: Sequence[Problem]) -> Read:
    """Return a file with further problems, and without the cases that have them."""
    bad = {problem.place for problem in problems}
    return replace(
        read,
        entries=[entry for entry in read.entries if entry.place not in bad],
        problems=[*read.problems, *problems],
    )


def refuse_mixture(workspace: Workspace, stored: pd.DataFrame) -> None:
    """Refuse to write invented cases beside real ones, or real ones beside invented.

    Args:
        workspace: Where cases are to be written; a store may serve several workspaces.
        stored: All rows of `cases`.

    Raises:
        UsageError: The workspace is a demo and the store holds a case of no demo, or the reverse.
    """
    is_demo = stored["tag"].str.startswith("demo-")
    others = stored.loc[is_demo != workspace.demo, "case_id"].tolist()
    if not others:
        return
    held = f"{len(others):,} of its {len(stored):,} cases {{}} ({listed(others)}), and nothing was imported"
    own = "give this workspace a store of its own in [store] url or WORKBENCH_DB"
    if workspace.demo:
        raise UsageError(
            f"the store of {workspace.name} is not for a demo: {held.format('are no demo')}; {own}"
        )
    raise UsageError(
        f"the store of {workspace.name} is for a demo: {held.format('are demo cases')}; "
        f"{own}, or set demo = true in workbench.toml"
    )
