"""Mutants: new cases that operators make of cases, with their lineage; the same again for the same seed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.generate.operators import chain
from workbench.generate.operators.changes import DAMAGED, restated
from workbench.generate.operators.issues import paired
from workbench.generate.operators.protected import loses_code
from workbench.generate.operators.scene import Scene, Scened
from workbench.provenance import canonical, content_sha256, roots, sha256, slug, tag_for
from workbench.tables import CASES
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.generate.operators import Mutated, Operator

REPEATED = "the same text as its parent or another mutant of it"

MOST_EDITED = 0.75
"""The largest share of edited characters: put in, left out or changed, of the longer of the two texts. What only
moved or changed its case is not edited.

Beyond it less than a quarter of what is read is the parent's. Measured on the demo's seed and four public sets, the
median is 0.5 for a remark in front, 0.6 for two matters in one message, 0.25 for politeness, 0.2 for another subject
and under 0.1 for most others; 1.6 % of the remarks and 10 % of the two matters lie beyond it, where a long text comes
to a message of a few words.
"""

TOO_EDITED = f"more than {MOST_EDITED:.0%} of the text would be another"


@dataclass(frozen=True)
class Mutants:
    """What a mutation made.

    Attributes:
        cases: The new rows of `cases`, in the order of their parents.
        left_out: What was not made: `operators`, `reason` and `cases` (how often), most frequent first.
    """

    cases: pd.DataFrame
    left_out: pd.DataFrame

    def without(self, rows: pd.Index[int], reason: str) -> Mutants:
        """Return the others, and these among what was left out.

        Args:
            rows: The labels of rows of `cases`.
            reason: Why they are left out.
        """
        names = self.cases.loc[rows, "operators"].map(lambda steps: "+".join(step["name"] for step in steps))
        told = {(row["operators"], row["reason"]): row["cases"] for row in self.left_out.to_dict("records")}
        left_out = Counter(told) + Counter((name, reason) for name in names)
        return Mutants(self.cases.drop(rows).reset_index(drop=True), _counts(left_out))

    def __str__(self) -> str:
        return f"{len(self.cases):,} mutants made, {self.left_out['cases'].sum():,} left out"


def mutate(
    cases: pd.DataFrame,
    operators: Sequence[str],
    *,
    seed: int,
    copies: int = 1,
    at: dt.datetime | None = None,
    scene: Scene | None = None,
    others: pd.DataFrame | None = None,
) -> Mutants:
    """Mutate each case with each chain of operators.

    What an operator does to a case depends on the seed, the case's id and content, the operator, the
    copy, the scene and the others alone, so neither the order of the cases nor how they are shared out
    among processes changes a byte. An operator of a chain that does not apply leaves the whole mutant
    out, and so does a chain that changes more than `MOST_EDITED`. Cases without text, and those of the
    holdout, have no mutants.

    Args:
        cases: Rows of `cases`, the parents.
        operators: Chains such as `typo` or `typo+lowercase`.
        seed: The seed of chance.
        copies: How often each chain is tried on each case, with other chances; texts that repeat
            another are left out.
        at: When they are made, with its zone; by default now.
        scene: The policy and the products; each case has its own context.
        others: The cases that may be second parents; by default the cases themselves.

    Raises:
        UsageError: There is no such operator, or no copy is asked for.

    Example:
        >>> from workbench.tables import CASES
        >>> turns = [{"role": "user", "text": "Where is order 4481?"}]
        >>> parent = {"case_id": "r1", "turns": turns, "bucket": "seed", "tag": "prod", "parent_ids": [],
        ...           "root_id": "r1", "must_hold": True, "operators": [], "taxonomy": [], "hint_ids": [],
        ...           "split": "eval", "created_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "extra": {}}
        >>> made = mutate(CASES.frame([parent]), ["shout", "lowercase+no_marks"], seed=7)
        >>> [turns[0]["text"] for turns in made.cases["turns"]], made.cases["tag"].tolist()
        (['WHERE IS ORDER 4481?', 'where is order 4481'], ['mut-shout', 'mut-lowercase+no_marks'])
    """
    if copies < 1:
        raise UsageError(f"copies is {copies}; ask for at least 1")
    chains = {names: chain(names) for names in operators}
    now = at or dt.datetime.now(dt.UTC)
    around = scene or Scene()
    pool = cases if others is None else others
    second = paired(_records(pool), seed=seed) if need_scene(operators) else {}
    rows: list[dict[str, Any]] = []
    left_out: Counter[tuple[str, str]] = Counter()
    for parent in _records(cases):
        there = replace(around, context=parent["context"], second=second.get(parent["case_id"]))
        seen = {canonical([parent["turns"], parent["context"]])}
        for names, steps in chains.items():
            for copy in range(copies):
                made = _mutant(parent, steps, there, seed=seed, copy=copy)
                content = canonical([made.turns, made.context])
                reason = made.reason or (REPEATED if content in seen else "")
                if reason:
                    left_out[names, reason] += 1
                    continue
                seen.add(content)
                rows.append(_row(parent, names, made, now))
    return Mutants(CASES.frame(_rooted(rows, cases, pool)), _counts(left_out))


def need_scene(operators: Sequence[str]) -> bool:
    """Say whether an operator of these chains has to know more than the turns.

    Example:
        >>> need_scene(["typo", "shorten+typo"])
        False
    """
    return any(isinstance(step.run, Scened) for names in operators for step in chain(names))


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A case after a chain of operators; `reason` says why there is none."""

    turns: list[dict[str, str]]
    context: Any = None
    steps: Sequence[dict[str, Any]] = ()
    keeps_cell: bool = True
    second: str = ""
    reason: str = ""


def _mutant(
    parent: Mapping[str, Any], steps: Sequence[Operator], scene: Scene, *, seed: int, copy: int
) -> _Made:
    turns = parent["turns"]
    if not turns:
        return _Made(turns=[], reason="a stub has no text")
    if parent["split"] == "holdout":
        return _Made(turns=[], reason="the holdout is never touched")
    made, edited = _Made(turns=turns, context=scene.context), 0
    for place, operator in enumerate(steps):
        chance = _chance(seed, parent["case_id"], operator.name, copy, place)
        done = _in_scene(operator, scene)(made.turns, chance)
        if not done.changed:
            return _Made(turns=[], reason=f"{operator.name}: {done.reason}")
        edited += sum(span.extent for span in done.spans if made.turns[span.turn]["role"] == "user")
        made = _Made(
            turns=done.turns,
            context=restated(made.context, done.facts),
            steps=[*made.steps, _step(operator.name, done)],
            keeps_cell=made.keeps_cell and done.keeps_cell,
            second=made.second or done.second,
        )
        scene = replace(scene, context=made.context, second=None if made.second else scene.second)
    longer = max(len(user_text(turns)), len(user_text(made.turns)))
    if edited > MOST_EDITED * longer:
        return replace(made, reason=TOO_EDITED)
    spans = [span for step in made.steps for span in step["spans"]]
    if all(span["kind"] != "value" for span in spans) and loses_code(user_text(turns), user_text(made.turns)):
        return replace(made, reason=DAMAGED)
    return made


def _in_scene(operator: Operator, scene: Scene) -> Operator:
    """Return an operator that knows the scene, if it is one that asks for it."""
    if not isinstance(operator.run, Scened):
        return operator
    return replace(operator, run=replace(operator.run, scene=scene))


def _step(name: str, done: Mutated) -> dict[str, Any]:
    """Return what is recorded of one operator."""
    step = {
        "name": name,
        "keeps_label": done.keeps_label,
        "spans": [span._asdict() for span in done.spans],
    }
    facts = [{**fact._asdict(), "path": list(fact.path)} for fact in done.facts]
    return step | ({"facts": facts} if facts else {})


def _chance(*name: object) -> Random:
    """Return the source of chance that a name stands for, the same in every process."""
    digest = hashlib.sha256(canonical(name).encode()).digest()
    return Random(int.from_bytes(digest, "little"))  # noqa: S311 - chance that comes again, no secret


def _row(parent: Mapping[str, Any], names: str, made: _Made, at: dt.datetime) -> dict[str, Any]:
    content = content_sha256(made.turns, made.context)
    # The same mutant has the same id in every run; behind the parent's id it never names the root.
    digest = sha256([parent["case_id"], names, content])[:10]
    return {
        "case_id": slug(f"{parent['case_id']}.{digest}"),
        "turns": made.turns,
        "context": made.context,
        "bucket": "mutation",
        "tag": tag_for("mutation", name=names, demo=str(parent["tag"]).startswith("demo-")),
        "parent_ids": [parent["case_id"], *([made.second] if made.second else [])],
        "slice": parent["slice"] if made.keeps_cell else None,
        "cell": parent["cell"] if made.keeps_cell else None,
        "must_hold": False,
        "operators": list(made.steps),
        "taxonomy": [],
        "hint_ids": [],
        "generator_family": "programmatic",
        "split": parent["split"],
        "created_at": at,
        "content_sha256": content,
        "cost_usd": 0.0,
        "extra": {},
    }


def _rooted(rows: Sequence[dict[str, Any]], *cases: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows with the roots of their own parents: that others join them is for the store to tell."""
    # A parent's root is its relative too, which matters where its own parents are not in the frame.
    known = {
        case: [*parents, root]
        for frame in cases
        for case, parents, root in zip(frame["case_id"], frame["parent_ids"], frame["root_id"], strict=True)
    }
    root = roots(known)
    return [
        row | {"root_id": min(row["case_id"], *(root[parent] for parent in row["parent_ids"]))}
        for row in rows
    ]


def _records(cases: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in cases.to_dict("records")]


def _counts(left_out: Counter[tuple[str, str]]) -> pd.DataFrame:
    import pandas as pd

    counted = [(names, reason, number) for (names, reason), number in left_out.most_common()]
    frame = pd.DataFrame(counted, columns=["operators", "reason", "cases"])
    return frame.astype({"operators": "str", "reason": "str", "cases": "int64"})
