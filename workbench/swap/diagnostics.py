"""Whether the mix is bad: three diagnostics of the synthetic cases against the real ones.

Where the groups differ comes before how much. Each diagnostic is shown, excluded or unresolved; none of
them decides a swap.

Source: the short text's three diagnostics and its long companion's section 6 (a word that triggers a
tool); methods 6.2 and 3.2. Taken as a rule on points, more than ten points apart, the first fires for
one in ten sets of 153 synthetic and 65 real cases that fail alike; so intervals are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.redact import redact
from workbench.swap.diagnostics_cells import drill_down
from workbench.swap.diagnostics_gaps import BAND_PP, gaps
from workbench.swap.diagnostics_modes import failure_modes
from workbench.swap.diagnostics_words import trigger_words
from workbench.swap.part import Part
from workbench.tables import CASES
from workbench.text import user_text

if TYPE_CHECKING:
    from workbench.store import Transaction
    from workbench.swap.beside import Swapped

BREAKDOWNS = ("cell", "slice")
"""By what the groups are compared before their sums are."""

GROUPS = ("real", "synthetic")

SIGNATURE = "signature words"
"""What stands for a concept beside words that generators like."""


def part(tx: Transaction, swapped: Swapped) -> Part:
    """Return the part `diagnostics` of verdict.json.

    Returns:
        `band_pp`; `drill_down` {cell, slice}; `gap`; `failure_modes` and `trigger_words`. A diagnostic that
        cannot be made is none, with its reason and the next step.
    """
    frame, alpha, lexicon = swapped.frame, swapped.alpha, swapped.workspace.lexicon
    compared = frame[frame["group"].isin(GROUPS) & frame["d"].notna()]
    said = tx.read(CASES, case_id=compared["case_id"].tolist()).set_index("case_id")["turns"]
    users = compared["case_id"].map({case: user_text(turns) for case, turns in said.items()})
    found = {
        **{f"drill_down.{by}": drill_down(compared, by, alpha=alpha) for by in BREAKDOWNS},
        "gap": gaps(compared, swapped.evidence.contradiction, alpha=alpha),
        "failure_modes": failure_modes(frame, swapped.outcomes, swapped.question, alpha=alpha),
        "trigger_words": trigger_words(
            compared.assign(said=users), {**lexicon.concepts, SIGNATURE: lexicon.signature_words}, alpha=alpha
        ),
    }
    fields: dict[str, Any] = {name: dict(one.fields) or None for name, one in found.items()}
    why = {
        f"{name}.{path}".removesuffix("."): reason
        for name, one in found.items()
        for path, reason in one.why.items()
    }
    down = {by: fields.pop(f"drill_down.{by}") for by in BREAKDOWNS}
    # Names of places, modes and words come from files and may hold an address.
    return Part(redact({"band_pp": BAND_PP, "drill_down": down, **fields}), why)
