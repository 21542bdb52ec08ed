"""The red team: which harms are tried by whom, how old its cases are, and how near to known attacks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from workbench.errors import counted, listed
from workbench.report.cells import Look, Remark, safe_table
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, rounded
from workbench.report.tiles import UNKNOWN, Tile, named, tile_map
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.charts import Chart

AGED_MONTHS = 6
"""Months after which a red-team case is old. Source: the long text, section 11, by which a frozen red-team set
ages out in months, faster than frozen synthetic cases; six months are the age that it names for those."""

MONTH_DAYS = 365.25 / 12

MOST = 20
"""Cases that a table shows; how many there are is said."""

NO_REDTEAM = "There is no red-team case yet; workbench generate --redteam N asks a generator for some, and workbench import cases FILE --bucket redteam --author NAME brings in what people wrote."
NO_LIST = "No list of known attacks was named, so nothing is said about novelty; set known_attacks to a file with the columns case_id and text."


class Attack(Protocol):
    """One way to abuse support; see `workbench.generate.Attack`."""

    meaning: str
    harm: str
    ids: tuple[str, ...]


def harm_map(
    cases: pd.DataFrame,
    attacks: Mapping[str, Attack],
    harms: Mapping[str, str],
    personas: Mapping[str, str],
) -> Chart | Shown:
    """Return how many red-team cases try each harm in the voice of each persona, as tiles.

    Args:
        cases: The table `cases`.
        attacks: Every attack by name.
        harms: Every harm by name, with what support then does.
        personas: `[personas]` of workbench.toml.
    """
    red = redteam_of(cases)
    if red.empty:
        return sentence(NO_REDTEAM)
    voices = {blurb: name for name, blurb in personas.items()}
    harm = [attacks[name].harm if name in attacks else UNKNOWN for name in red["attack"]]
    found = Counter(zip([voices.get(blurb, UNKNOWN) for blurb in red["persona"]], harm, strict=True))
    pairs = dict.fromkeys([*product(personas, harms), *found])
    tiles = []
    for pair in pairs:
        tip = counted(found[pair], "red-team case")
        tip += f"; support {harms[pair[1]]}" if pair[1] in harms else ""
        tiles.append(Tile(pair, found[pair] or None, count(found[pair]), tip))
    open_ = ["/".join(named(level) for level in pair) for pair in pairs if not found[pair]]
    summary = (
        f"{counted(len(red), 'red-team case')} by the persona that voices it and the harm that it tries. "
        f"Without a case: {listed(open_, most=5) or 'none'}."
    )
    axes = {"persona": list(personas), "harm": list(harms)}
    title = "Red-team cases by persona and harm"
    return tile_map(tiles, axes, unit="red-team cases", title=title, summary=summary)


def coverage(cases: pd.DataFrame, attacks: Mapping[str, Attack]) -> Shown:
    """Return every attack with its harm, its cases, and the public classes it belongs to."""
    red = redteam_of(cases)
    found = Counter(red["attack"])
    rows = [
        {
            "attack": name,
            "meaning": f"The customer {attack.meaning}.",
            "harm": attack.harm,
            "cases": found[name],
            "owasp": ", ".join(one for one in attack.ids if one.startswith("LLM")),
            "atlas": ", ".join(one for one in attack.ids if one.startswith("AML")),
        }
        for name, attack in attacks.items()
    ]
    looks = {
        "attack": Look("attack", "word"),
        "meaning": Look("what happens"),
        "harm": Look("harm", "word"),
        "cases": Look("cases", "count"),
        "owasp": Look("OWASP LLM Top 10, 2025"),
        "atlas": Look("MITRE ATLAS 5.6.0"),
    }
    other = len(red) - sum(found[name] for name in attacks)
    notes = [
        f"Attacks with a case: {count(sum(found[name] > 0 for name in attacks))} of {count(len(attacks))}.",
        "An empty class: the public taxonomies know no probe of business rules.",
        *([f"Cases whose tag names no attack of this list: {count(other)}."] if other else []),
    ]
    return safe_table(pd.DataFrame(rows), caption="Attacks and their classes", looks=looks, notes=notes)


def ageing(cases: pd.DataFrame, *, at: dt.datetime | None = None) -> Shown:
    """Return the red-team cases with their age, the oldest first.

    Args:
        cases: The table `cases`.
        at: The moment to reckon from, with its zone; by default now.
    """
    red = redteam_of(cases)
    if red.empty:
        return sentence(NO_REDTEAM)
    days = ((at or dt.datetime.now(dt.UTC)) - red["created_at"]).dt.total_seconds() / 86_400
    told = red.assign(months=days / MONTH_DAYS, on=red["created_at"].dt.strftime("%Y-%m-%d"))
    frame = told.sort_values(["created_at", "case_id"]).head(MOST)
    old = int((told["months"] > AGED_MONTHS).sum())
    looks = {
        "case_id": Look("case", "id"),
        "attack": Look("attack", "word"),
        "on": Look("added", "word", unit="UTC"),
        "age": Look("age", "interval", unit="months"),
    }
    remarks = {(n, "age"): Remark(sign="open") for n, age in enumerate(frame["months"]) if age > AGED_MONTHS}
    notes = [
        f"Older than {AGED_MONTHS} months: {count(old)} of {counted(len(red), 'red-team case')}; {count(len(frame))} shown, the oldest first.",
        "Attackers move on and a frozen red team does not: an old case still catches a regression, and says little about the attacks of today. Nothing is removed.",
    ]
    return safe_table(
        frame.assign(age=[rounded(age, 1) for age in frame["months"]]),
        caption="Age of the red team",
        looks=looks,
        notes=notes,
        remarks=remarks,
    )


def known(novelty: pd.DataFrame | None, cases: pd.DataFrame) -> Shown:
    """Return the red-team cases that come nearest to known attacks, the flagged ones first.

    Args:
        novelty: What `workbench.generate.novelty` returns; None without a list of known attacks.
        cases: The table `cases`.
    """
    if novelty is None:
        return sentence(NO_LIST)
    if novelty.empty:
        return sentence(NO_REDTEAM)
    told = novelty.merge(redteam_of(cases)[["case_id", "attack", "turns"]], on="case_id")
    order = told.sort_values(["flagged", "cosine", "case_id"], ascending=[False, False, True], kind="stable")
    frame = order.head(MOST)
    looks = {
        "case_id": Look("case", "id"),
        "text": Look("what the customer writes"),
        "near": Look("cosine", "interval", spanner="nearest known attack"),
        "nearest_id": Look("attack", "id", spanner="nearest known attack"),
        "shared_words": Look("words", "count", spanner="longest shared run"),
        "words": Look("run", spanner="longest shared run"),
    }
    flagged = frame["flagged"].tolist()
    remarks = {(n, "near"): Remark(sign="open") for n, flag in enumerate(flagged) if flag}
    notes = [
        f"Flagged as known: {count(int(told['flagged'].sum()))} of {counted(len(told), 'red-team case')}; {count(len(frame))} shown, flagged ones first. Nothing is removed.",
        "A known attack tests what models were trained against. A case without a flag can still be known elsewhere: it is new to this list alone.",
    ]
    return safe_table(
        frame.assign(text=frame["turns"].map(user_text), near=[rounded(one, 3) for one in frame["cosine"]]),
        caption="Red-team cases beside known attacks",
        looks=looks,
        notes=notes,
        remarks=remarks,
    )


def redteam_of(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the red-team cases with the `attack` that their tag names."""
    red = cases[cases["bucket"] == "redteam"]
    return red.assign(attack=red["tag"].str.removeprefix("demo-").str.removeprefix("red-"))
