"""What a judge will be asked: planned for nothing, with every answer that needs no judge settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import UsageError, counted, listed
from workbench.llm.asking import price_of
from workbench.llm.forecast import forecast
from workbench.redact import find
from workbench.swap.grading.answered import answered
from workbench.swap.grading.graded import Grader
from workbench.swap.grading.lineage import warnings_of
from workbench.swap.grading.marks import NO_LABEL, NOT_TAKEN, Mark, unscored
from workbench.swap.grading.prompting import UnsafeError, canary, digest, document, request, salt_of
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.frozen import Frozen
    from workbench.llm import Request
    from workbench.llm.forecast import Forecast
    from workbench.settings import Role, Rubric
    from workbench.swap.grading.answered import Answered
    from workbench.swap.grading.injections import Document
    from workbench.workspace import Workspace

PROBED = 25
"""Answers that are judged again with an instruction planted, five for each placement: none flipped of the 20
that are no control has a Wilson limit of 16 %. More is better and costs as much as as many answers."""

REPLY_TOKENS = (60, 800)
"""Tokens of a judge's reply that a forecast assumes: one sentence with its two fields, and that with some thought
before it."""


@dataclass(frozen=True, kw_only=True)
class Judging:
    """A judge's work, planned; nothing is asked yet.

    Attributes:
        frozen: The set.
        models: Whose answers are judged.
        role: The judge.
        answers: The answers.
        marks: Of answers that the judge is not asked about, by their place.
        documents: What the judge reads of the others, by their place.
        requests: Their requests, by their place; answers that read alike share one.
        probes: How many failed answers are judged again with an instruction planted.
        salt: Of the canaries.
        warnings: What is worth knowing about the judge's lineage, and about what it reads.
        rubric: The version of the rubric.
    """

    frozen: Frozen
    models: tuple[str, ...]
    role: Role
    answers: tuple[Answered, ...] = field(repr=False)
    marks: Mapping[int, Mark] = field(repr=False)
    documents: Mapping[int, Document] = field(repr=False)
    requests: Mapping[int, Request] = field(repr=False)
    probes: int
    salt: str = field(repr=False)
    warnings: tuple[str, ...]
    rubric: str

    @property
    def asked(self) -> list[Request]:
        """What is asked for the answers, each once."""
        return list(dict.fromkeys(self.requests.values()))

    @property
    def grader(self) -> Grader:
        """Who grades, and by which words."""
        by = f"rubric {self.rubric}, instructions {digest()[:8]}"
        return Grader(name=self.role.model, family=self.role.family, metric=by)

    @property
    def _whom(self) -> str:
        return f"{self.role.model} ({self.role.family}, by {self.role.provider})"

    def canary_of(self, told: Document, place: int) -> str:
        """Return the canary of what is asked about an answer."""
        return canary(told, self.answers[place].row["case_id"], self.salt)

    def __str__(self) -> str:
        alike = len(self.requests) - len(self.asked)
        said = f", {alike:,} of them word for word as another" if alike else ""
        return "\n".join(
            [
                f"{counted(len(self.answers), 'answer')} to {self.frozen.name} v{self.frozen.version} for {self._whom}",
                f"judged: {len(self.requests):,}{said}; up to {self.probes:,} failed ones again with an instruction planted",
                *self.warnings,
            ]
        )


def plan_judging(
    workspace: Workspace,
    frozen: Frozen,
    models: Sequence[str],
    *,
    setups: Sequence[str] = (),
    probes: int = PROBED,
) -> Judging:
    """Plan what the grader of `[roles]` is asked; nothing is asked.

    Args:
        workspace: The workspace.
        frozen: The set.
        models: Whose answers are judged.
        setups: The first digits of the setups whose answers are graded, of models that have several.
        probes: How many failed answers to judge again with an instruction planted.

    Raises:
        UsageError: No grader is named, or one of stored replies, or it is of the line of a model under test or
            of a generator; or as of `answered`.
    """
    role = workspace.settings.roles.grader
    if role is None:
        raise UsageError(
            'workbench.toml names no grader; write grader = { provider = "...", model = "...", family = '
            '"vendor/line" } in [roles], or grade by --check'
        )
    if role.provider == "replay":
        raise UsageError(
            "the grader of workbench.toml is asked over a network; name the provider anthropic or openai, or grade by "
            "--check"
        )
    answers = tuple(answered(workspace, frozen, models, setups))
    rubric, salt = workspace.rubric, salt_of(workspace.store)
    warnings = _warnings(workspace, frozen, role, answers) + _replaced(rubric)
    marks: dict[int, Mark] = {}
    documents: dict[int, Document] = {}
    requests: dict[int, Request] = {}
    for place, answer in enumerate(answers):
        if answer.state == "error":
            marks[place] = Mark("error", answer.reason)
        elif answer.expected is None:
            marks[place] = unscored(NO_LABEL)
        else:
            documents[place] = document(answer, rubric)
            try:
                requests[place] = request(documents[place], answer.row["case_id"], salt)
            except UnsafeError as error:
                marks[place] = unscored(NOT_TAKEN, str(error))
    return Judging(
        frozen=frozen, models=tuple(models), role=role, answers=answers, marks=marks, documents=documents,
        requests=requests, probes=probes, salt=salt, warnings=warnings, rubric=rubric.version,
    )  # fmt: skip


def _replaced(rubric: Rubric) -> tuple[str, ...]:
    """Say what the judge does not read of the policy."""
    kinds = listed(sorted({span.kind for span in find(rubric.policy)}))
    return (f"the judge reads pseudonyms for {kinds} in the policy of rubric.toml",) if kinds else ()


def expected_cost(workspace: Workspace, planned: Judging) -> Forecast:
    """Return what the judge will cost, with as many probes as are planned; nothing is asked.

    Which answers fail is not known yet, so the longest stand for those that are judged again.
    """
    longest = sorted(planned.asked, key=lambda one: len(one.prompt), reverse=True)
    requests = [*planned.asked, *longest[: planned.probes]]
    at = price_of(workspace, planned.role)
    return forecast(requests, at, model=planned.role.model, assumed=REPLY_TOKENS)


def _warnings(
    workspace: Workspace, frozen: Frozen, role: Role, answers: Sequence[Answered]
) -> tuple[str, ...]:
    generators: dict[str, list[str]] = {}
    for case in workspace.store.read(CASES, case_id=frozen.members["case_id"].tolist()).to_dict("records"):
        if isinstance(case["generator_family"], str):
            generators.setdefault(case["generator_family"], []).append(case["case_id"])
    models = {answer.row["model"]: answer.row["model_family"] for answer in answers}
    return warnings_of(role, models, generators, demo=workspace.demo)
