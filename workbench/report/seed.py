"""What notebook 01 shows of a seed: how many, how long, what is odd, and what repeats.

The frames are those of `workbench.seed.Audit`; nothing is removed or changed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.errors import UsageError, counted
from workbench.report.cells import Look, safe_table
from workbench.report.facts import headed
from workbench.report.figures import counts_chart, lengths_chart
from workbench.report.numbers import rate
from workbench.tables import SPLITS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.charts import Chart
    from workbench.report.markup import Shown


class Audit(Protocol):
    """A seed at a glance; see `workbench.seed.Audit` for what each frame holds."""

    counts: pd.DataFrame
    sizes: pd.DataFrame
    lengths: pd.DataFrame
    odd: pd.DataFrame
    duplicates: pd.DataFrame
    labels: pd.DataFrame


SHARE = "share of the seed"


def headline(audit: Audit, *, name: str, demo: bool) -> Shown:
    """Return the seed in one sentence and a few numbers.

    Raises:
        UsageError: There is no seed to audit.
    """
    cases = len(audit.sizes)
    if not cases:
        raise UsageError(
            f"the workspace {name} has no seed yet; import one with `workbench import seed FILE`"
        )
    odd, repeated = audit.odd["case_id"].nunique(), audit.duplicates["case_id"].nunique()
    unlabelled = int((audit.odd["finding"] == "no label").sum())
    splits = audit.sizes["split"].value_counts()
    facts = [
        ("Cases", f"{cases:,}"),
        ("Slices", f"{len(audit.counts.drop(index='(none)', errors='ignore')):,}"),
        *((f"In {split}", f"{splits[split]:,}") for split in SPLITS if split in splits),
        ("With something odd", f"{odd:,}"),
        ("Repetitions", f"{repeated:,}"),
        ("Without a label", f"{unlabelled:,}"),
    ]
    said = f"The seed of {name} has {counted(cases, 'case')}. With something to look at: {odd:,} ({rate(odd / cases)}). Repetitions: {repeated:,}. Nothing was removed."
    return headed(said, facts, demo=demo)


def slices(audit: Audit) -> Chart:
    """Return the cases of each slice by split, as a chart."""
    parts = (
        audit.counts[_splits(audit)]
        .rename_axis("slice")
        .reset_index()
        .melt("slice", var_name="split", value_name="cases")
    )
    return counts_chart(parts, name="slice", part="split", title="Cases by slice and split")


def counts(audit: Audit) -> Shown:
    """Return the cases of each slice by split, as a table."""
    splits = _splits(audit)
    frame = audit.counts.rename_axis("slice").reset_index()
    frame["share"] = frame["total"] / frame["total"].sum()
    looks = {
        "slice": Look("slice"),
        **{name: Look(name, "count", spanner="split") for name in splits},
        "total": Look("cases", "count"),
        "share": Look(SHARE, "rate"),
    }
    return safe_table(frame, caption="Cases by slice", looks=looks)


def lengths(audit: Audit) -> Chart:
    """Return how many words the users wrote, as a chart."""
    return lengths_chart(audit.sizes["words"], unit="words of the user", title="Words of the user per case")


def sizes(audit: Audit) -> Shown:
    """Return the spread of turns, words and characters."""
    frame = audit.lengths.T.rename_axis("measure").reset_index()
    frame.columns = ["measure", "least", "quarter", "half", "three_quarters", "most"]
    names = {
        "least": "least",
        "quarter": "a quarter",
        "half": "half",
        "three_quarters": "three quarters",
        "most": "most",
    }
    looks = {
        "measure": Look("per case", "word"),
        **{key: Look(label, "number", spanner="have at most") for key, label in names.items()},
    }
    return safe_table(frame, caption="Turns, words and characters", looks=looks)


def labels(audit: Audit) -> Shown:
    """Return the expected outcomes by the kind of their label."""
    frame = audit.labels.assign(share=audit.labels["cases"] / audit.labels["cases"].sum())
    looks = {
        "expected": Look("expected"),
        "kind": Look("kind of label", "word"),
        "cases": Look("cases", "count"),
        "share": Look(SHARE, "rate"),
    }
    return safe_table(frame, caption="Expected outcomes", looks=looks)


def findings(audit: Audit) -> Shown:
    """Return how many cases each finding has."""
    counts = (
        audit.odd.drop_duplicates(["case_id", "finding"])["finding"]
        .value_counts()
        .rename("cases")
        .reset_index()
    )
    counts["share"] = counts["cases"] / max(1, len(audit.sizes))
    looks = {"finding": Look("finding"), "cases": Look("cases", "count"), "share": Look(SHARE, "rate")}
    note = "A finding is a reason to look, not a fault: real customers write like this."
    return safe_table(counts, caption="Findings", looks=looks, notes=[note])


def odd(audit: Audit) -> Shown:
    """Return each odd case with its finding and how it begins."""
    looks = {
        "case_id": Look("case", "id"),
        "finding": Look("finding"),
        "detail": Look("detail"),
        "text": Look("begins with"),
    }
    return safe_table(audit.odd, caption="Every finding", looks=looks)


def repetitions(audit: Audit) -> Shown:
    """Return the repetitions inside the seed, with those that cross a split named."""
    splits = audit.sizes.set_index("case_id")["split"]
    pairs = audit.duplicates.assign(
        split=audit.duplicates["case_id"].map(splits), other_split=audit.duplicates["same_as"].map(splits)
    )
    crossing = int((pairs["split"] != pairs["other_split"]).sum())
    note = f"Across two splits: {crossing:,} of {counted(len(pairs), 'repetition')}."
    note += " What is learned from one split can be asked in the other." if crossing else ""
    looks = {
        "case_id": Look("case", "id"), "same_as": Look("repeats", "id"), "likeness": Look("likeness"),
        "split": Look("of the case", "word", spanner="split"), "other_split": Look("of the other", "word", spanner="split"), "text": Look("begins with"),
    }  # fmt: skip
    return safe_table(
        pairs, caption="Repetitions inside the seed", looks=looks, notes=[note] if len(pairs) else []
    )


def claims(audit: Audit, cases: pd.DataFrame) -> dict[str, bool]:
    """Return what has to be true of a seed's audit, each checked against the table of cases."""
    seed = cases[cases["bucket"] == "seed"]
    known = set(seed["case_id"])
    named = {*audit.odd["case_id"], *audit.duplicates["case_id"], *audit.duplicates["same_as"]}
    return {
        "the seed has cases": len(seed) > 0,
        "every case of the seed is measured, once": sorted(audit.sizes["case_id"]) == sorted(seed["case_id"]),
        "the counts by slice and split add up to the seed": int(audit.counts["total"].sum()) == len(seed),
        "every case has an expected outcome or is counted as without one": int(audit.labels["cases"].sum())
        == len(seed),
        "every finding and repetition names a case of the seed": named <= known,
        "no case repeats itself": bool((audit.duplicates["case_id"] != audit.duplicates["same_as"]).all()),
    }


def _splits(audit: Audit) -> list[str]:
    """Return the splits that occur, in their order."""
    return [name for name in SPLITS if name in audit.counts]
