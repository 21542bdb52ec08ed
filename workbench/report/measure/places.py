"""The headline, and the map: the seed in grey, everything else on top of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.errors import counted
from workbench.provenance import BUCKETS
from workbench.redact import redact
from workbench.report.charts import (
    ALERT,
    BETTER,
    FAINT,
    MOST_POINTS,
    NEUTRAL,
    SHIPS,
    WORSE,
    Chart,
    safe_chart,
)
from workbench.report.facts import headed
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import MISSING, count, rounded
from workbench.text import user_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARKS: Mapping[str, tuple[str, str]] = {
    "seed": (NEUTRAL, "circle"),
    "golden": ("#8a4fa8", "cross"),
    "prompted": (BETTER, "square"),
    "persona": (SHIPS, "triangle-up"),
    "mutation": (ALERT, "diamond"),
    "redteam": (WORSE, "triangle-down"),
}
"""The colour and shape of each bucket; shape as well, for print and colour-blind eyes."""

BANDS: Mapping[str, tuple[str, str]] = {
    "duplicate": ("duplicate", WORSE),
    "near": ("near", ALERT),
    "like": ("like the seed", NEUTRAL),
    "far": ("far", BETTER),
    "off_map": ("off the map", "#8a4fa8"),
}
"""The word and colour of each band, from the nearest to the farthest."""

OUTSIDE = ("far", "off_map")
"""Bands that the map draws hollow, because it cannot show that a case is far from everything."""

BEGINNING = 120
"""Characters of a case's text that the map tells."""

TOLD = ("case_id", "bucket", "kind", "cosine_to_seed", "cell", "text")
"""What the map tells of a case."""


class Measured(Protocol):
    """A workspace's cases under the measure; see `workbench.measure.Measured`."""

    measures: pd.DataFrame
    pairs: pd.DataFrame
    bands: pd.DataFrame
    removal: pd.DataFrame
    notes: tuple[str, ...]


class Map(Protocol):
    """Where each case stands; see `workbench.measure.Map`."""

    places: pd.DataFrame
    trustworthiness: float | None
    fitted: int
    reason: str


def described(measures: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return measures with the bucket, cell and user's text of each case."""
    told = cases[["case_id", "bucket", "cell"]].assign(text=[user_text(turns) for turns in cases["turns"]])
    return measures.merge(told, on="case_id", how="left", validate="many_to_one")


def headline(measured: Measured, cases: pd.DataFrame, *, name: str, demo: bool) -> Shown:
    """Return what was measured in one sentence and a few numbers."""
    frame = described(measured.measures, cases)
    seed = frame["bucket"] == "seed"
    made = frame[~seed]
    facts = [
        ("Seed", count(int(seed.sum()))),
        *((str(bucket).capitalize(), count(n)) for bucket, n in made["bucket"].value_counts().items()),
        ("Repeat the seed", _in_bands(made, "duplicate")),
        ("Far or off the map", _in_bands(made, *OUTSIDE)),
        ("Repeat any earlier case", count(len(measured.pairs))),
    ]
    if frame.empty:
        said = f"Nothing of {name} is measured: it has no case with a text outside the holdout."
    elif made.empty:
        said = f"The seed of {name}, {counted(len(frame), 'case')}, is measured against itself; there is nothing else yet."
    else:
        said = f"{counted(len(made), 'case')} of {name} measured against {count(int(seed.sum()))} of its seed. What repeats another case is flagged, and nothing was removed."
    return headed(said, facts, demo=demo)


def notes(measured: Measured, *, alarms: Sequence[str]) -> Shown:
    """Return what a reader has to know: alarms as warnings, then what was left out."""
    rest = [note for note in measured.notes if note not in alarms]
    said = [*(sentence(_sentence(alarm), kind="warning") for alarm in alarms)]
    said += [sentence(" ".join(map(_sentence, rest)) or "Every case is measured.")]
    return Shown("".join(part.html for part in said), text="\n".join(part.text for part in said))


def map_chart(found: Map, measured: Measured, cases: pd.DataFrame) -> Chart | Shown:
    """Return the map: the seed as small grey points first, then every bucket in colour and shape.

    Cases that are far or off the map are hollow. At most `MOST_POINTS` are drawn, all of the seed as
    long as it takes no more than half of them; how many there are is said.
    """
    import altair as alt

    if found.reason:
        return sentence(found.reason)
    frame = described(found.places.merge(measured.measures, on="case_id"), cases)
    frame["cell"] = frame["cell"].fillna(MISSING)
    frame["kind"] = frame["band"].map({band: word for band, (word, _) in BANDS.items()})
    frame["hollow"] = frame["band"].isin(OUTSIDE) & (frame["bucket"] != "seed")
    thin = _thinned(frame)
    drawn = thin.assign(text=thin["text"].map(_beginning))[[*TOLD, "hollow", "x", "y"]]
    is_seed = drawn["bucket"] == "seed"
    seed = _points(drawn[is_seed], drawn, size=26, fillOpacity=0.45, strokeOpacity=0)
    rest = _points(drawn[~is_seed], drawn, size=52, strokeWidth=1.3, strokeOpacity=0.9)
    rest = rest.encode(fillOpacity=alt.condition("datum.hollow", alt.value(0), alt.value(0.75)))
    chart = alt.layer(seed, rest, view=alt.ViewConfig(stroke=FAINT)).properties(width=WIDTH, height=460)
    counts = ", ".join(f"{bucket} {count(n)}" for bucket, n in frame["bucket"].value_counts().items())
    cut = f" {count(len(drawn))} of them are drawn, a random choice."
    return safe_chart(
        chart,
        title="The seed and what was made from it",
        summary=f"{count(len(frame))} cases: {counts}.{cut if len(drawn) < len(frame) else ''} "
        f"{count(int(frame['hollow'].sum()))} that are far or off the map are hollow. The axes have no unit.",
    )


def map_note(found: Map) -> Shown:
    """Return how the map is to be read, and how far it can be trusted."""
    if found.trustworthiness is None:
        return sentence(
            "Distances are measured in the embedding, and stand in the tables below without a map."
        )
    return sentence(
        "Distances are measured in the embedding, not on this picture: it keeps neighbours together, and "
        "draws even a case that is far from everything beside its nearest seed, which is why far cases are hollow. "
        f"Trustworthiness {rounded(found.trustworthiness, 2)} over {count(found.fitted)} seed texts: 1 would be "
        "a picture whose near neighbours are all near in the embedding, and chance gives about 0.5."
    )


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def _in_bands(cases: pd.DataFrame, *bands: str) -> str:
    # Under too few seed cases nothing has these bands, which is not the same as none.
    return MISSING if cases["band"].isna().any() else count(int(cases["band"].isin(bands).sum()))


def _beginning(text: str) -> str:
    # Before it is cut: half a number is not found.
    line = " ".join(redact(text).split())
    return line if len(line) <= BEGINNING else f"{line[:BEGINNING].rstrip()}…"


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    """Return as many cases as a chart holds; at least half the room is for the seed."""
    seed, rest = frame[frame["bucket"] == "seed"], frame[frame["bucket"] != "seed"]
    rest = rest.sample(min(len(rest), max(MOST_POINTS - len(seed), MOST_POINTS // 2)), random_state=0)
    return pd.concat([seed.sample(min(len(seed), MOST_POINTS - len(rest)), random_state=0), rest])


def _points(cases: pd.DataFrame, drawn: pd.DataFrame, **mark: Any) -> Any:
    """Return one layer of the map, with the scales of all that is drawn."""
    import altair as alt

    there = [bucket for bucket in BUCKETS if bucket in set(drawn["bucket"])]
    colours, shapes = ([MARKS[bucket][part] for bucket in there] for part in range(2))
    spread = alt.Scale(zero=False, nice=False, padding=14)
    colour = alt.Scale(domain=there, range=colours)
    told = "hollow: far or off the map" if drawn["hollow"].any() else None
    key = alt.Legend(title=told, titleFontWeight="normal")
    return (
        alt.Chart(cases)
        .mark_point(**mark)
        .encode(
            x=alt.X("x:Q", axis=None, scale=spread),
            y=alt.Y("y:Q", axis=None, scale=spread),
            fill=alt.Fill("bucket:N", scale=colour, legend=key),
            stroke=alt.Stroke("bucket:N", scale=colour, legend=key),
            shape=alt.Shape("bucket:N", scale=alt.Scale(domain=there, range=shapes), legend=key),
            tooltip=[
                alt.Tooltip("case_id:N", title="case"),
                "bucket:N",
                alt.Tooltip("kind:N", title="band"),
                alt.Tooltip("cosine_to_seed:Q", title="cosine to the seed", format=".2f"),
                "cell:N",
                alt.Tooltip("text:N", title="begins with"),
            ],
        )
    )
