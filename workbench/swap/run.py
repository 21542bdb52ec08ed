"""A swap from the frozen set to its run folder.

The verdict is computed here, once. The run folder holds `verdict.json`, `verdict.md`,
`cases.parquet` (one row per case with both answers) and `manifest.json`; the report is drawn
from them, and `complete: true` is written into the manifest last, by who draws it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.frozen import Frozen, times_used
from workbench.provenance import sha256, slug
from workbench.stats.planning import look_alpha
from workbench.swap.beside import Swapped, beside
from workbench.swap.cases import case_rows, families_of, label_kinds, pairs_of
from workbench.swap.evidence import Gate, evidence_of, numbers_of
from workbench.swap.folder import check_folder, write_run
from workbench.swap.history.rates import readings
from workbench.swap.looks import Content, look_at, sealed_gate
from workbench.swap.overdue import overdue
from workbench.swap.reconcile import reconciled
from workbench.swap.record import Facts, verdict_json
from workbench.swap.selection import Question, chosen_outcomes, comparable_since, results_sha256
from workbench.swap.self_test import Anchor, last_survival, self_test
from workbench.swap.verdict import EXIT_CODES, decide
from workbench.tables import SWAPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.store import Transaction
    from workbench.swap.self_test import Answer
    from workbench.workspace import Workspace


@dataclass(frozen=True)
class Swap:
    """A decided swap.

    Attributes:
        verdict: verdict.json, whole.
        cases: One row per case of the set, with both models' scores and answers.
        folder: The run folder.
    """

    verdict: Mapping[str, Any]
    cases: pd.DataFrame
    folder: Path

    @property
    def exit_code(self) -> int:
        """0 SHIP, 10 BLOCK, 11 NO VERDICT, 12 REFUSED."""
        return EXIT_CODES[self.verdict["verdict"]]

    def __str__(self) -> str:
        demo = "DEMO " if self.verdict["demo"] else ""
        everything = ["  frozen with --all: train and unreviewed cases are in the set"]
        reasons = [f"  {reason['text']} ({reason['code']})" for reason in self.verdict["reasons"]]
        return "\n".join(
            [
                f"{demo}{self.verdict['verdict']}",
                *reasons,
                *(everything if self.verdict["everything"] else []),
                f"next: {self.verdict['next_action']}",
            ]
        )


def run_swap(workspace: Workspace, frozen: Frozen, question: Question, *, folder: Path | None = None) -> Swap:
    """Decide a swap on a frozen set and write its run folder.

    Args:
        workspace: The workspace.
        frozen: The frozen set.
        question: The two models, and which results and judge are used.
        folder: The run folder; by default `reports/<date>-<slug>-<hash>` in the workspace.

    Returns:
        The verdict with its evidence. A BLOCK or REFUSED is a verdict, not an error.

    Raises:
        UsageError: A model has no results on this set, occurs in several results runs, has
            several judges, or is compared with itself; or the folder holds something else.
    """
    if folder:
        check_folder(folder, baseline=question.baseline, candidate=question.candidate)
    with workspace.store.transaction() as tx:
        verdict, frame, look = _decided(tx, workspace, frozen, question)
        run = folder or _run_folder(workspace, question, verdict, look)
        now = dt.datetime.now(dt.UTC)
        row = {
            **verdict["swap"],
            "look": verdict["look"],
            "evalset_sha256": frozen.sha256,
            "results_sha256": verdict["results_sha256"],
            "verdict": verdict["verdict"],
            "numbers": verdict,
            "run": run.name,
            "pairs": pairs_of(frame),
            "created_at": now,
        }
        tx.append(SWAPS, [{"verdict_id": sha256({**row, "created_at": now.isoformat()}), **row}])
    used = times_used(workspace.store, frozen.sha256)
    decided = Swap({**verdict, "times_used": used}, frame, run)
    write_run(run, decided.verdict, frame, workspace=workspace.root, made_at=now)
    return decided


def _decided(
    tx: Transaction, workspace: Workspace, frozen: Frozen, question: Question
) -> tuple[dict[str, Any], pd.DataFrame, int]:
    settings = workspace.settings.gate
    gate = Gate(settings.margin_pp, settings.alpha, settings.floor_roots)
    outcomes = chosen_outcomes(tx, frozen, question)
    frame = case_rows(tx, frozen, outcomes, question)
    late = overdue(tx, frame["case_id"].tolist())
    frame = frame[~frame["case_id"].isin(late.case_ids)].reset_index(drop=True)
    content = Content(frozen.sha256, results_sha256(outcomes), gate)
    sealed = sealed_gate(tx, comparable_since(tx, frozen, question))
    look = look_at(tx, content, baseline=question.baseline, candidate=question.candidate, sealed=sealed)
    alpha = look_alpha(look, gate.alpha)
    evidence = evidence_of(
        frame,
        alpha=alpha,
        gate=gate,
        families=families_of(frame, outcomes, question),
        gate_changed=sealed is not None and sealed != gate,
        overdue=late.owners,
    )
    decision = decide(evidence)
    swapped = Swapped(
        workspace=workspace,
        frozen=frozen,
        question=question,
        outcomes=outcomes,
        frame=frame,
        evidence=evidence,
        look=look,
        alpha=alpha,
        results_sha256=content.results_sha256,
    )
    numbers = numbers_of(frame, evidence, alpha=alpha, weights=frozen.weights)
    parts = beside(tx, swapped)
    answers = _answers(tx, swapped, readings(parts["history"].fields["rates"]))
    facts = _facts(swapped, content, None if decision.verdict == "REFUSED" else look, answers)
    named = tuple(note for one in parts.values() for note in one.notes)
    decision = replace(decision, reasons=decision.reasons + named)
    verdict = verdict_json(facts, gate, decision, evidence, numbers, beside=parts)
    _check_override(question, verdict)
    return verdict, frame, look


def _facts(swapped: Swapped, content: Content, look: int | None, answers: tuple[Answer, ...]) -> Facts:
    frozen, frame = swapped.frozen, swapped.frame
    return Facts(
        baseline=swapped.question.baseline,
        candidate=swapped.question.candidate,
        evalset=f"{frozen.name} v{frozen.version}",
        evalset_sha256=frozen.sha256,
        results_sha256=content.results_sha256,
        look=look,
        alpha=swapped.alpha,
        demo=swapped.workspace.demo or bool(frame["tag"].str.startswith("demo-").any()),
        everything=frozen.everything,
        joined_by_id_only=int(swapped.outcomes["content_sha256"].isna().sum()),
        label_kinds=label_kinds(frame),
        reconciled=_rows(reconciled(swapped.outcomes, frame)),
        self_test=answers,
        override=tuple(swapped.question.override),
    )


def _answers(tx: Transaction, swapped: Swapped, history: Sequence[Mapping[str, str]]) -> tuple[Answer, ...]:
    """Answer the self-test; `history` are the readings of the last swaps, of which this is one unless refused."""
    frame, evidence = swapped.frame, swapped.evidence
    tagged = frame.loc[~frame["case_id"].isin(evidence.origin_missing), "tag"]
    real = frame[frame["group"] == "real"]
    return self_test(
        untagged=evidence.origin_missing,
        tags=Counter(map(str, tagged)),
        history=history,
        families=evidence.families,
        survival=last_survival(tx, frame["case_id"].tolist()),
        anchor=Anchor.of(tx, real, roots=evidence.groups["real"].roots, floor=evidence.floor_roots),
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _check_override(question: Question, verdict: Mapping[str, Any]) -> None:
    codes = [reason["code"] for reason in verdict["reasons"]]
    for override in question.override:
        if override["rule"] not in codes:
            raise UsageError(
                f"--override {shown(override['rule'])} names no reason of this verdict; they are {', '.join(codes)}"
            )


def _run_folder(workspace: Workspace, question: Question, verdict: Mapping[str, Any], look: int) -> Path:
    name = f"{slug(question.baseline, length=40)}-to-{slug(question.candidate, length=40)}"
    asked = [verdict["swap"], verdict["evalset_sha256"], verdict["results_sha256"], verdict["gate"], look]
    return workspace.path("reports", f"{dt.datetime.now(dt.UTC):%Y-%m-%d}-{name}-{sha256(asked)[:8]}")
