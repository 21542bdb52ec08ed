"""What runs asked for and what came: cells, reasons, provenance, hints, operators, costs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.errors import counted, listed
from workbench.labels import inherited
from workbench.provenance import BETWEEN
from workbench.report.cells import Look, safe_table
from workbench.report.facts import headed
from workbench.report.grid.gaps import dollars
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count
from workbench.report.tiles import Tile, tile_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart

NO_RUN = "No run has asked a generator for a candidate yet; workbench generate --replies FILE fills the grid."
NO_GRID = "workbench.toml has no grid now; write [grid.axes] to see the candidates by cell."
NO_MUTANT = "No run has mutated a case yet; workbench generate --mutate typo does."

SHORT = 12
"""Characters of a hash that a table shows."""

NEARNESS: Mapping[str, str] = {
    "cell": "of the cell",
    "partial": "known in part",
    "near": "near",
    "any": "any",
}
"""How near a hint is to the cell, in words."""


class Plan(Protocol):
    """A grid with the cells that are left out; see `workbench.grid.Plan`."""

    axes: Mapping[str, tuple[str, ...]]
    cells: tuple[str, ...]
    masked: tuple[str, ...]


def headline(runs: pd.DataFrame, slots: pd.DataFrame, cases: pd.DataFrame, *, name: str, demo: bool) -> Shown:
    """Return what was asked for and what came, in one sentence and a few numbers."""
    asked, tried = asked_of(slots), mutants_of(slots)
    made, mutants = int(asked["made"].sum()), int(tried["made"].sum())
    mine = cases["case_id"].isin(slots["case_id"].dropna())
    repeats = int((~asked["made"] & asked["reason"].str.startswith("repeats ")).sum())
    facts = [
        ("Runs", count(len(runs))),
        ("Asked for", count(len(asked))),
        ("Came", count(made)),
        ("Without a case", count(len(asked) - made)),
        ("Mutants made", count(mutants)),
        ("Mutants left out", count(int(tried["count"].sum()) - mutants)),
        ("Left out, word for word as another case", count(repeats)),
        ("Spent on what came", dollars(cases.loc[mine, "cost_usd"].sum())),
    ]
    said = (
        f"{name} asked generators for {counted(len(asked), 'candidate')}, and {count(made)} came. Operators made "
        f"{counted(mutants, 'mutant')}. None of them counts before a person has kept it."
    )
    return headed(said, facts, demo=demo)


def asked_of(slots: pd.DataFrame) -> pd.DataFrame:
    """Return the slots that a generator was asked for, paraphrases among them."""
    return slots[slots["prompt_sha256"].notna()]


def mutants_of(slots: pd.DataFrame) -> pd.DataFrame:
    """Return the slots of operators, a mutant that several runs list once."""
    single = once(slots)
    return single[single["prompt_sha256"].isna()]


def once(slots: pd.DataFrame) -> pd.DataFrame:
    """Return the slots without those whose case an earlier run lists."""
    return slots[slots["case_id"].isna() | ~slots.duplicated("case_id")]


def filled_map(slots: pd.DataFrame, plan: Plan | None) -> Chart | Shown:
    """Return how many of the requested candidates each cell got, as tiles; a sentence without a grid."""
    cells = slots[slots["cell"].notna()].groupby("cell")["made"].agg(["size", "sum"])
    if cells.empty:
        return sentence(NO_RUN)
    if plan is None:
        return sentence(NO_GRID)
    there = [cell for cell in cells.index if len(cell.split(BETWEEN)) == len(plan.axes)]
    tiles = []
    for cell in dict.fromkeys([*plan.cells, *plan.masked, *there]):
        size, made = (int(number) for number in cells.loc[cell]) if cell in cells.index else (0, 0)
        bare = "masked" if cell in plan.masked else "not asked"
        told = f"{made} of {size}" if size else bare
        tip = f"{told} requested candidates came" if size else bare
        tiles.append(Tile(tuple(cell.split(BETWEEN)), made if size else None, told, tip))
    short = cells[cells["sum"] < cells["size"]]
    said = [f"{cell} {made} of {size}" for cell, size, made in short.itertuples()]
    summary = (
        f"{count(int(cells['sum'].sum()))} of {count(int(cells['size'].sum()))} requested candidates came, in "
        f"{counted(len(cells), 'cell')}. Short: {listed(said, most=5) or 'none'}."
    )
    title = "Candidates that came, of those requested"
    return tile_map(tiles, plan.axes, unit="candidates that came", title=title, summary=summary)


def unfilled(slots: pd.DataFrame) -> Shown:
    """Return what was asked for and did not come, with the reasons."""
    asked = asked_of(slots)
    if asked.empty:
        return sentence(NO_RUN)
    open_ = asked[~asked["made"]]
    if open_.empty:
        return sentence(f"Slots with their case: {count(len(asked))} of {count(len(asked))}.")
    other = (
        open_["attack"]
        .map(lambda attack: f"redteam{BETWEEN}{attack}", na_action="ignore")
        .fillna("paraphrase")
    )
    place = open_["cell"].fillna(other)
    keys = ["place", "bucket", "reason"]
    frame = open_.assign(place=place).groupby(keys, sort=False)["count"].sum().reset_index()
    looks = {
        "place": Look("cell, attack or paraphrase", "word"),
        "bucket": Look("bucket", "word"),
        "count": Look("slots", "count"),
        "reason": Look("reason"),
    }
    notes = ["The same command again asks for these and for nothing else."]
    return safe_table(frame, caption="Slots without a case", looks=looks, notes=notes)


def provenance(runs: pd.DataFrame, slots: pd.DataFrame, cases: pd.DataFrame) -> Shown:
    """Return every run, the newest first: who wrote, from which templates, how many came."""
    if runs.empty:
        return sentence(NO_RUN)
    origins = cases.set_index("case_id")["extra"].map(lambda extra: extra.get("origin", ""))
    by_run = slots.assign(origin=slots["case_id"].map(origins)).groupby("run_id")["origin"].agg(_several)
    frame = runs.assign(
        run=runs["run_id"].str[:SHORT],
        at=runs["created_at"].dt.strftime("%Y-%m-%d %H:%M"),
        origin=runs["run_id"].map(by_run),
    )
    looks = {
        "run": Look("run", "word"),
        "at": Look("frozen", "word", unit="UTC"),
        "generator_model": Look("model", "word", spanner="generator"),
        "generator_family": Look("family", "word", spanner="generator"),
        "generator_provider": Look("by", "word", spanner="generator"),
        "origin": Look("origin", "word", spanner="generator"),
        "seed": Look("random seed", "count"),
        "slots": Look("asked", "count"),
        "made": Look("came", "count"),
    }
    notes = ["Origin says whether a model wrote a candidate or it was composed by hand for a demo."]
    for run, prompts in zip(frame["run"], frame["prompts"], strict=True):
        told = ", ".join(f"{name}.md {digest[:SHORT]}" for name, digest in prompts.items())
        notes += [f"Templates of {run}, with their sha256: {told}."] if told else []
    return safe_table(frame, caption="Runs", looks=looks, notes=notes)


def _several(origins: pd.Series[Any]) -> str:
    return ", ".join(sorted({str(origin) for origin in origins.dropna() if origin}))


def hints(slots: pd.DataFrame) -> Shown:
    """Return how the real cases of the train split were used as style hints, by bucket."""
    shown = asked_of(slots)
    shown = shown[shown["bucket"] != "mutation"]
    if shown.empty:
        return sentence(NO_RUN)
    rows = []
    for bucket, part in shown.groupby("bucket", sort=False):
        used = Counter(hint for ids in part["hint_ids"] for hint in ids)
        places = Counter(place for ids in part["hint_places"] for place in ids)
        rows.append(
            {
                "bucket": bucket,
                "prompts": len(part),
                "cases": len(used),
                "most": max(used.values(), default=0),
            }
            | {name: places[name] for name in NEARNESS}
        )
    looks = {
        "bucket": Look("bucket", "word"),
        "prompts": Look("prompts", "count"),
        "cases": Look("train cases shown", "count"),
        "most": Look("prompts with the same case", "count", unit="at most"),
        **{name: Look(label, "count", spanner="hints by nearness") for name, label in NEARNESS.items()},
    }
    note = "Known in part is a case that differs on no axis and is not known on all; near shares a level with the cell; any shares none."
    return safe_table(pd.DataFrame(rows), caption="Style hints", looks=looks, notes=[note])


def mutation(slots: pd.DataFrame, cases: pd.DataFrame, labels: pd.DataFrame) -> Shown:
    """Return what each chain of operators made, and why it left the rest out.

    Args:
        slots: The slots.
        cases: The table `cases`.
        labels: The labels, those of the mutants' parents among them.
    """
    tried = mutants_of(slots)
    if tried.empty:
        return sentence(NO_MUTANT)
    rows = []
    for names, part in tried.assign(names=tried["operators"].map("+".join)).groupby("names", sort=False):
        left = (
            part[~part["made"]].groupby("reason")["count"].sum().sort_values(ascending=False, kind="stable")
        )
        why = [f"{str(reason).removeprefix(f'{names}: ')} ({number:,})" for reason, number in left.items()]
        rows.append(
            {
                "operators": names,
                "made": int(part["made"].sum()),
                "left": int(left.sum()),
                "why": "\n".join([*why[:2], *([f"and {len(why) - 2:,} further reasons"] if why[2:] else [])]),
            }
        )
    looks = {
        "operators": Look("operators", "word"),
        "made": Look("made", "count"),
        "left": Look("left out", "count"),
        "why": Look("why, most frequent first"),
    }
    made = cases[cases["case_id"].isin(tried["case_id"].dropna())]
    able = f"{count(len(inherited(made, labels)))} of {count(len(made))}"
    notes = [
        "An operator that has no safe way leaves the case out.",
        f"Mutants that inherit their parent's label once kept: {able}. Any other needs a label of its own.",
    ]
    return safe_table(pd.DataFrame(rows), caption="Mutants by operator", looks=looks, notes=notes)
