"""A run: the candidates that are asked for, frozen before the first reply."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench.costs import GENERATION_USD
from workbench.errors import counted, listed
from workbench.generate.hints import NEARNESS
from workbench.generate.prompting import digest, template
from workbench.provenance import BETWEEN, sha256, slug
from workbench.tables import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.store import Transaction

BY_OPERATORS = "operators"
"""Provider and model of a run that mutates."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One candidate of a run.

    Attributes:
        case_id: The id that its case has or will have; None for mutants that could not be made.
        bucket: persona, prompted, redteam or mutation.
        cell: The cell that it is asked for; None for the red team and for mutants.
        attack: The attack of a red-team case.
        index: Its number in the cell or attack, from 0.
        persona: The blurb in its prompt.
        hint_ids: The real cases in its prompt.
        hint_places: How near each of them is to the cell; see `hints.NEARNESS`.
        prompt_sha256: The sha256 of its prompt.
        parent_ids: The case that a mutant was made of.
        operators: The operators of a mutant, in their order.
        count: How many it stands for: 1, or so many mutants that could not be made for one reason.
        reason: Why they could not.
    """

    bucket: str
    case_id: str | None = None
    cell: str | None = None
    attack: str | None = None
    index: int = 0
    persona: str | None = None
    hint_ids: tuple[str, ...] = ()
    hint_places: tuple[str, ...] = ()
    prompt_sha256: str | None = None
    parent_ids: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    count: int = 1
    reason: str = ""

    @property
    def place(self) -> str:
        """What is asked for: its cell, `redteam/<attack>`, or `paraphrase/<case>`."""
        if self.parent_ids:
            return f"paraphrase{BETWEEN}{self.parent_ids[0]}"
        return self.cell or f"redteam{BETWEEN}{self.attack}"

    @property
    def technique(self) -> str:
        """What it costs as: a model writes a paraphrase as it writes what is prompted."""
        return "prompted" if self.bucket == "mutation" and self.prompt_sha256 else self.bucket


@dataclass(frozen=True, kw_only=True)
class Run:
    """A frozen plan.

    Attributes:
        run_id: The sha256 of everything that its requests follow from; the same plan is the same run.
        generator_provider: Who serves the generator, or `operators`.
        generator_model: The model that writes, or `operators`.
        generator_family: Its lineage.
        seed: The seed of chance.
        slots: What is asked for.
        prompts: The sha256 of each template, by its name.
        low_usd: What generating costs at the prices of `workbench.costs`, from, in USD.
        high_usd: The same, to. Stored replies and operators cost nothing again.
    """

    run_id: str
    generator_provider: str
    generator_model: str
    generator_family: str
    seed: int
    slots: tuple[Slot, ...] = field(repr=False)
    prompts: Mapping[str, str]
    low_usd: float
    high_usd: float

    def row(self, at: dt.datetime) -> dict[str, Any]:
        """Return its row of the table `runs`."""
        told = {name: value for name, value in vars(self).items() if name != "slots"}
        return told | {"slots": [asdict(slot) for slot in self.slots], "created_at": at}

    def __str__(self) -> str:
        by_cell: dict[str, Counter[str]] = {}
        for slot in self.slots:
            by_cell.setdefault(slot.cell or "", Counter())[slot.bucket] += slot.count
        alike: dict[str, list[str]] = {}
        for cell, buckets in by_cell.items():
            said = ", ".join(f"{number:,} {bucket}" for bucket, number in buckets.items())
            alike.setdefault(said, []).append(cell)
        places = Counter(near for slot in self.slots for near in slot.hint_places)
        hints = Counter(hint for slot in self.slots for hint in slot.hint_ids)
        asked = counted(sum(slot.count for slot in self.slots), "slot")
        whom = f"{self.generator_model} ({self.generator_family}, by {self.generator_provider})"
        near = ", ".join(f"{place} {places[place]:,}" for place in NEARNESS if places[place])
        parents = {parent for slot in self.slots for parent in slot.parent_ids if slot.prompt_sha256}
        often = f"each in at most {max(hints.values(), default=0):,} prompts"
        return "\n".join(
            [
                f"run {self.run_id[:12]}: {asked} for {whom}",
                *(
                    f"  {said}: {f'each of {len(cells):,} cells ({listed(cells)})' if cells[0] else 'outside the cells'}"
                    for said, cells in alike.items()
                ),
                *(
                    [f"style hints: {counted(len(hints), 'train case')}, {often}; from: {near}"]
                    if hints
                    else []
                ),
                *([f"the prompts hold {counted(len(parents), 'case')} of the eval split"] if parents else []),
            ]
        )


def frozen(slots: Sequence[Slot], provider: str, model: str, family: str, *, seed: int) -> Run:
    """Return the run of these slots, with the ids of its cases and its forecast."""
    prompts = {slot.bucket: digest(template(slot.bucket)) for slot in slots if slot.prompt_sha256}
    run_id = sha256(
        {
            "generator": [provider, model, family],
            "seed": seed,
            "prompts": prompts,
            "slots": [asdict(slot) for slot in slots],
        }
    )
    named = [replace(slot, case_id=_case_id(slot, run_id)) if slot.prompt_sha256 else slot for slot in slots]
    costs = [GENERATION_USD[slot.technique] for slot in slots]
    return Run(
        run_id=run_id,
        generator_provider=provider,
        generator_model=model,
        generator_family=family,
        seed=seed,
        slots=tuple(named),
        prompts=prompts,
        low_usd=round(sum(low for low, _ in costs), 6),
        high_usd=round(sum(high for _, high in costs), 6),
    )


def freeze(tx: Transaction, run: Run) -> None:
    """Append a run to the store, where it is not there yet."""
    if tx.read(RUNS, run_id=run.run_id).empty:
        tx.append(RUNS, [run.row(dt.datetime.now(dt.UTC))])


def _case_id(slot: Slot, run_id: str) -> str:
    if slot.parent_ids:
        # Behind the parent's id it never names the root.
        return slug(f"{slot.parent_ids[0]}.{sha256([run_id, slot.operators, slot.index])[:10]}")
    name = slot.place.replace(BETWEEN, "-")
    # The hash keeps cells apart that only a sign tells from one another, and runs of one cell.
    short = sha256([run_id, slot.place, slot.bucket, slot.index])[:10]
    return f"{slug(name, length=40)}-{slot.index}-{short}"
