"""The labels that are lacking, the sets that were frozen, and what must hold before the next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench import folds
from workbench.errors import counted, listed
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count
from workbench.report.tiles import named

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.evalset.composition import Plan


def unlabelled(plan: Plan) -> Shown:
    """Return which kept candidates have no expected outcome, by the cells that lack one, as a table."""
    if plan.unlabelled.empty:
        return sentence("No candidate would be frozen, so none lacks a label.")
    kept = int(plan.unlabelled["cases"].sum())
    lacking = plan.unlabelled[plan.unlabelled["without_label"] > 0]
    if lacking.empty:
        return sentence(f"No kept candidate lacks a label; {counted(kept, 'candidate')} looked at.")
    frame = lacking.assign(
        cell=lacking["cell"].map(named, na_action="ignore").fillna("names no cell"),
        which=[listed(ids) for ids in lacking["case_ids"]],
    ).sort_values("without_label", ascending=False, kind="stable")
    looks = {
        "cell": Look("cell", "word"),
        "cases": Look("kept", "count"),
        "without_label": Look("without a label", "count"),
        "which": Look("which"),
    }
    note = f"Without an expected outcome: {count(int(frame['without_label'].sum()))} of {counted(kept, 'kept candidate')}. A person or a program gives it; what only the model claims that wrote the case counts as none."
    return safe_table(frame, caption="Kept candidates without a label", looks=looks, notes=[note])


def history(found: pd.DataFrame) -> Shown:
    """Return the sets that were frozen so far, as a table."""
    if found.empty:
        return sentence("No set is frozen yet.")
    signs = {"match": "yes", "differ": "no", "absent": "open"}
    looks = {
        "name": Look("name", "word"),
        "version": Look("version", "count"),
        "cases": Look("cases", "count"),
        "short": Look("sha256", "id"),
        "times_used": Look("times used", "count", unit="swaps"),
        "age_days": Look("age", "count", unit="days"),
        "files": Look("files", "word"),
    }
    remarks = {(i, "files"): Remark(sign=signs[files]) for i, files in enumerate(found["files"])}
    note = "Each swap that is decided on a set makes it a little less able to surprise; an old one tests the traffic of its day."
    return safe_table(
        found.assign(short=found["sha256"].str[:12]),
        caption="Frozen sets",
        looks=looks,
        notes=[note],
        remarks=remarks,
    )


def claims(
    plan: Plan, history: pd.DataFrame, *, cases: pd.DataFrame, reviews: pd.DataFrame
) -> dict[str, bool]:
    """Return what has to be true of a set before it is frozen, checked against cases and reviews."""
    state = folds.candidates(cases, reviews)
    dropped = state["decision"].isin(["reject", "revise"])
    open_ = state["candidate"] & ~state["kept"]
    fit = (cases["split"] == "eval") & ~dropped & ~open_
    ids = set(plan.members["case_id"])
    synthetic = plan.members.loc[plan.members["group"] == "synthetic", "case_id"]
    return {
        "every synthetic case of the set says which family wrote it": set(synthetic)
        <= set(cases.loc[cases["generator_family"].notna(), "case_id"]),
        "every case of the set is of the eval split": bool((plan.members["split"] == "eval").all()),
        "nothing rejected, revised or unreviewed is in the set": ids.isdisjoint(
            state.loc[dropped | open_, "case_id"]
        ),
        "every case that qualifies is in the set, once": sorted(plan.members["case_id"])
        == sorted(cases.loc[fit, "case_id"]),
        "the parts of the mix add up to the set": int(plan.parts["found"].sum()) == len(plan.members),
        "the wanted cases add up to the size that is planned for": int(plan.needs["wanted"].sum())
        == plan.total,
        "the weights of the mixed estimate add up to 1": not plan.weights
        or math.isclose(sum(plan.weights.values()), 1),
        "every frozen set has the hash of its content": bool(history["intact"].all()),
        "the files of every frozen set match their hash": not (history["files"] == "differ").any(),
    }
