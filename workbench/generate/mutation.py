"""Mutants: new cases that operators make of cases, with their lineage; the same again for the same seed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError
from workbench.generate.operators import chain
from workbench.provenance import canonical, content_sha256, roots, sha256, slug, tag_for
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.generate.operators import Operator

REPEATED = "the same text as its parent or another mutant of it"
_SAME = ("slice", "cell", "context", "split")


@dataclass(frozen=True)
class Mutants:
    """What a mutation made.

    Attributes:
        cases: The new rows of `cases`, in the order of their parents.
        left_out: What was not made: `operators`, `reason` and `cases` (how often), most frequent first.
    """

    cases: pd.DataFrame
    left_out: pd.DataFrame

    def __str__(self) -> str:
        return f"{len(self.cases):,} mutants made, {self.left_out['cases'].sum():,} left out"


def mutate(
    cases: pd.DataFrame,
    operators: Sequence[str],
    *,
    seed: int,
    copies: int = 1,
    at: dt.datetime | None = None,
) -> Mutants:
    """Mutate each case with each chain of operators.

    What an operator does to a case depends on the seed, the case's id and content, the operator and the
    copy alone, so neither the order of the cases nor how they are shared out among processes changes
    a byte. An operator of a chain that does not apply leaves the whole mutant out. Cases without
    text, and those of the holdout, have no mutants.

    Args:
        cases: Rows of `cases`, the parents.
        operators: Chains such as `typo` or `typo+lowercase`.
        seed: The seed of chance.
        copies: How often each chain is tried on each case, with other chances; texts that repeat
            another are left out.
        at: When they are made, with its zone; by default now.

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
    rows: list[dict[str, Any]] = []
    left_out: Counter[tuple[str, str]] = Counter()
    for parent in cases.to_dict("records"):
        told = {str(name): value for name, value in parent.items()}
        seen = {canonical(told["turns"])}
        for names, steps in chains.items():
            for copy in range(copies):
                made = _mutant(told, steps, seed=seed, copy=copy)
                reason = made.reason or (REPEATED if canonical(made.turns) in seen else "")
                if reason:
                    left_out[names, reason] += 1
                    continue
                seen.add(canonical(made.turns))
                rows.append(_row(told, names, made, now))
    counted = [{"operators": names, "reason": why, "cases": n} for (names, why), n in left_out.most_common()]
    return Mutants(CASES.frame(_rooted(rows, cases)), _counts(counted))


@dataclass(frozen=True)
class _Made:
    """A conversation after a chain of operators; `reason` says why there is none."""

    turns: list[dict[str, str]]
    steps: list[dict[str, Any]]
    reason: str = ""


def _mutant(parent: Mapping[str, Any], steps: Sequence[Operator], *, seed: int, copy: int) -> _Made:
    turns = parent["turns"]
    if not turns:
        return _Made([], [], "a stub has no text")
    if parent["split"] == "holdout":
        return _Made([], [], "the holdout is never touched")
    told: list[dict[str, Any]] = []
    for place, operator in enumerate(steps):
        done = operator(turns, _chance(seed, parent["case_id"], operator.name, copy, place))
        if not done.changed:
            return _Made([], [], f"{operator.name}: {done.reason}")
        turns = done.turns
        spans = [span._asdict() for span in done.spans]
        told.append({"name": operator.name, "keeps_label": done.keeps_label, "spans": spans})
    return _Made(turns, told)


def _chance(*name: object) -> Random:
    """Return the source of chance that a name stands for, the same in every process."""
    digest = hashlib.sha256(canonical(name).encode()).digest()
    return Random(int.from_bytes(digest, "little"))  # noqa: S311 - chance that comes again, no secret


def _row(parent: Mapping[str, Any], names: str, made: _Made, at: dt.datetime) -> dict[str, Any]:
    content = content_sha256(made.turns, parent["context"])
    # The same mutant has the same id in every run; behind the parent's id it never names the root.
    digest = sha256([parent["case_id"], names, content])[:10]
    return {name: parent[name] for name in _SAME} | {
        "case_id": slug(f"{parent['case_id']}.{digest}"),
        "turns": made.turns,
        "bucket": "mutation",
        "tag": tag_for("mutation", name=names, demo=str(parent["tag"]).startswith("demo-")),
        "parent_ids": [parent["case_id"]],
        "must_hold": False,
        "operators": made.steps,
        "taxonomy": [],
        "hint_ids": [],
        "generator_family": "programmatic",
        "created_at": at,
        "content_sha256": content,
        "cost_usd": 0.0,
        "extra": {},
    }


def _rooted(rows: Sequence[dict[str, Any]], cases: pd.DataFrame) -> list[dict[str, Any]]:
    # A parent's root is its relative too, which matters where its own parents are not in the frame.
    told = zip(cases["case_id"], cases["parent_ids"], cases["root_id"], strict=True)
    known = {case: [*parents, root] for case, parents, root in told}
    root = roots(known | {row["case_id"]: row["parent_ids"] for row in rows})
    return [row | {"root_id": root[row["case_id"]]} for row in rows]


def _counts(counted: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(counted, columns=["operators", "reason", "cases"])
    return frame.astype({"operators": "str", "reason": "str", "cases": "int64"})
