"""What repeats another case, and what lies farthest from the seed: tables to read, nothing removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import counted
from workbench.report.cells import Look, safe_table
from workbench.report.measure.places import BANDS, OUTSIDE, described
from workbench.report.numbers import count, rounded
from workbench.report.tiles import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.markup import Shown
    from workbench.report.measure.places import Measured

MOST = 20
"""Pairs, and far cases, that are shown in full; how many there are is said."""

PAIR: Mapping[str, Look] = {
    "cosine": Look("cosine", "interval"),
    "said": Look("", "word"),
    "text": Look("text"),
    "case": Look("case", "id"),
}
"""How two cases stand one under the other."""


def duplicates(measured: Measured, cases: pd.DataFrame) -> Shown:
    """Return the flagged pairs, those nearest to the threshold first.

    Pairs inside the seed come last: they decide about no candidate.
    """
    inside = set(cases.loc[cases["bucket"] == "seed", "case_id"])
    within = measured.pairs[["case_id", "duplicate_of"]].isin(inside).all(axis="columns")
    order = measured.pairs.assign(within=within).sort_values(["within", "cosine", "case_id"], kind="stable")
    pairs = order.head(MOST)
    frame = _beside(pairs.assign(said="this"), cases, other="duplicate_of", of="repeats")
    note = f"{counted(len(order), 'pair')} flagged, {count(int(within.sum()))} inside the seed; {count(len(pairs))} shown, pairs inside the seed last and those nearest to the threshold first: whether it is right is seen there. Nothing was removed."
    notes = [note if len(order) else "No pair is flagged."]
    return safe_table(frame, caption="Pairs that say nearly the same", looks=PAIR, notes=notes)


def flagged(measured: Measured) -> Shown:
    """Return the share of each bucket that repeats another case, beside the seed's own."""
    looks = {
        "bucket": Look("bucket", "word"),
        "cases": Look("cases", "count"),
        "duplicates": Look("flagged", "count"),
        "share": Look("share", "rate"),
        "seed_share": Look("of the seed", "rate"),
    }
    note = "A case is flagged when it repeats an earlier one. Real customers repeat each other too, so each share is read against the seed's own."
    return safe_table(measured.removal, caption="Repetition by bucket", looks=looks, notes=[note])


def farthest(measured: Measured, cases: pd.DataFrame) -> Shown:
    """Return the cases that are farthest from the seed, each beside the seed that is nearest."""
    frame = described(measured.measures, cases)
    far = frame[frame["band"].isin(OUTSIDE) & (frame["bucket"] != "seed")]
    shown = far.sort_values(["cosine_to_seed", "case_id"], kind="stable").head(MOST)
    words = {band: word for band, (word, _) in BANDS.items()}
    told = shown.assign(said=shown["band"].map(words), cosine=shown["cosine_to_seed"])
    frame = _beside(told, cases, other="nearest_seed_id", of="nearest seed")
    notes = [
        f"{counted(len(far), 'case')} far or off the map; {count(len(shown))} shown, the farthest first.",
        "A far case fills a gap or wastes a review, and only reading tells. Very short texts are far from everything by their length.",
    ]
    return safe_table(
        frame,
        caption="Cases farthest from the seed",
        looks=PAIR,
        notes=notes if len(far) else ["No case is known to be far."],
    )


def _beside(pairs: pd.DataFrame, cases: pd.DataFrame, *, other: str, of: str) -> pd.DataFrame:
    """Return each pair in two rows, so that one text can be read under the other.

    Args:
        pairs: One row per pair: case_id, `other`, cosine and said, what stands before the case.
        cases: The table `cases`.
        other: The column with the other case of the pair.
        of: What stands before the other case.
    """
    known = described(cases[["case_id"]], cases).set_index("case_id").to_dict("index")
    rows = []
    for one, two, cosine, said in pairs[["case_id", other, "cosine", "said"]].itertuples(index=False):
        # All cosines have as many digits, so that they can be compared at a glance.
        rows += [(rounded(cosine, 3), said, *_told(one, known[one])), ("", of, *_told(two, known[two]))]
    return pd.DataFrame(rows, columns=list(PAIR))


def _told(case_id: str, case: Mapping[Any, Any]) -> tuple[str, str]:
    """Return what the user of a case wrote, and its id over its bucket and cell."""
    place = [case["bucket"], *([named(case["cell"])] if isinstance(case["cell"], str) else [])]
    return case["text"], f"{case_id}\n{' · '.join(place)}"
