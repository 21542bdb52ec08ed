"""What to do next, for each reason that decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.swap.must_hold import trials_to_confirm

if TYPE_CHECKING:
    from workbench.swap.verdict import Evidence


def next_action(verdict: str, code: str, evidence: Evidence) -> str:
    """Return the next thing to do after a verdict, given the code of its deciding reason."""
    if verdict == "SHIP":
        return "Ship the candidate, and keep the seed fresh: the next swap is decided on it again."
    actions = {
        "seed_too_small": _more_seed(evidence),
        "provenance_missing": "Import the named cases into a new workspace with their bucket and generator: a case never changes.",
        "content_differs": "Run both models again on the frozen set and import those results.",
        "real_worse": "Keep the baseline. Read the lost real cases in the report, fix what they show, and come back with a new candidate.",
        "worse_within_margin": "Keep the baseline, or have the owner decide: the loss is real and smaller than the margin.",
        "redteam_worse": "Keep the baseline. Read the lost red-team cases in the report.",
        "must_hold_lost": "Keep the baseline. The named must-hold cases have to pass first.",
        "unresolved": f"Label more real cases and run both models on them: {_how_many(evidence)}.",
        "missing_outcomes": "Run the missing real cases again, or find out why they fail to be answered or scored.",
        "coverage_regression": "Read the lost cases of that group: either the candidate fails there or the cases are unreal.",
        "redteam_unconfirmed": "Run the red team again with more trials.",
        "must_hold_second_run": "Run the named must-hold cases again with at least "
        f"{trials_to_confirm(evidence.must_hold_cases)} trials of each model.",
        "unknown_family": "Import the results again with --family MODEL=VENDOR/LINE and --judge NAME=VENDOR/LINE, and choose that run "
        "with --results; a generator is declared when its cases are imported, so that takes a new workspace.",
        "unreviewed_candidates": "Review the candidates, or freeze without --all.",
    }
    return actions.get(code, "Use another generator or judge: one line may not hold two of these roles.")


def _more_seed(evidence: Evidence) -> str:
    real = evidence.groups["real"]
    if real.cases >= evidence.floor_roots:
        return f"Run both models on the rest of the {real.cases:,} real cases: {real.paired:,} of them have a pair."
    return (
        f"Mine and label more production conversations: at least {evidence.floor_roots} roots, and "
        f"{evidence.smallest_n} to be able to ship a candidate that is no better, at this margin."
    )


def _how_many(evidence: Evidence) -> str:
    if evidence.needed.value is None:
        return f"how many cannot be said, since {evidence.needed.why}"
    return (
        f"about {evidence.needed.value:,.0f} in all would decide in 80 % of cases if nothing changed, "
        "and a further look takes more, as it is paid for with alpha"
    )
