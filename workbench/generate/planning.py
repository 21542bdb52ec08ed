"""Planning a run: so many candidates for each cell and attack, each with its prompt and style hints."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from workbench.errors import UsageError, counted, listed, shown
from workbench.exchange.comparison import refuse_mixture
from workbench.generate import hints
from workbench.generate.attacks import ATTACKS, HARMS
from workbench.generate.mutation_run import parents
from workbench.generate.paraphrase import WAYS
from workbench.generate.prompting import digest, prompt
from workbench.generate.run import Run, Slot, frozen
from workbench.outcome_facts import OUTCOME_KEYS, outcome_names, without
from workbench.provenance import BETWEEN, sha256
from workbench.redact import redact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from workbench.settings import Role
    from workbench.workspace import Workspace

PER_CELL = ("persona", "prompted")
"""Buckets that fill a cell, in the order in which its candidates are numbered."""


class Grid(Protocol):
    """The cells to fill; see `workbench.grid.Plan`."""

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """The levels of each axis."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells that are not masked."""

    @property
    def n(self) -> int:
        """Candidates per cell."""


def plan_run(
    workspace: Workspace,
    grid: Grid | None = None,
    *,
    places: pd.DataFrame | None = None,
    per_cell: Mapping[str, int] | None = None,
    role: Role,
    redteam: int = 0,
    seed: int = 0,
) -> Run:
    """Return the run that fills every cell of a grid, and asks for the red team; nothing is stored or asked.

    The red team belongs to no cell, so it needs no grid.

    Args:
        workspace: The workspace; its train split gives the style hints, its settings the personas.
        grid: The cells; None for the red team alone.
        places: Where each case lies: `case_id` and `levels`, as `workbench.grid.placed` returns them; with a grid.
        per_cell: How many candidates each cell gets by bucket: `persona`, `prompted` or both. By default the
            grid's n: persona where every cell has one, else prompted.
        role: The model that writes.
        redteam: How many red-team cases in all, dealt over `ATTACKS` in turn, each attack over the personas in
            turn: as many as attacks times personas are every attack in every voice.
        seed: The seed of chance, for the choice of hints.

    Raises:
        UsageError: Nothing is asked for, a bucket is unknown, a cell has no persona, cells are to be filled without a
            grid, the seed has no train case to show, or the store is not for this kind of workspace.
    """
    personas = workspace.settings.personas
    axes, cells = (list(grid.axes), grid.cells) if grid else ([], ())
    if per_cell is None:
        voiced = all(persona(cell.split(BETWEEN), personas) for cell in cells)
        per_cell = {"persona" if voiced else "prompted": grid.n} if grid else {}
    _check(per_cell, redteam)
    if (grid is None) != (places is None) or (any(per_cell.values()) and not cells):
        raise UsageError(
            "cells are filled by a grid and the places of the cases in it together; pass both, or neither for the red team"
        )
    cases = workspace.cases
    refuse_mixture(workspace, cases)
    train = hints.train(cases)
    if train.empty:
        raise UsageError(
            f"the workspace {workspace.name} has no real case in the train split to show as a style hint; import "
            "a seed with `workbench import seed FILE`"
        )
    levels: dict[str, tuple[str, ...]] = dict.fromkeys(train["case_id"], ())
    if places is not None:
        near = places[places["case_id"].isin(train["case_id"])]
        levels = dict(zip(near["case_id"], near["levels"], strict=True))
    bare = [
        *(slot for cell in cells for slot in _cell(cell, per_cell, levels, seed=seed, personas=personas)),
        *_redteam(redteam, levels, seed=seed, personas=list(personas.values())),
    ]
    written = shown_hints(train, outcome_names(workspace))
    slots = [replace(slot, prompt_sha256=digest(prompt(slot, axes, written))) for slot in bare]
    return frozen(slots, role.provider, role.model, role.family, seed=seed)


def shown_hints(cases: pd.DataFrame, outcomes: Collection[str] = OUTCOME_KEYS) -> dict[str, str]:
    """Return each of these rows of `cases` as a prompt shows it, by id, without facts of these names."""
    told = zip(cases["case_id"], cases["turns"], cases["context"], strict=True)
    return {case: hints.line(turns, without(context, outcomes)) for case, turns, context in told}


def _check(per_cell: Mapping[str, int], redteam: int) -> None:
    unknown = [shown(bucket) for bucket in per_cell if bucket not in PER_CELL]
    if unknown:
        raise UsageError(f"{listed(unknown)} fills no cell; ask for {' or '.join(PER_CELL)}")
    numbers = [*per_cell.values(), redteam]
    if min(numbers) < 0 or not sum(numbers):
        raise UsageError(
            f"{listed(numbers)} candidates cannot be asked for; ask for at least 1, and for no fewer than 0"
        )


def _cell(
    cell: str,
    per_cell: Mapping[str, int],
    levels: Mapping[str, tuple[str, ...]],
    *,
    seed: int,
    personas: Mapping[str, str],
) -> list[Slot]:
    buckets = [bucket for bucket in PER_CELL for _ in range(per_cell.get(bucket, 0))]
    named = tuple(cell.split(BETWEEN))
    blurb = persona(named, personas)
    if "persona" in buckets and blurb is None:
        raise UsageError(
            f"no persona for the cell {cell}: [personas] of workbench.toml has {listed(list(personas)) or 'none'}; "
            f"write one for {' or '.join(named)}, or ask for prompted"
        )
    hands = hints.dealt(levels, named, count=len(buckets), seed=seed)
    return [
        _with_hints(
            Slot(bucket=bucket, cell=cell, index=index, persona=blurb if bucket == "persona" else None), hand
        )
        for index, (bucket, hand) in enumerate(zip(buckets, hands, strict=True))
    ]


def persona(levels: Sequence[str], personas: Mapping[str, str]) -> str | None:
    """Return the blurb of the persona that one of a cell's levels names, or None."""
    return next((personas[level] for level in levels if level in personas), None)


def _redteam(
    total: int, levels: Mapping[str, tuple[str, ...]], *, seed: int, personas: Sequence[str]
) -> list[Slot]:
    names = list(ATTACKS)
    begun: Counter[str] = Counter()
    found = []
    for place, attack in enumerate(names):
        harm = ATTACKS[attack].harm
        # Attacks of one harm begin with different voices, so that a few slots spread over harms and personas.
        first = list(HARMS).index(harm) + begun[harm]
        begun[harm] += 1
        number = len(range(place, total, len(names)))
        hands = hints.dealt(levels, (f"redteam{BETWEEN}{attack}",), count=number, seed=seed)
        for index, hand in enumerate(hands):
            blurb = personas[(first + index) % len(personas)] if personas else None
            slot = Slot(bucket="redteam", attack=attack, index=index, persona=blurb)
            found.append(_with_hints(slot, hand))
    return found


def _with_hints(slot: Slot, hand: Sequence[hints.Hint]) -> Slot:
    return replace(
        slot,
        hint_ids=tuple(hint.case_id for hint in hand),
        hint_places=tuple(hint.nearness for hint in hand),
    )


def plan_paraphrases(workspace: Workspace, *, count: int, role: Role, seed: int = 0) -> Run:
    """Return the run that has a model paraphrase cases; nothing is stored, and no model is called.

    Every parent is paraphrased in one way before any is in a second. Parents are those of the operators, without
    those that hold personal data, whose paraphrases would hold placeholders, and those that share eight words in a row
    with a case of the holdout. A prompt holds its parent, so cases of the eval split reach the model that writes.

    Args:
        workspace: The workspace.
        count: How many, from 1 to three for each parent.
        role: The model that writes.
        seed: The seed of chance, for the order of parents.

    Raises:
        UsageError: There are not so many to be had.
    """
    cases = workspace.cases
    refuse_mixture(workspace, cases)
    found = parents(cases, workspace.reviews)
    found = found[[bool(turns) and redact(turns) == turns for turns in found["turns"]]]
    found = found.drop(hints.telling(found, cases[cases["split"] == "holdout"]).index)
    eligible = found["case_id"].tolist()
    if not 0 < count <= len(eligible) * len(WAYS):
        raise UsageError(
            f"{counted(count, 'paraphrase')} cannot be asked for; {workspace.name} has {counted(len(eligible), 'case')} "
            f"to paraphrase, each in {len(WAYS)} ways at most"
        )
    order = sorted(eligible, key=lambda case_id: sha256([seed, "paraphrase", case_id]))
    ways = list(WAYS)
    bare = []
    for number in range(count):
        turn, place = divmod(number, len(order))
        way = ways[(place + turn) % len(ways)]
        bare.append(Slot(bucket="mutation", index=turn, parent_ids=(order[place],), operators=(way,)))
    written = shown_hints(found, outcome_names(workspace))
    slots = [replace(slot, prompt_sha256=digest(prompt(slot, [], written))) for slot in bare]
    return frozen(slots, role.provider, role.model, role.family, seed=seed)
