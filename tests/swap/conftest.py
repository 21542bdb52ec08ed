"""Swaps for these tests, written as tables: each case as `baseline/candidate`, one letter per trial.

`p` is a pass, `f` a fail, `e` an error, `u` unscored, and `-` no row at all. So `{"real": {"p/p": 40,
"pp/pf": 3, "p/-": 1}}` is 44 real cases: 40 that both models pass, 3 with two trials of which the
candidate fails one, and 1 that the candidate was never asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pytest

from workbench.provenance import GROUP_OF_BUCKET
from workbench.stats.planning import look_alpha
from workbench.swap.comparison import paired_cases
from workbench.swap.evidence import Gate, Numbers, evidence_of, numbers_of
from workbench.swap.verdict import Decision, Evidence, Families, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASELINE, CANDIDATE = "shop-bot-2", "shop-bot-3"
OUTCOMES = {"p": "pass", "f": "fail", "e": "error", "u": "unscored"}
BUCKETS = {"real": "seed", "synthetic": "prompted", "golden": "golden", "redteam": "redteam"}
TAGS = {"seed": "prod", "golden": "golden", "mutation": "mut-typo", "redteam": "red-false_premise"}
KNOWN = Families(
    generators={"mistral/large": ("demo-p1", "demo-p2")},
    judges=("programmatic",),
    baseline="anthropic/sonnet",
    candidate="openai/gpt",
)


class Table(NamedTuple):
    """The members of a frozen set and the outcomes of two models on them."""

    members: pd.DataFrame
    results: pd.DataFrame

    def paired(self) -> pd.DataFrame:
        """Return one row per case, as the product pairs them, with the flags that the rule looks at."""
        frame = paired_cases(self.members, self.results, baseline=BASELINE, candidate=CANDIDATE)
        flags = dict.fromkeys(("must_hold", "origin_missing", "content_changed"), False)
        return frame.assign(**flags, text="user: where is it????", cell=None, slice=None).astype(
            {"cell": "str", "slice": "str"}
        )


class Decided(NamedTuple):
    """What a swap comes to."""

    frame: pd.DataFrame
    evidence: Evidence
    decision: Decision
    gate: Gate
    alpha: float
    weights: Mapping[str, float]

    @property
    def numbers(self) -> Numbers:
        """What stands beside the verdict; it takes a moment."""
        return numbers_of(self.frame, self.evidence, alpha=self.alpha, weights=self.weights)

    @property
    def verdict(self) -> str:
        """The verdict."""
        return self.decision.verdict

    @property
    def codes(self) -> list[str]:
        """The codes of its reasons, the deciding one first."""
        return [reason.code for reason in self.decision.reasons]

    def text(self, code: str) -> str:
        """Return the sentence of a reason."""
        return next(reason.text for reason in self.decision.reasons if reason.code == code)


def _table(
    spec: Mapping[str, Mapping[str, int]], *, cases_per_root: Mapping[str, int] | None = None
) -> Table:
    members, rows = [], []
    for name, counts in spec.items():
        bucket = BUCKETS.get(name, name)
        share = (cases_per_root or {}).get(name, 1)
        letters = [case for case, count in counts.items() for _ in range(count)]
        for i, case in enumerate(letters):
            case_id = f"{name}-{i:04d}"
            members.append(
                {"case_id": case_id, "content_sha256": None, "root_id": f"{name}-{i // share * share:04d}", "bucket": bucket}
                | {"group": GROUP_OF_BUCKET[bucket], "tag": TAGS.get(bucket, "synth-angry"), "split": "eval", "reviewed": True}
            )  # fmt: skip
            for model, trials in zip((BASELINE, CANDIDATE), case.split("/"), strict=True):
                rows += [
                    {"case_id": case_id, "model": model, "trial": str(trial), "outcome": OUTCOMES[letter]}
                    for trial, letter in enumerate(trials)
                    if letter != "-"
                ]
    columns = ["case_id", "content_sha256", "root_id", "bucket", "group", "tag", "split", "reviewed"]
    return Table(
        pd.DataFrame(members, columns=columns).astype({"reviewed": bool}),
        pd.DataFrame(rows, columns=["case_id", "model", "trial", "outcome"], dtype="str"),
    )


def _decided(
    frame: pd.DataFrame,
    *,
    gate: Gate | None = None,
    look: int = 1,
    families: Families = KNOWN,
    gate_changed: bool = False,
    weights: Mapping[str, float] | None = None,
) -> Decided:
    gate = gate or Gate()
    alpha = look_alpha(look, gate.alpha)
    evidence = evidence_of(frame, alpha=alpha, gate=gate, families=families, gate_changed=gate_changed)
    if weights is None:
        shares = frame.loc[frame["group"] != "redteam", "group"].value_counts(normalize=True, sort=False)
        weights = {str(name): float(share) for name, share in shares.items()}
    return Decided(frame, evidence, decide(evidence), gate, alpha, weights)


@pytest.fixture(scope="session")
def table() -> Callable[..., Table]:
    """Make a table from `{group or bucket: {case as baseline/candidate: how many}}`.

    `cases_per_root` lets the cases of a group share roots.
    """
    return _table


@pytest.fixture(scope="session")
def decided() -> Callable[..., Decided]:
    """Decide a swap from the rows of `Table.paired`, at a look and under a gate."""
    return _decided


@pytest.fixture(scope="session")
def known() -> Families:
    """Lineages that are all known and have nothing in common."""
    return KNOWN
