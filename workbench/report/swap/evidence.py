"""What stands behind a swap's numbers: labels, missing outcomes, families, self-test and inputs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.provenance import FAMILY_PATTERN, GROUPS, UNKNOWN, clash
from workbench.redact import redact
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, filled, sentence
from workbench.report.numbers import count, is_missing
from workbench.report.swap.folder import NAMES
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.report.swap.folder import SwapRun

TEST_SIGNS = {"yes": "yes", "no": "no"}
"""The sign of an answer of the self-test; any other is not known."""

WRITERS = {"generator", "judge"}
"""The roles that must be independent; baseline and candidate may well be of one line."""


def missing(run: SwapRun) -> Shown:
    """Return what is missing per group: missing is counted, and never a fail."""
    frame = run.parts("groups")
    paired = frame["paired"].fillna(0).astype(float)
    frame["unpaired"] = frame["cases"].astype(float) - paired
    looks = {
        "name": Look("group", "word"),
        **{name: Look(name, "count") for name in ("cases", "paired", "unpaired")},
        "errors": Look("in error", "count", spanner="outcomes of either model"),
        "unscored": Look("unscored", "count", spanner="outcomes of either model"),
    }
    note = "An unpaired case has no scored outcome of one of the models. It is left out of rates and differences, and SHIP has to hold also when each counts against the candidate."
    return safe_table(frame, caption="What is missing", looks=looks, notes=[note])


def reconciled(run: SwapRun) -> Shown:
    """Return the outcomes that each model should have and has, per judge, group and trial."""
    counts = ("expected", "found", "passed", "failed", "error", "unscored", "absent")
    looks = {
        "model": Look("model", "id"),
        "judge": Look("judge"),
        **{name: Look(name, "word") for name in ("group", "trial")},
        **{name: Look(name, "count") for name in counts},
    }
    frame = pd.DataFrame(run.get("reconciled") or [], columns=list(looks))
    by_id = run.get("joined_by_id_only")
    notes = [f"{count(by_id)} outcomes carry no content hash and were joined by id only."] if by_id else []
    return safe_table(frame, caption="Outcomes expected and found", looks=looks, notes=notes)


def labels(run: SwapRun) -> Shown:
    """Return who vouches for the expected outcomes, per group."""
    kinds = run.cases["label_kind"].fillna("no label")
    table = pd.crosstab(run.cases["group"], kinds)
    frame = table.reindex([name for name in GROUPS if name in table.index]).reset_index()
    frame["group"] = frame["group"].map(lambda name: NAMES.get(name, name))
    looks = {
        "group": Look("group", "word"),
        **{str(kind): Look(str(kind), "count", spanner="kind of label") for kind in table.columns},
    }
    return safe_table(
        frame,
        caption="Who vouches for the expected outcomes",
        looks=looks,
        notes=["claimed: it came with an import, and nobody here vouches for it."],
    )


def provenance(run: SwapRun) -> Shown:
    """Return the cases by bucket and tag."""
    counts = (
        run.cases.groupby(["group", "bucket", "tag", "split"], dropna=False, observed=True, sort=False)
        .size()
        .rename("cases")
        .reset_index()
    )
    counts["group"] = counts["group"].map(lambda name: NAMES.get(name, name))
    looks = {
        "group": Look("group", "word"),
        "bucket": Look("bucket", "word"),
        "tag": Look("tag"),
        "split": Look("split", "word"),
        "cases": Look("cases", "count"),
    }
    return safe_table(
        counts.sort_values("cases", ascending=False), caption="Where the cases come from", looks=looks
    )


def families(run: SwapRun) -> Shown:
    """Return who wrote, judged and is compared, and where a lineage holds two roles."""
    held = list(_roles(run))
    found = [_independence(role, family, held) for role, family in held]
    rows = [
        {"role": role, "family": family, "note": text}
        for (role, family), (text, _) in zip(held, found, strict=True)
    ]
    remarks = {(i, "note"): Remark(sign=sign) for i, (_, sign) in enumerate(found)}
    looks = {"role": Look("role", "word"), "family": Look("family"), "note": Look("independence")}
    frame = pd.DataFrame(rows, columns=list(looks))
    return safe_table(frame, caption="Who wrote, judged and is compared", looks=looks, remarks=remarks)


def _independence(role: str, family: str, held: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Say whether a family shares a lineage with another role, and its sign."""
    if family == UNKNOWN:
        return "unknown: it equals nothing, and bars SHIP where it gates", "open"
    others = [pair for pair in held if pair[0] != role and {role, pair[0]} & WRITERS]
    shared = {
        kind: sorted({other for other, name in others if _clash(family, name) == kind})
        for kind in ("line", "vendor")
    }
    for kind, sign in (("line", "no"), ("vendor", "open")):
        if shared[kind]:
            return f"same {kind} as {', '.join(shared[kind])}", sign
    return "clear", "yes"


def _clash(one: str, other: str) -> str | None:
    """Return how two families clash; a stored one that is no family clashes with nothing."""
    known = all(re.fullmatch(FAMILY_PATTERN, name.lower()) for name in (one, other))
    return clash(one, other) if known else None


def _roles(run: SwapRun) -> Iterator[tuple[str, str]]:
    for plural, role in (("generators", "generator"), ("judges", "judge")):
        found = run.get("families", plural) or []
        yield from ((role, str(name)) for name in found)
    for role in ("baseline", "candidate"):
        yield role, str(run.get("families", role) or UNKNOWN)


def self_test(run: SwapRun) -> Shown:
    """Return the questions to ask before a synthetic set is trusted as a strip of signs; evidence folds out."""
    found = [item for item in run.get("self_test") or [] if isinstance(item, dict)]
    if not found:
        return sentence("No self-test is stored with this swap.")
    items = [
        {
            # A run from before they had names shows the question itself.
            "name": str(item.get("name") or item.get("question")),
            "question": str(item.get("question")),
            "answer": str(item.get("answer")),
            "evidence": str(item.get("evidence")),
            "sign": TEST_SIGNS.get(str(item.get("answer")), "open"),
        }
        for item in redact(found)
    ]
    told = Counter(item["sign"] for item in items)
    line = f"{told['yes']} yes, {told['no']} no, {told['open']} not known; each unfolds to its evidence"
    html = filled("self_test.html", title="Before this set is trusted", line=line, items=items)
    lines = [f"{item['answer']:<9}  {item['name']}: {item['question']} {item['evidence']}" for item in items]
    return Shown(html, text=marked("\n".join([f"Before this set is trusted: {line}", *lines])))


def inputs(run: SwapRun) -> Shown:
    """Return what the verdict and this report were made from: hashes, versions, parameters, cost."""
    hashes = {name: run.get(name) for name in ("evalset", "times_used", "evalset_sha256", "results_sha256")}
    # Whether a run is complete is written once this report is there, so it cannot be told in it.
    known = {**hashes, **run.manifest, "complete": None}
    told = {name: value for name, value in known.items() if not is_missing(value)}
    rows = [{"what": name, "value": value} for name, value in _flat(told)]
    looks = {"what": Look("what", "word"), "value": Look("value", "id")}
    return safe_table(
        pd.DataFrame(rows, columns=["what", "value"], dtype=object),
        caption="What this report was made from",
        looks=looks,
    )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Return nested JSON as dotted names and texts."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        yield name, ", ".join(str(part) for part in value) or "none"
    else:
        yield name, "none" if value is None or value == {} else str(value)
