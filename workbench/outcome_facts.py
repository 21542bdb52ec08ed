"""Names under which facts hold an expected outcome: no prompt shows them, and no reply may have them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd

    from workbench.workspace import Workspace

OUTCOME_KEYS = frozenset(
    {"answer", "answerkey", "expected", "gold", "golden", "goldstandard", "groundtruth", "label", "outcome"}
    | {"resolution", "verdict"}
    | {
        which + what
        for which in ("correct", "desired", "expected", "final", "gold", "golden", "ideal", "reference", "target", "true")
        for what in ("action", "answer", "label", "outcome", "output", "resolution", "response", "result", "verdict")
    }
)  # fmt: skip
"""Names that nothing in a reply may have, also deep in its facts: a model that writes the input never
writes its expected outcome. They are compared by their letters and digits in lower case. Source: the
rule on labels of the design, section 1."""

SAYS = 0.5
"""The share of labelled real cases from which a fact that has the label as its value is the outcome itself. Decided
for withholding: a hint without such a fact loses little, and a fact that says the label less often, such as what the
customer asks for, says something else."""


def outcome_names(workspace: Workspace) -> frozenset[str]:
    """Return `OUTCOME_KEYS`, and the names that the seed's own facts have for an outcome.

    Those are the names whose value is the case's label, as anybody ever stated it, in at least `SAYS` of the seed's
    labelled cases that have them, without regard to case and punctuation. The holdout is not looked at. A name whose values say the
    outcome in other words than the label is not found.
    """
    labels = workspace.store.read(LABELS)
    seed = workspace.store.read(CASES, bucket="seed", case_id=labels["case_id"].unique().tolist())
    return OUTCOME_KEYS | saying(seed[seed["split"] != "holdout"], labels)


def saying(cases: pd.DataFrame, labels: pd.DataFrame) -> frozenset[str]:
    """Return the names of facts that are the case's label in at least `SAYS` of the cases that have them.

    Args:
        cases: Rows of `cases`.
        labels: Rows of `labels`.
    """
    expected = labels["expected"].map(bare).groupby(labels["case_id"]).agg(set).to_dict()
    there, same = Counter[str](), Counter[str]()
    for case_id, context in zip(cases["case_id"], cases["context"], strict=True):
        if stated := expected.get(case_id):
            facts = set(_values((context or {}).get("facts")))
            there.update({name for name, _ in facts})
            same.update({name for name, value in facts if value in stated})
    return frozenset(name for name, number in same.items() if number >= SAYS * there[name])


def without(value: Any, names: Collection[str]) -> Any:
    """Return a JSON value without the fields that have one of these names.

    Example:
        >>> without({"facts": {"order": "K-20817", "Final Decision": "refund"}}, {"finaldecision"})
        {'facts': {'order': 'K-20817'}}
    """
    if isinstance(value, dict):
        return {name: without(part, names) for name, part in value.items() if bare(name) not in names}
    return [without(part, names) for part in value] if isinstance(value, list) else value


def bare(name: str) -> str:
    """Return the letters and digits of a name in lower case, by which names are compared."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _values(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each plain value of a context with the name of its field, both bare."""
    if isinstance(value, dict):
        for one, part in value.items():
            yield from _values(part, one)
    elif isinstance(value, list):
        for part in value:
            yield from _values(part, name)
    elif value is not None:
        yield bare(name), bare(str(value))
