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
from workbench.errors import UsageError, shown
from workbench.files import write_json, write_lines
from workbench.frozen import Frozen, stored, times_used
from workbench.provenance import GROUP_OF_BUCKET, ID_PATTERN, canonical, sha256
from workbench.tables import CASES, EVALSETS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.store import Transaction
    from workbench.workspace import Workspace

SYNTHETIC = ("prompted", "persona", "mutation")

PRESETS: Mapping[str, Mapping[tuple[str, ...], float]] = {
    "70/30": {SYNTHETIC: 0.70, ("seed",): 0.30},
    "mature": {
        ("seed",): 0.30,
        ("mutation",): 0.35,
        ("persona", "prompted"): 0.20,
        ("redteam",): 0.10,
        ("golden",): 0.05,
    },
    "50/25/25": {("seed",): 0.50, SYNTHETIC: 0.25, ("redteam",): 0.25},
}
"""Shares of a mix by parts; a part pools the buckets it names.

Source: 70/30 is the launch mix of the long text (its sections 3 and 12), `mature` the mix of its
section 1; 50/25/25 is the short text's: half sampled from production, a quarter synthetic, a
quarter adversarial cases written by the team.
"""


def freeze(workspace: Workspace, name: str, *, mix: str | None = None, everything: bool = False) -> Frozen:
    """Freeze the eval split of the seed and the kept candidates of eval under a name.

    Args:
        workspace: The workspace.
        name: The set's name, 1 to 64 of letters, digits, dot, underscore and hyphen.
        mix: A preset of `PRESETS`, or a mix named in `[mix]` of workbench.toml. Without one, the
            composition and the weights are as found.
        everything: Take train and unreviewed candidates too, never the holdout. The report says so.

    Returns:
        The set. Freezing what the newest version of this name holds already returns that version.

    Raises:
        UsageError: The name or mix is not known, or no case qualifies.
    """
    import re

    if not re.fullmatch(ID_PATTERN, name):
        raise UsageError(f"evalset name {shown(name)} must match {ID_PATTERN}; choose another name")
    parts = _parts(workspace, mix)
    with workspace.store.transaction() as tx:
        members = _members(tx, everything=everything)
        if members.empty:
            raise UsageError(
                f"no case qualifies for {shown(name)}: import a seed first, review candidates, or pass --all"
            )
        composition = composed(members["bucket"].tolist(), parts)
        weights = group_weights(members["group"].tolist(), parts or _declared_weights(workspace))
        digest = set_sha256(members, weights)
        earlier = tx.read(EVALSETS, name=name)
        newest = stored(workspace, earlier.iloc[-1]) if len(earlier) else None
        # Roots are no part of the hash, and a case that was added later can have joined two.
        roots = members["root_id"].tolist()
        if newest and newest.sha256 == digest and newest.members["root_id"].tolist() == roots:
            frozen = newest
        else:
            version = len(earlier) + 1
            folder = workspace.path("evalsets", f"{name}-v{version}")
            frozen = Frozen(name, version, digest, members, composition, weights, everything, folder)
        _check_folder(frozen)
        if frozen.is_new:
            tx.append(EVALSETS, [_row(frozen, owner=workspace.settings.seed.owner)])
    _write(workspace, frozen)
    return frozen


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


def _check_folder(frozen: Frozen) -> None:
    """Refuse to leave the files of another set beside this one, as a new database would."""
    manifest = frozen.folder / "manifest.json"
    found = json.loads(manifest.read_text("utf-8")).get("sha256") if manifest.exists() else frozen.sha256
    if found != frozen.sha256:
        raise UsageError(
            f"evalsets/{frozen.folder.name} holds another set already (sha256 {str(found)[:12]}); "
            "choose another name, or move that folder away"
        )


def record_use(workspace: Workspace, frozen: Frozen) -> int:
    """Write into the set's manifest how many swaps have been decided on it, and return the number."""
    manifest = frozen.folder / "manifest.json"
    used = times_used(workspace.store, frozen.sha256)
    if manifest.exists():
        write_json(manifest, json.loads(manifest.read_text("utf-8")) | {"times_used": used})
    return used


def composed(
    buckets: Sequence[str], parts: Mapping[tuple[str, ...], float] | None
) -> dict[str, dict[str, float | int | None]]:
    """Compare the buckets of a set with a mix.

    Args:
        buckets: The bucket of each case.
        parts: The mix: for each part (a tuple of buckets) its target share. None for as found.

    Returns:
        For each part: `target` (share 0-1, None as found), `found` (cases), `share` (0-1) and
        `short`: how many cases the part lacks until the mix holds with no case dropped.

    Example:
        >>> composed(["seed"] * 30 + ["prompted"] * 35, PRESETS["70/30"])["prompted+persona+mutation"]
        {'target': 0.7, 'found': 35, 'share': 0.5384615384615384, 'short': 35}
    """
    asked = parts or {(bucket,): math.nan for bucket in GROUP_OF_BUCKET if bucket in set(buckets)}
    found = {part: sum(bucket in part for bucket in buckets) for part in asked}
    # The part that is fullest against its target sets the size at which all targets hold.
    size = max((n / asked[part] for part, n in found.items() if asked[part] > 0), default=0.0)
    rows: dict[str, dict[str, float | int | None]] = {}
    for part, target in asked.items():
        declared = not math.isnan(target)
        # Rounded before the ceiling, or 0.3 * (30 / 0.3) would ask for a 31st case.
        short = max(0, math.ceil(round(size * target, 6)) - found[part]) if declared else 0
        rows["+".join(part)] = {
            "target": target if declared else None,
            "found": found[part],
            "share": found[part] / len(buckets) if buckets else None,
            "short": short,
        }
    outside = sum(not any(bucket in part for part in asked) for bucket in buckets)
    if outside:
        rows["outside the mix"] = {
            "target": 0.0,
            "found": outside,
            "share": outside / len(buckets),
            "short": 0,
        }
    return rows


def group_weights(groups: Sequence[str], parts: Mapping[tuple[str, ...], float] | None) -> dict[str, float]:
    """Return the weight of each group in the mixed estimate.

    The mix is summed by group, the red team is dropped, and the rest is renormalised over the
    groups present. As found, a group weighs what its cases are.

    Args:
        groups: The group of each case.
        parts: The mix by buckets, or None for as found.

    Returns:
        `{group: weight}` summing to 1, or empty when nothing but red team is there.

    Example:
        >>> {g: round(w, 3) for g, w in group_weights(["real", "synthetic", "golden"], PRESETS["mature"]).items()}
        {'real': 0.333, 'synthetic': 0.611, 'golden': 0.056}
    """
    present = [group for group in ("real", "synthetic", "golden") if group in set(groups)]
    if parts is None:
        raw = {group: float(sum(g == group for g in groups)) for group in present}
    else:
        raw = dict.fromkeys(present, 0.0)
        for part, share in parts.items():
            group = GROUP_OF_BUCKET[part[0]]
            if group in raw:
                raw[group] += share
    total = sum(raw.values())
    return {group: weight / total for group, weight in raw.items()} if total else {}


def set_sha256(members: pd.DataFrame, weights: Mapping[str, float]) -> str:
    """Return the hash of a frozen set: ids, content hashes, buckets, tags, splits and weights."""
    columns = ["case_id", "content_sha256", "bucket", "tag", "split"]
    rows = sorted(members[columns].astype(object).where(members[columns].notna(), None).to_numpy().tolist())
    return sha256({"cases": rows, "weights": {group: round(weight, 12) for group, weight in weights.items()}})


def _parts(workspace: Workspace, mix: str | None) -> Mapping[tuple[str, ...], float] | None:
    if mix is None:
        return None
    if mix in PRESETS:
        return PRESETS[mix]
    declared = workspace.settings.mix.get(mix)
    if declared is None:
        known = ", ".join([*PRESETS, *workspace.settings.mix])
        raise UsageError(
            f"no mix {shown(mix)}; there are {known}; declare your own under [mix] in workbench.toml"
        )
    return {(bucket,): share for bucket, share in declared.items()}


def _declared_weights(workspace: Workspace) -> Mapping[tuple[str, ...], float] | None:
    bucket_of = {"real": "seed", "synthetic": "prompted", "golden": "golden"}
    declared = workspace.settings.weights
    return {(bucket_of[group],): share for group, share in declared.items()} if declared else None


def _members(tx: Transaction, *, everything: bool) -> pd.DataFrame:
    cases = tx.read(CASES)
    state = folds.candidates(cases, tx.read(REVIEWS))
    # Nobody need keep what is no candidate: the seed, golden cases, and whatever a person wrote.
    cases["reviewed"] = ~state["candidate"] | state["kept"]
    rejected = state["decision"].isin(["reject", "revise"])
    wanted = (cases["split"] != "holdout") if everything else (cases["split"] == "eval") & cases["reviewed"]
    taken = cases[wanted & ~rejected]
    taken = taken.assign(
        root_id=folds.roots(cases).loc[taken.index], group=taken["bucket"].map(dict(GROUP_OF_BUCKET))
    )
    columns = ["case_id", "content_sha256", "root_id", "bucket", "group", "tag", "split", "reviewed"]
    frame = taken[columns].sort_values("case_id", ignore_index=True)
    frame["content_sha256"] = (
        frame["content_sha256"].astype(object).where(frame["content_sha256"].notna(), None)
    )
    return frame


def _write(workspace: Workspace, frozen: Frozen) -> None:
    """Write the set's files unless they are there already; the manifest comes last."""
    if (frozen.folder / "manifest.json").exists():
        return
    cases = workspace.store.read(CASES, case_id=frozen.members["case_id"].tolist())
    shown_to_models = cases.set_index("case_id")[["turns", "context"]].to_dict("index")
    labels = workspace.labels.set_index("case_id")["expected"].to_dict()
    lines = [
        canonical(
            _plain(member | shown_to_models[member["case_id"]] | {"expected": labels.get(member["case_id"])})
        )
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
