"""Which answers are asked for: every case of a frozen set, in so many trials, by one setup."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, counted, listed, shown
from workbench.llm import Request
from workbench.llm.forecast import Forecast, forecast
from workbench.outcome_facts import bare, outcome_names
from workbench.provenance import UNKNOWN, clash
from workbench.redact import contacts, find
from workbench.swap.answering.reading import put, unanswerable
from workbench.swap.answering.who import Function, check_arguments, check_lineage, setup_sha256
from workbench.tables import ANSWERS, CALLS, CASES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from workbench.frozen import Frozen
    from workbench.llm.prices import Price
    from workbench.settings import Role
    from workbench.swap.answering.reading import Put
    from workbench.workspace import Workspace

BUCKET = "answer"
"""What becomes of the replies, as the ledger's keys have it."""

ANSWER_TOKENS = (50, 1_000)
"""Tokens of an answer, from and to, until there are earlier ones: a line of support, and a page. Decided for the
forecast; what a model thinks is not in it."""

TRIALS = 100
"""The most trials of a case: more by mistake than by intent, and each one is paid for."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked for.

    Attributes:
        evalset: The set's name and version.
        who: Who answers.
        setup_sha256: What its answers are kept apart by.
        trials: Answers of each case.
        cases: How each case is put, by its id.
        contents: The hash of each case's content, by its id.
        requests: All that is asked for, trial by trial.
        there: Of these the number that had an answer or a refusal when it was planned.
        aside: For each reason why cases are not asked, their ids.
        notes: What somebody should know before it is paid.
        system: The system prompt; empty for none.
    """

    evalset: str
    who: Role | Function
    setup_sha256: str
    trials: int
    cases: Mapping[str, Put] = field(repr=False)
    contents: Mapping[str, str] = field(repr=False)
    requests: tuple[Request, ...] = field(repr=False)
    there: int
    aside: Mapping[str, Sequence[str]]
    notes: Sequence[str]
    system: str = field(default="", repr=False)

    def __str__(self) -> str:
        asked = f"{counted(len(self.cases), 'case')} x {counted(self.trials, 'trial')}"
        there = f"setup {self.setup_sha256[:12]}, {self.there:,} of {len(self.requests):,} there"
        lines = [f"{self.who.model} ({self.who.family}) answers {self.evalset}: {asked}, {there}"]
        for reason, ids in self.aside.items():
            lines.append(f"  not asked, for {reason}: {counted(len(ids), 'case')} ({listed(ids)})")
        if self.system:
            kinds = Counter(kind for kind, _ in contacts(self.system))
            held = listed([f"{number} {kind}" for kind, number in sorted(kinds.items())])
            stays = f" with its contacts ({held}), which stay where a case repeats them" if kinds else ""
            lines.append(f"  the system prompt is sent as it is{stays}")
        redacted = sum(case.is_redacted for case in self.cases.values())
        if redacted:
            lines.append(
                f"  personal data in turns and context is replaced by pseudonyms in {counted(redacted, 'case')}"
            )
        return "\n".join([*lines, *self.notes])


def plan_answers(
    workspace: Workspace, frozen: Frozen, who: Role | Function, *, trials: int = 1, system: str = ""
) -> Plan:
    """Plan the answers to a frozen set; nothing is sent.

    Args:
        workspace: The workspace.
        frozen: The set.
        who: Who answers; see `under_test` and `function`.
        trials: Answers of each case, 1 to `TRIALS`.
        system: The system prompt of the model; empty for none.

    Raises:
        UsageError: No case can be asked, the trials are out of range, a case has another content than the set,
            the system prompt may not leave, a function is given one or takes other arguments, the family is none of
            a model, or the model was declared with another family before.
    """
    if not 1 <= trials <= TRIALS:
        raise UsageError(f"{trials:,} trials are out of range; take 1 to {TRIALS}")
    check_lineage(who, demo=workspace.demo)
    if isinstance(who, Function):
        check_arguments(who)
    _check_system(system, who)
    cases = _cases(workspace, frozen)
    withheld = _withheld(cases, outcome_names(workspace))
    ready: dict[str, Put] = {}
    aside: dict[str, list[str]] = {}
    for row in cases.to_dict("records"):
        reason = unanswerable(row["turns"])
        if not reason:
            case = put(row["turns"], row["context"], system=system, withheld=withheld)
            reason = "" if isinstance(who, Function) else _kept_back(case)
            ready |= {} if reason else {row["case_id"]: case}
        if reason:
            aside.setdefault(reason, []).append(row["case_id"])
    if not ready:
        why = "; ".join(f"{counted(len(ids), 'case')}: {reason}" for reason, ids in aside.items())
        raise UsageError(
            f"no case of {frozen.name} can be answered ({why}); freeze a set of cases that end with the user"
        )
    setup = setup_sha256(who, system, withheld)
    requests = tuple(_request(name, case, trial) for trial in range(trials) for name, case in ready.items())
    stored = workspace.store.read(ANSWERS, model=who.model)
    there = settled(stored[stored["setup_sha256"] == setup])
    return Plan(
        evalset=f"{frozen.name} v{frozen.version}",
        who=who,
        setup_sha256=setup,
        trials=trials,
        cases=ready,
        contents=dict(zip(cases["case_id"], cases["content_sha256"], strict=True)),
        requests=requests,
        there=sum(place(request) in there for request in requests),
        aside=aside,
        notes=[*_apart(stored, setup, ready, who), *_lineage(cases, who)],
        system=system,
    )


def _check_system(system: str, who: Role | Function) -> None:
    """Refuse a system prompt of a function, and one that holds what is no contact and never leaves."""
    if system and isinstance(who, Function):
        raise UsageError("a function has its own system prompt; leave --system out")
    held = sorted({span.kind for span in find(system, known=contacts(system))})
    if held:
        raise UsageError(
            f"the system prompt holds what never leaves ({listed(held)}: a key, a card or the like), and another prompt than "
            "the one that is deployed would say nothing of it; take it out of both"
        )


def place(request: Request) -> tuple[str, str]:
    """Return the case and the trial of a request, as `answers` has them."""
    return request.cell, str(request.index)


def settled(rows: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the cases and trials that have an answer or a refusal; an error is asked again."""
    kept = rows[rows["state"] != "error"]
    return set(zip(kept["case_id"], kept["trial"], strict=True))


def expected(workspace: Workspace, plan: Plan, at: Price | None, *, whole: bool = False) -> Forecast:
    """Return what the open answers of a plan will cost, or those that are there too.

    Args:
        workspace: The workspace.
        plan: The plan, of a model.
        at: The model's price; None where nobody knows.
        whole: Whether what is there counts too, as under a cap.
    """
    before = workspace.store.read(ANSWERS, model=plan.who.model)
    there = set() if whole else settled(before[before["setup_sha256"] == plan.setup_sha256])
    paid = before["call_id"].dropna().tolist()
    calls = workspace.store.read(CALLS, call_id=paid, state="got") if paid else None
    usage = [] if calls is None else [used or {} for used in calls["usage"]]
    return forecast(
        [request for request in plan.requests if place(request) not in there],
        at,
        model=plan.who.model,
        assumed=ANSWER_TOKENS,
        earlier=[used["output_tokens"] for used in usage if "output_tokens" in used],
    )


def _cases(workspace: Workspace, frozen: Frozen) -> pd.DataFrame:
    """Return the cases of a set in its order, as they were frozen."""
    names = frozen.members["case_id"].tolist()
    cases = workspace.store.read(CASES, case_id=names).set_index("case_id", drop=False).reindex(names)
    same = cases["content_sha256"].to_numpy() == frozen.members["content_sha256"].to_numpy()
    stub = frozen.members["content_sha256"].isna().to_numpy() & cases["content_sha256"].isna().to_numpy()
    other = [name for name, held in zip(names, same | stub, strict=True) if not held]
    if other:
        raise UsageError(
            f"{counted(len(other), 'case')} of {frozen.name} v{frozen.version} are not what was frozen ({listed(other)}), so "
            "answers to them would be of another set; freeze the set again"
        )
    return cases.reset_index(drop=True)


def _withheld(cases: pd.DataFrame, names: Collection[str]) -> set[str]:
    """Return those of these names that occur in a context: another name elsewhere changes nothing here."""
    return {bare(name) for context in cases["context"] for name in _fields(context)} & set(names)


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _fields(part)


def _kept_back(case: Put) -> str:
    kinds = case.kept_back
    return (
        f"they hold what looks like personal data ({', '.join(kinds)}) and cannot be replaced"
        if kinds
        else ""
    )


def _request(name: str, case: Put, trial: int) -> Request:
    *before, (_, prompt) = case.messages
    return Request(
        cell=name, bucket=BUCKET, index=trial, prompt=prompt, system=case.system, turns=tuple(before)
    )


def _apart(stored: pd.DataFrame, setup: str, ready: Collection[str], who: Role | Function) -> Iterator[str]:
    """Yield what is to say of earlier answers of the model to these cases."""
    before = stored[stored["case_id"].isin(list(ready))]
    families = sorted(set(before["model_family"]) - {who.family})
    if families:
        raise UsageError(
            f"{shown(who.model)} has answers as {listed(families)} and now is {who.family}; declare one family, or give "
            "it another name"
        )
    others = before.loc[before["setup_sha256"] != setup, "setup_sha256"].unique().tolist()
    if others:
        last = before.loc[before["setup_sha256"] != setup, "answered_at"].max()
        what = (
            "another function, its module as it was then, or other facts withheld"
            if isinstance(who, Function)
            else "another system prompt, address or limit, or other facts withheld"
        )
        yield (
            f"note: {who.model} has answers to these cases by another setup ({listed([one[:12] for one in others])}, the last "
            f"of {last:%Y-%m-%d %H:%M} UTC): {what}; they are kept apart, and grading asks for one setup"
        )


def _lineage(cases: pd.DataFrame, who: Role | Function) -> Iterator[str]:
    """Yield what a swap will say of the lineages."""
    if who.family == UNKNOWN:
        yield f"note: the family of {who.model} is unknown, and a swap on its answers never ships; declare it with --family"
    for generator, rows in cases.groupby("generator_family"):
        if clash(str(generator), who.family) == "line":
            yield (
                f"warning: {generator} wrote {counted(len(rows), 'case')} of the set ({listed(rows['case_id'].tolist())}) "
                f"and {who.model} is of that line, so a swap on its answers is REFUSED; ask a model of another line, or "
                "freeze a set without these cases"
            )
