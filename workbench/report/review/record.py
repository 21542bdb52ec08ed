"""Who decided, what vouches for the labels, and what must hold of a review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from workbench import folds
from workbench.decided import DECISIONS
from workbench.errors import counted
from workbench.labels import PASSED_ON
from workbench.report.cells import Look, safe_table
from workbench.report.markup import Shown, sentence
from workbench.survival import elsewhere, fates

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.report.review.survival import Survival

NO_DECISION = "No decision is recorded yet."
NO_TIME = "Time on screen is not measured: decisions were imported."


class Rubric(Protocol):
    """How cases are labelled; see `workbench.settings.Rubric`."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def expected(self) -> Collection[str]:
        """The values that a label may have."""


def reviewers(reviews: pd.DataFrame, *, demo: bool) -> Shown:
    """Return who decided how often, when, and what is known about it."""
    made = _decided(reviews)
    if made.empty:
        return sentence(NO_DECISION)
    told = pd.crosstab(made["reviewer"], made["decision"]).reindex(columns=list(DECISIONS), fill_value=0)
    by = made.groupby("reviewer")
    told = told.assign(
        decisions=by.size(),
        sittings=by["session_id"].nunique(),
        first=by["at"].min().dt.strftime("%Y-%m-%d"),
        last=by["at"].max().dt.strftime("%Y-%m-%d"),
        measured=by["visible_ms"].count(),
        by_id=by["content_sha256"].agg(lambda hashes: int(hashes.isna().sum())),
    )
    looks = {
        "reviewer": Look("reviewer", "word"), "decisions": Look("decisions", "count"),
        **{name: Look(name, "count", spanner="of them") for name in DECISIONS},
        "sittings": Look("sittings", "count"), "first": Look("first", "word", unit="UTC"), "last": Look("last", "word", unit="UTC"),
        "measured": Look("timed", "count"), "by_id": Look("by id only", "count"),
    }  # fmt: skip
    newest = reviews.sort_values("event_id").iloc[-1]
    notes = [
        "Timed: with a time on screen. By id only: joined without the hash of the text that was judged.",
        *([NO_TIME] if not told["measured"].any() else []),
        *(["In this demo the decisions were composed; no reviewer is audited."] if demo else []),
        f"The newest of {counted(len(reviews), 'event')} is {newest['event_sha256']}. Whoever keeps this hash can show later that no earlier event was changed.",
    ]
    return safe_table(told.reset_index(), caption="Decisions by reviewer", looks=looks, notes=notes)


def disagreements(found: pd.DataFrame) -> Shown:
    """Return who said what, and when, where reviewers differ and nobody adjudicated, as a table.

    Args:
        found: As `workbench.review.disagreements` returns it.
    """
    if found.empty:
        return sentence("No two reviewers disagree where nobody adjudicated.")
    frame = found.assign(
        said=found["decision"]
        + (", expects " + found["expected"]).fillna("")
        + found["counts"].map({True: ", counts now", False: ""}),
        when=found["at"].dt.strftime("%Y-%m-%d %H:%M"),
        why=(found["reasons"].str.join(", ") + "\n" + found["note"].fillna("")).str.strip(),
    )
    looks = {
        "case_id": Look("case", "id"), "reviewer": Look("reviewer", "word"), "said": Look("decision", "word"),
        "when": Look("when", "word", unit="UTC"), "why": Look("reasons and note"),
    }  # fmt: skip
    notes = [
        "The later decision counts until somebody who did not decide on it adjudicates, in the notebook review_desk with adjudicate=True.",
        "shop.case(ID) shows what was judged.",
    ]
    return safe_table(frame, caption="Where reviewers disagree", looks=looks, notes=notes)


def labels(found: pd.DataFrame, cases: pd.DataFrame, reviews: pd.DataFrame) -> Shown:
    """Return what vouches for the labels of the kept candidates, as a table.

    Args:
        found: The label of each case that is true now.
        cases: The table `cases`.
        reviews: The table `reviews`.
    """
    kept = folds.candidates(cases, reviews).query("kept")["case_id"]
    if kept.empty:
        return sentence("No candidate is kept yet.")
    kinds = found.set_index("case_id")["kind"].reindex(kept)
    counts = kinds.astype("object").where(kinds.notna(), "none").value_counts()
    frame = counts.rename("cases").rename_axis("kind").reset_index()
    frame["meaning"] = frame["kind"].map(_MEANINGS)
    looks = {
        "kind": Look("label", "word"),
        "cases": Look("kept candidates", "count"),
        "meaning": Look("who vouches"),
    }
    return safe_table(frame, caption="Labels of the kept candidates", looks=looks)


_MEANINGS = {
    "human": "a person gave it",
    "programmatic": "a check computed it",
    "inherited": "the parent's, which every operator keeps",
    "provisional": "an owner replaces it until a date",
    "claimed": "nobody: it came with an import",
    "none": "there is no label",
}


def claims(
    found: Survival, cases: pd.DataFrame, reviews: pd.DataFrame, labels: pd.DataFrame, predictions: pd.DataFrame,
    *, rubric: Rubric, broken: str,
) -> dict[str, bool]:  # fmt: skip
    """Return what has to be true of a review, each checked against the tables.

    Args:
        found: What became of the candidates.
        cases: The table `cases`.
        reviews: The table `reviews`.
        labels: The label of each case that is true now.
        predictions: The forecasts that hold.
        rubric: The rubric.
        broken: Where the chain of events is broken; empty when it is whole.
    """
    made = _decided(reviews)
    against = made[made["decision"].isin(["reject", "revise"])]
    state = folds.candidates(cases, reviews)
    here = reviews[reviews["planted"].isna() & ~elsewhere(reviews)]
    counts = folds.candidates(cases, here).loc[fates(cases, reviews).index, ["reviewed", "kept"]].sum()
    free = cases.loc[state["candidate"] & (cases["split"] != "holdout"), "case_id"]
    content = made["case_id"].map(cases.set_index("case_id")["content_sha256"])
    judged = made["content_sha256"]
    kept = labels[labels["case_id"].isin(state.loc[state["kept"], "case_id"])]
    ruled = kept[kept["kind"].isin(PASSED_ON) & (kept["rubric_version"] == rubric.version)]
    stands = (made["decision"] == "keep") & ~folds.taken_back(reviews).loc[made.index]
    stated = made.loc[stands & made["expected"].notna(), "case_id"]
    # A check outranks the provisional label that it replaces.
    given = labels.loc[labels["kind"].isin(["human", "programmatic", "provisional"]), "case_id"]
    return {
        "cells, axes, buckets and personas add up to the same sums": not found.unreconciled,
        "every candidate is counted once": int(found.total[["generated", "corrected"]].sum().sum())
        == int(state["candidate"].sum()),
        "no planted check or repeat counts": int(found.total["reviewed"].iloc[0]) == int(counts["reviewed"]),
        "every kept candidate counts, but corrected texts and what was kept elsewhere": int(
            found.total["kept"].iloc[0]
        )
        == int(counts["kept"]),
        "the chain of events is unbroken": not broken,
        "every reject and revise has a reason": bool(against["reasons"].map(len).gt(0).all()),
        "every decision is about a candidate, and none about the holdout": bool(
            made["case_id"].isin(free).all()
        ),
        "what was judged is what is stored": bool((judged.isna() | (judged == content)).all()),
        "every label that a keep states is there": bool(stated.isin(given).all()),
        "every label of a kept candidate that somebody vouches for is a value of the rubric": not len(
            rubric.expected
        )
        or bool(ruled["expected"].isin(list(rubric.expected)).all()),
        "every forecast is as it was sealed": bool(predictions["intact"].all()),
    }


def _decided(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the events that decide, without planted checks and repeats, with their `decision`."""
    made = reviews.assign(decision=folds.verdicts(reviews))[reviews["planted"].isna()]
    return made[made["decision"].notna()]
