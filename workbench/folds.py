"""What is true now: labels, review decisions and roots, folded from rows that are never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import provenance
from workbench.decided import DECISIONS, adjudication, differ, latest, replayed, standing

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

KINDS = ("human", "programmatic", "provisional", "inherited", "claimed")
"""Kinds of label, from the one that is trusted most to the one that nobody vouches for."""

PASSED_ON = ("human", "programmatic", "inherited")
"""Kinds of label that a mutant inherits. A claimed one nobody vouches for, and a provisional one has an
owner and a date: as `inherited` both would count for more than they are."""

_DECISION = {"decision": "str", "reviewer": "str", "at": "datetime64[us, UTC]", "event_id": "Int64"}


def labels(frame: pd.DataFrame, *, today: dt.datetime | None = None) -> pd.DataFrame:
    """Return the label of each case that is true now.

    The most trusted kind counts, in the order of `KINDS`; of several of that kind the latest
    counts, and of two at the same moment the one that was stored later. So a claimed label that
    comes with a later import never displaces a human one. An inherited label is what the parent's
    label is now, where the frame has the parent; it is dropped when that one is no longer of a kind
    in `PASSED_ON`.

    Args:
        frame: Rows of the table `labels`, in the order in which they were stored.
        today: The moment to judge overdue labels at, with its zone; by default now.

    Returns:
        One row per case, in the order of the cases' first labels: the columns of `labels` and
        `overdue` (bool): a provisional label whose backfill date has passed.

    Example:
        >>> import datetime as dt
        >>> from workbench.tables import LABELS
        >>> day = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
        >>> rows = [{"label_id": str(n) * 64, "case_id": "r1", "kind": kind, "expected": value, "created_at": day}
        ...         for n, (kind, value) in enumerate([("human", "refund"), ("claimed", "deny")])]
        >>> labels(LABELS.frame(rows))[["expected", "overdue"]].to_dict("records")
        [{'expected': 'refund', 'overdue': False}]
    """
    import datetime as dt

    now = today or dt.datetime.now(dt.UTC)
    trust = {kind: place for place, kind in enumerate(reversed(KINDS))}
    ranked = frame.assign(_trust=frame["kind"].map(trust), _row=range(len(frame)))
    latest = ranked.sort_values(["_trust", "created_at", "_row"]).drop_duplicates("case_id", keep="last")
    first = frame["case_id"].drop_duplicates()
    folded = latest.set_index("case_id").loc[first].reset_index()[list(frame.columns)]
    source = _sources(folded)
    lapsed = folded.loc[
        ~source["kind"].isin(PASSED_ON).to_numpy() & (folded["kind"] == "inherited"), "case_id"
    ]
    if len(lapsed):
        return labels(frame[~(frame["case_id"].isin(lapsed) & (frame["kind"] == "inherited"))], today=now)
    overdue = (folded["kind"] == "provisional") & (folded["backfill_by"] < now)
    return folded.assign(expected=source["expected"].array, overdue=overdue.fillna(value=False).astype(bool))


def _sources(folded: pd.DataFrame) -> pd.DataFrame:
    """Return for each label the one that it comes from: itself, or up the parents of inherited ones."""
    place = {case: row for row, case in enumerate(folded["case_id"])}
    inherits = (folded["kind"] == "inherited").tolist()
    parents = [place.get(parent) for parent in folded["parent_id"]]
    found = []
    for start in range(len(folded)):
        row, seen = start, {start}
        while inherits[row] and (above := parents[row]) is not None and above not in seen:
            row = above
            seen.add(row)
        found.append(row)
    return folded.iloc[found]


def upheld(frame: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `labels` without those of decisions that count no longer.

    Labels are appended and never removed, so the one of an undone keep is still a row. A human or
    provisional label belongs to the decision of its author on its case at its moment: it goes with a
    keep that was taken back, and with every decision beside an adjudication. An inherited one belongs
    to any keep of its case, and stands again when the case is kept again.

    Args:
        frame: Rows of the table `labels`.
        reviews: The table `reviews`.

    Returns:
        The rows that stand, with the frame's own index, for `labels` to fold.
    """
    import pandas as pd

    made, undone = _replayed(reviews)
    kept_back = [event for event in undone if event["decision"] == "keep"]
    beside = [
        event
        for stack in made.values()
        if adjudication(stack)
        for event in stack
        if event["event_id"] != standing(stack)["event_id"]
    ]
    moments = {(event["case_id"], event["reviewer"], event["at"]) for event in [*kept_back, *beside]}
    kept = {case for case, stack in made.items() if standing(stack)["decision"] == "keep"}
    lost = {event["case_id"] for event in kept_back} - kept
    given = zip(frame["case_id"], frame["author"], frame["created_at"], strict=True)
    stated = pd.Series([label in moments for label in given], index=frame.index, dtype="bool")
    stated &= frame["kind"].isin(["human", "provisional"])
    return frame[~stated & ~(frame["case_id"].isin(lost) & (frame["kind"] == "inherited"))]


def verdicts(reviews: pd.DataFrame) -> pd.Series[str]:
    """Return what each event decides: keep, reject, revise or skip, or missing for any other event.

    An `imported` or `adjudicate` event decides by its `verdict`.

    Args:
        reviews: Rows of the table `reviews`.

    Returns:
        The decisions (str), one per row, with the frame's own index.
    """
    told = reviews["event"].where(~reviews["event"].isin(["imported", "adjudicate"]), reviews["verdict"])
    return told.where(told.isin(DECISIONS)).rename("decision")


def decisions(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return what was decided about each case under review.

    Events are read in the order of `at`, then of `event_id`: a decision that arrives late is no later
    decision. See `verdicts`. An undo takes back the latest decision of the same reviewer on that case
    before it. An adjudication stands above reviewers; among the rest the latest
    keep, reject or revise counts, and a skip only where there is none of these. Planted checks and
    repeats (`planted`) are no decisions about the case and are left out.

    Args:
        reviews: Rows of the table `reviews`.

    Returns:
        One row per case with an event: `case_id`, `decision` (keep, reject, revise, skip, or
        missing), `reviewer`, `at` and `event_id` of that decision (missing where it is).

    Example:
        >>> from workbench.tables import REVIEWS
        >>> len(decisions(REVIEWS.frame()))
        0
    """
    import pandas as pd

    rows = [{"case_id": case, **standing(stack)} for case, stack in stacks(reviews).items()]
    frame = pd.DataFrame(rows, columns=["case_id", *_DECISION])
    return frame.astype({"case_id": "str", **_DECISION})


def taken_back(reviews: pd.DataFrame) -> pd.Series[bool]:
    """Return which decisions an undo took back; see `decisions`.

    Args:
        reviews: Rows of the table `reviews`.

    Returns:
        One flag (bool) per row, with the frame's own index.
    """
    return reviews["event_id"].isin([event["event_id"] for event in _replayed(reviews)[1]])


def disagreements(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return what was said of each case that reviewers decided differently on and nobody adjudicated.

    Of each reviewer the latest keep, reject or revise is taken, if it was not taken back; a skip
    disagrees with nothing. Two keeps that state different outcomes disagree too. What counts until
    somebody adjudicates is told by `decisions`.

    Args:
        reviews: Rows of the table `reviews`.

    Returns:
        One row per case and reviewer, the earlier first: `case_id`, `reviewer`, `decision`,
        `expected` (missing where none was stated), `reasons` (list), `note` (missing where there is none), `at`, and `counts` (bool): whether it
        is the one that counts now.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for stack in stacks(reviews).values():
        if adjudication(stack):
            continue
        said = latest(stack)
        if differ(said):
            now = standing(stack)["event_id"]
            rows += [dict(event) | {"counts": event["event_id"] == now} for event in said]
    columns = ["case_id", "reviewer", "decision", "expected", "reasons", "note", "at", "counts"]
    types = dict.fromkeys(["case_id", "reviewer", "decision", "expected", "note"], "str") | {
        "at": _DECISION["at"]
    }
    return pd.DataFrame(rows, columns=columns).astype(types | {"counts": "bool"})


def stacks(reviews: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return the decisions that stand on each case, in their order; see `workbench.decided.replayed`.

    Args:
        reviews: The table `reviews`.
    """
    return _replayed(reviews)[0]


def _replayed(reviews: pd.DataFrame) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return the decisions on each case that were not taken back, in their order, and those that were."""
    events = reviews.assign(decision=verdicts(reviews))[reviews["planted"].isna()]
    told: dict[str, list[dict[str, Any]]] = {}
    for event in events.sort_values(["at", "event_id"]).to_dict("records"):
        told.setdefault(event["case_id"], []).append({str(name): value for name, value in event.items()})
    folded = {case: replayed(rows) for case, rows in told.items()}
    undone = [event for _, lost in folded.values() for event in lost]
    return {case: stack for case, (stack, _) in folded.items()}, undone


def answers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each model has answered to each case, by trial and setup.

    Args:
        frame: Rows of the table `answers`. An error may be asked again, and then the later row counts.

    Returns:
        The rows that count, in the order in which they were asked for first.
    """
    key = ["model", "case_id", "trial", "setup_sha256"]
    latest_first = frame.sort_values("answered_at", kind="stable", ascending=False)
    kept = latest_first.drop_duplicates(key).set_index(key)
    order = frame.set_index(key).index.drop_duplicates()
    return kept.loc[order].reset_index()[[*frame.columns]]


def roots(cases: pd.DataFrame) -> pd.Series[Any]:
    """Return each case's root, recomputed from the parents of the whole table.

    A case that was added later can join two roots, so `cases.root_id` is only what was true when
    the case was added.

    Args:
        cases: The whole table `cases`, or at least every relative of the cases asked for.

    Returns:
        The roots (str), one per row, with the frame's own index.

    Example:
        >>> import pandas as pd
        >>> roots(pd.DataFrame({"case_id": ["s1", "m1", "s2"], "parent_ids": [[], ["s1"], []]})).tolist()
        ['m1', 'm1', 's2']
    """
    import pandas as pd

    found = provenance.roots(dict(zip(cases["case_id"], cases["parent_ids"], strict=True)))
    return pd.Series(
        [found[case] for case in cases["case_id"]], index=cases.index, dtype="str", name="root_id"
    )


def candidates(cases: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """Return how far the review of each case is.

    A candidate is a case that a person has to keep before it counts: every bucket but seed and
    golden, unless a person wrote it (`generator_family` is `human`).

    Args:
        cases: Rows of the table `cases`.
        reviews: The table `reviews`.

    Returns:
        One row per case, in the order and with the index of `cases`: `case_id`, `candidate`,
        `reviewed` (kept, rejected or revised) and `kept` (all bool; the last two are False for
        what is no candidate), and `decision` (missing where there is none).
    """
    decided = decisions(reviews).set_index("case_id")["decision"]
    decision = cases["case_id"].map(decided).astype("str")
    candidate = ~cases["bucket"].isin(["seed", "golden"]) & (cases["generator_family"] != "human")
    return cases[["case_id"]].assign(
        candidate=candidate.astype(bool),
        reviewed=(candidate & decision.isin(["keep", "reject", "revise"])).astype(bool),
        kept=(candidate & (decision == "keep")).astype(bool),
        decision=decision,
    )
