"""Stage evalset: freeze cases into a set that a swap can be decided on.

A frozen set is a row of the table `evalsets` and a folder `evalsets/<name>-v<version>/` with
`cases.jsonl` and `manifest.json`, both made for git. Freezing drops no case: a mix says what is
found and what is short, and the weights of the mixed estimate follow from it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import TYPE_CHECKING, Any

from workbench import folds
from workbench.chain import broken
from workbench.errors import StoreError, UsageError, shown
from workbench.evalset.members import members as members_of
from workbench.evalset.members import vouched
from workbench.evalset.mixes import composed, declared_weights, mix_named
from workbench.files import write_json, write_lines
from workbench.frozen import Frozen, stored, times_used
from workbench.labels import refuse_forgotten
from workbench.mixes import group_weights
from workbench.provenance import ID_PATTERN, canonical, sha256
from workbench.tables import CASES, EVALSETS, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from workbench.workspace import Workspace


def freeze(workspace: Workspace, name: str, *, mix: str | None = None, everything: bool = False) -> Frozen:
    """Freeze the eval split of the seed and the kept candidates of eval under a name.

    Args:
        workspace: The workspace.
        name: The set's name, 1 to 64 of letters, digits, dot, underscore and hyphen.
        mix: A preset, or a mix named in `[mix]` of workbench.toml. Without one, the
            composition and the weights are as found.
        everything: Take train and unreviewed candidates too, never the holdout. The report says so.

    Returns:
        The set. Freezing what the newest version of this name holds already, labels and all, returns
        that version.

    Raises:
        UsageError: The name or mix is not known, no case qualifies, or a provisional label has been
            overdue for two quarters.
        StoreError: The chain of review events is broken.
    """
    import re

    if not re.fullmatch(ID_PATTERN, name):
        raise UsageError(f"evalset name {shown(name)} must match {ID_PATTERN}; choose another name")
    parts = None if mix is None else mix_named(workspace.settings, mix)
    with workspace.store.transaction() as tx:
        cases, reviews = tx.read(CASES), tx.read(REVIEWS)
        if fault := broken(reviews, seen=workspace.seen):
            raise StoreError(
                f"the chain of review events is broken: {fault}; nothing was frozen; restore the database "
                "from a backup"
            )
        members = members_of(cases, reviews, everything=everything)
        if members.empty:
            raise UsageError(
                f"no case qualifies for {shown(name)}: import a seed first, review candidates, or pass --all"
            )
        standing = folds.labels(folds.upheld(tx.read(LABELS), reviews))
        refuse_forgotten(standing, members["case_id"])
        composition = composed(members["bucket"].tolist(), parts)
        weights = group_weights(members["group"].tolist(), parts or declared_weights(workspace.settings))
        digest = set_sha256(members, weights)
        earlier = tx.read(EVALSETS, name=name)
        newest = stored(workspace, earlier.iloc[-1]) if len(earlier) else None
        labels = _labels(members, vouched(standing, cases))
        if newest and _holds(newest, members, digest, labels):
            frozen = newest
        else:
            version = len(earlier) + 1
            folder = workspace.path("evalsets", f"{name}-v{version}")
            frozen = Frozen(name, version, digest, members, composition, weights, everything, folder)
        _check_folder(frozen, labels)
        if frozen.is_new:
            tx.append(EVALSETS, [_row(frozen, owner=workspace.settings.seed.owner)])
    _write(workspace, frozen, labels)
    return frozen


def _labels(members: pd.DataFrame, labels: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return `expected` and `label_kind` of each member, None where nobody vouches for a label."""
    stated = labels.set_index("case_id")[["expected", "kind"]].rename(columns={"kind": "label_kind"})
    return {
        case: stated.loc[case].to_dict() if case in stated.index else {"expected": None, "label_kind": None}
        for case in members["case_id"]
    }


def _holds(newest: Frozen, members: pd.DataFrame, digest: str, labels: Mapping[str, Any]) -> bool:
    # Roots and labels are no part of the hash: a later case can join two roots, a label be corrected.
    same_roots = newest.members["root_id"].tolist() == members["root_id"].tolist()
    return newest.sha256 == digest and same_roots and _same_labels(newest.folder, labels)


def _same_labels(folder: Path, labels: Mapping[str, Any]) -> bool:
    """Say whether the file of a set expects what these labels do, or is not there."""
    file = folder / "cases.jsonl"
    if not file.exists():
        return True
    try:
        rows = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
        held = {row["case_id"]: row["expected"] for row in rows}
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"evalsets/{folder.name}/cases.jsonl cannot be read as the cases of a set; restore that file, "
            "or move the folder away"
        ) from None
    return held == {case: label["expected"] for case, label in labels.items()}


def _row(frozen: Frozen, *, owner: str) -> dict[str, Any]:
    """Return a new set as a row of the table `evalsets`."""
    return {
        "name": frozen.name,
        "version": frozen.version,
        "members": frozen.members.drop(columns=["group"]).to_dict("records"),
        "mix": frozen.mix,
        "weights": frozen.weights,
        "everything": frozen.everything,
        "owner": owner or None,
        "sha256": frozen.sha256,
        "created_at": dt.datetime.now(dt.UTC),
    }


def _check_folder(frozen: Frozen, labels: Mapping[str, Any]) -> None:
    """Refuse to leave the files of another set beside this one, as a new database would."""
    manifest = frozen.folder / "manifest.json"
    found = json.loads(manifest.read_text("utf-8")).get("sha256") if manifest.exists() else frozen.sha256
    if found != frozen.sha256:
        raise UsageError(
            f"evalsets/{frozen.folder.name} holds another set already (sha256 {str(found)[:12]}); "
            "choose another name, or move that folder away"
        )
    if not _same_labels(frozen.folder, labels):
        raise UsageError(
            f"evalsets/{frozen.folder.name} holds other labels already; choose another name, or move that "
            "folder away"
        )


def record_use(workspace: Workspace, frozen: Frozen) -> int:
    """Write into the set's manifest how many swaps have been decided on it, and return the number."""
    manifest = frozen.folder / "manifest.json"
    used = times_used(workspace.store, frozen.sha256)
    if manifest.exists():
        write_json(manifest, json.loads(manifest.read_text("utf-8")) | {"times_used": used})
    return used


def set_sha256(members: pd.DataFrame, weights: Mapping[str, float]) -> str:
    """Return the hash of a frozen set: ids, content hashes, buckets, tags, splits and weights."""
    columns = ["case_id", "content_sha256", "bucket", "tag", "split"]
    rows = sorted(members[columns].astype(object).where(members[columns].notna(), None).to_numpy().tolist())
    return sha256({"cases": rows, "weights": {group: round(weight, 12) for group, weight in weights.items()}})


def _write(workspace: Workspace, frozen: Frozen, labels: Mapping[str, dict[str, Any]]) -> None:
    """Write the set's files unless they are there already; the manifest comes last."""
    if (frozen.folder / "manifest.json").exists():
        return
    cases = workspace.store.read(CASES, case_id=frozen.members["case_id"].tolist())
    shown_to_models = cases.set_index("case_id")[["turns", "context"]].to_dict("index")
    lines = [
        canonical(_plain(member | shown_to_models[member["case_id"]] | labels[member["case_id"]]))
        for member in frozen.members.to_dict("records")
    ]
    digest = write_lines(frozen.folder / "cases.jsonl", lines)
    write_json(
        frozen.folder / "manifest.json",
        {
            "name": frozen.name,
            "version": frozen.version,
            "sha256": frozen.sha256,
            "cases_jsonl_sha256": digest,
            "owner": workspace.settings.seed.owner or None,
            "demo": workspace.demo,
            "cases": len(frozen.members),
            "buckets": frozen.members["bucket"].value_counts(sort=False).to_dict(),
            "splits": frozen.members["split"].value_counts(sort=False).to_dict(),
            "unreviewed": int((~frozen.members["reviewed"]).sum()),
            "everything": frozen.everything,
            "mix": frozen.mix,
            "weights": frozen.weights,
            "frozen_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "times_used": times_used(workspace.store, frozen.sha256),
        },
    )


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _none(value) for key, value in row.items()}


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
