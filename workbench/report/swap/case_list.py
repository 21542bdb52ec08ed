"""The cases behind the numbers: what the customer wrote, what was expected, and both answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.redact import redact
from workbench.report.cells import capped
from workbench.report.markup import Shown, filled, sentence
from workbench.report.numbers import MISSING, count, is_missing, number
from workbench.report.swap.folder import NAMES, placed
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.swap.folder import SwapRun

OPEN_CHARACTERS = 700
"""Characters of a text that stand open on a case; the rest folds out."""

CASE_CHARACTERS = 20_000
"""Characters of a text of a case that a page holds; cases.parquet holds them all."""

MOST_CHARACTERS = 1_000_000
"""Characters of cases in one list; a page stays under 5 MB, and ids beyond it are listed."""

FACT_CHARACTERS = 120
"""Characters of a tag, slice or label on a case; none of ours is longer."""

LINES: Mapping[str, str] = {
    "lost": "the baseline passed and the candidate failed",
    "gained": "the baseline failed and the candidate passed",
    "unpaired": "one of the models has no score",
    "same": "both models score the same",
}


@dataclass(frozen=True)
class Text:
    """A text of a case: what stands open, and the whole when that is not all of it."""

    open: str
    whole: str = ""


@dataclass(frozen=True)
class Answer:
    """One model's answer to a case as the template prints it."""

    side: str
    outcome: str
    kind: str
    output: Text | None
    reason: Text | None
    failure_mode: Text | None


@dataclass(frozen=True)
class Card:
    """One case as the template prints it."""

    case_id: str
    facts: tuple[str, ...]
    text: Text | None
    answers: tuple[Answer, ...]


def cases(run: SwapRun, change: str = "lost", *, group: str = "real", folded: bool = False) -> Shown:
    """Return every case of a group that was lost, gained or left unpaired, with both answers.

    Args:
        run: The run folder.
        change: `lost`, `gained`, `unpaired` or `same`.
        group: `real`, `synthetic`, `golden` or `redteam`.
        folded: Whether the list stands closed until it is asked for.
    """
    if not (run.cases["group"] == group).any():
        return sentence(f"The set has no {NAMES.get(group, group)} case.")
    found = run.selected(group, change)
    answered = bool(found[["baseline_output", "candidate_output"]].notna().to_numpy().any())
    cards, room = [], MOST_CHARACTERS
    for row in found.to_dict("records"):
        # As a whole: a reader sees whether an answer repeats the customer's own address or another's.
        cards.append(_card(redact(row, keep=("case_id",)), answered=answered))
        room -= sum(len(str(value)) for value in row.values())
        if room < 0:
            break
    title = f"{len(found):,} {NAMES.get(group, group)} {'case' if len(found) == 1 else 'cases'} {change}"
    html = filled(
        "cases.html", title=title, line=LINES[change], cards=cards, rest=list(found["case_id"])[len(cards) :], folded=folded,
        unanswered=bool(len(found)) and not answered, baseline=run.baseline, candidate=run.candidate,
    )  # fmt: skip
    return Shown(html, text="\n".join([f"{title}: {LINES[change]}", *(_line(card) for card in cards[:20])]))


def _card(row: Mapping[Any, Any], *, answered: bool) -> Card:
    expected = "" if is_missing(row["expected"]) else f"expected: {row['expected']}"
    kind = "" if is_missing(row["label_kind"]) else f"label: {row['label_kind']}"
    facts = [str(row[name]) for name in ("tag", "slice") if not is_missing(row[name])]
    facts += [] if is_missing(row["cell"]) else [placed(str(row["cell"]))]
    answers = tuple(_answer(row, side, answered=answered) for side in ("baseline", "candidate"))
    unreviewed = "unreviewed" if row["reviewed"] is False else ""
    return Card(
        str(row["case_id"]),
        tuple(
            fact[:FACT_CHARACTERS] + "…" * (len(fact) > FACT_CHARACTERS)
            for fact in (*facts, expected, kind, unreviewed)
            if fact
        ),
        _text(row["text"]),
        () if _is_bare(answers, answered=answered) else answers,
    )


def _is_bare(answers: Sequence[Answer], *, answered: bool) -> bool:
    """Say whether the answers tell no more than the list's own title: which side passed."""
    told = any(
        answer.reason or answer.failure_mode or answer.kind not in {"pass", "fail"} for answer in answers
    )
    return not answered and not told


def _answer(row: Mapping[Any, Any], side: str, *, answered: bool) -> Answer:
    outcome, kind = _outcome(
        row[f"{side}_score"], row[f"{side}_trials"], row[f"{side}_errors"], row[f"{side}_unscored"]
    )
    output, reason, mode = (_text(row[f"{side}_{part}"]) for part in ("output", "reason", "failure_mode"))
    return Answer(side, outcome, kind, output if answered else None, reason, mode)


def _outcome(score: float, trials: float, errors: float, unscored: float) -> tuple[str, str]:
    """Return a model's outcome on a case in words, and the class that colours it."""
    if is_missing(score):
        ended = [
            f"{count(n)} {word}"
            for n, word in ((errors, "in error"), (unscored, "unscored"))
            if not is_missing(n) and n > 0
        ]
        return f"no score{': ' + ', '.join(ended) if ended else ''}", "missing"
    if score in {0, 1}:
        return ("pass", "pass") if score else ("fail", "fail")
    return (
        f"passes {count(round(score * trials))} of {count(trials)} trials"
        if trials > 0
        else f"score {number(score)}"
    ), "part"


def _text(value: Any) -> Text | None:
    if is_missing(value):
        return None
    text = str(value)
    return (
        Text(text)
        if len(text) <= OPEN_CHARACTERS
        else Text(f"{text[:OPEN_CHARACTERS].rstrip()}…", capped(text, CASE_CHARACTERS))
    )


def _line(card: Card) -> str:
    """Return a case as one line for a terminal."""
    return marked(f"  {card.case_id}: {' '.join(card.text.open[:120].split()) if card.text else MISSING}")
