"""How far each bucket lies from the seed: the distances, their bands, and what is alarming."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.provenance import BUCKETS
from workbench.report.cells import Look, safe_table
from workbench.report.charts import NEUTRAL, Chart, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.measure.places import BANDS, MARKS, described
from workbench.report.numbers import rate, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.measure.places import Measured

ARROWS = {"duplicate": "{} →", "near": "{} →", "far": "← {}", "off_map": "← {}"}
"""On which side of its line a band lies."""

STEP = 0.025
"""Width of a bar of the distance chart, cosine."""


def distance_chart(measured: Measured, cases: pd.DataFrame, *, edges: Mapping[str, float]) -> Chart | Shown:
    """Return how near each bucket is to its nearest seed, with the edges of the bands as lines.

    The seed's own distances leave each case out of the seed that it is compared with. Each bucket
    is drawn as high as the others, however few cases it has.

    Args:
        measured: The measures.
        cases: The table `cases`.
        edges: The cosine at which each band begins; see `workbench.measure.edges`.
    """
    import altair as alt

    frame = described(measured.measures, cases).dropna(subset="cosine_to_seed")
    if frame.empty:
        return sentence("No case has a distance, because there is no seed to measure it to.")
    there = [bucket for bucket in BUCKETS if bucket in set(frame["bucket"])]
    low = (frame["cosine_to_seed"] // STEP).astype(int).rename("step")
    bars = frame.groupby([frame["bucket"], low]).size().rename("cases").reset_index()
    bars["share"] = bars["cases"] / bars.groupby("bucket")["cases"].transform("sum")
    bars["low"], bars["high"] = bars["step"] * STEP, (bars["step"] + 1) * STEP
    bars["base"] = bars["bucket"].map(there.index) + 1.0
    bars["top"] = bars["base"] - 0.85 * bars["share"] / bars.groupby("bucket")["share"].transform("max")
    named = json.dumps(there)
    x = alt.X(
        "low:Q",
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(tickCount=8, title="cosine to the nearest seed"),
    )
    y = alt.Axis(
        values=[row + 0.6 for row in range(len(there))], labelExpr=f"{named}[floor(datum.value)]",
        title=None, ticks=False, domain=False, grid=False,
    )  # fmt: skip
    colours = alt.Scale(domain=there, range=[MARKS[bucket][0] for bucket in there])
    drawn = (
        alt.Chart(bars.drop(columns="step"))
        .mark_rect(stroke="#ffffff", strokeWidth=0.5)
        .encode(
            x=x, x2="high:Q", y2="base:Q",
            y=alt.Y("top:Q", axis=y, scale=alt.Scale(domain=[-0.55, len(there)], reverse=True, nice=False)),
            color=alt.Color("bucket:N", scale=colours, legend=None),
            tooltip=[
                "bucket:N", alt.Tooltip("low:Q", title="from", format=".3f"), alt.Tooltip("high:Q", title="below", format=".3f"),
                alt.Tooltip("cases:Q", format=","), alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )  # fmt: skip
    chart = alt.layer(drawn, *_edges(edges)).properties(width=WIDTH, height=40 + 62 * len(there))
    halves = frame.groupby("bucket")["cosine_to_seed"].median()
    said = [f"{bucket} {rounded(halves[bucket], 2)}" for bucket in there]
    lines = ", ".join(f"{BANDS[band][0]} {rounded(at, 2)}" for band, at in edges.items())
    return safe_chart(
        chart,
        title="Cosine to the nearest seed, by bucket",
        summary=f"Half of the cases have at least: {', '.join(said)}. The seed is compared with the rest of the seed. Lines: {lines}. Each bucket is drawn as high as the others.",
    )


def _edges(edges: Mapping[str, float]) -> Sequence[Any]:
    """Return the lines at which bands begin, with their names at different heights above the bars."""
    import altair as alt

    rows = [
        {"at": at, "line": ARROWS[band].format(BANDS[band][0]), "height": -0.42 + 0.2 * (i % 2)}
        for i, (band, at) in enumerate(sorted(edges.items(), key=lambda edge: edge[1]))
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(x="at:Q")
    named = base.mark_text(align="right", baseline="middle", dx=-4, color=NEUTRAL, fontSize=11)
    return [base.mark_rule(color=NEUTRAL, strokeDash=[4, 4]), named.encode(text="line:N", y="height:Q")]


def bands_chart(measured: Measured) -> Chart | Shown:
    """Return the share of each band in each bucket."""
    import altair as alt

    words = {band: word for band, (word, _) in BANDS.items()}
    drawn = measured.bands[(measured.bands["cases"] > 0) & measured.bands["share"].notna()]
    if drawn.empty:
        return sentence("No bucket has bands yet, because the seed is too small to tell near from far.")
    drawn = drawn.assign(order=drawn["band"].map(list(BANDS).index), band=drawn["band"].map(words))
    there = [bucket for bucket in BUCKETS if bucket in set(drawn["bucket"])]
    scale = alt.Scale(domain=list(words.values()), range=[colour for _, colour in BANDS.values()])
    chart = (
        alt.Chart(drawn)
        .mark_bar(height={"band": 0.72}, stroke="#ffffff")
        .encode(
            y=alt.Y("bucket:N", sort=there, axis=alt.Axis(ticks=False, domain=False, title=None)),
            x=alt.X("share:Q", stack="zero", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", title="share of the bucket")),
            color=alt.Color("band:N", scale=scale),
            order="order:Q",
            tooltip=["bucket:N", "band:N", alt.Tooltip("cases:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
        )
    )  # fmt: skip
    said = [
        f"{bucket}: "
        + ", ".join(f"{row['band']} {rate(row['share'])}" for row in drawn[drawn["bucket"] == bucket].to_dict("records"))
        for bucket in there
    ]  # fmt: skip
    return safe_chart(
        chart.properties(width=WIDTH, height=40 * len(there)),
        title="Bands by bucket",
        summary=f"{'; '.join(said)}.",
    )


def bands(measured: Measured) -> Shown:
    """Return how many cases of each bucket are in each band."""
    found = measured.bands
    # Under too few seed cases only duplicates are known, and what is not known is not 0.
    known = found.assign(cases=found["cases"].where(found["share"].notna() | (found["band"] == "duplicate")))
    frame = known.pivot_table(index="bucket", columns="band", values="cases", aggfunc="first", dropna=False)
    frame = frame.reindex([bucket for bucket in BUCKETS if bucket in frame.index]).reset_index()
    sizes = measured.removal.set_index("bucket")["cases"]
    frame = frame.assign(all=frame["bucket"].map(sizes))
    looks = {
        "bucket": Look("bucket", "word"),
        **{band: Look(word, "count", spanner="cases in the band") for band, (word, _) in BANDS.items()},
        "all": Look("cases", "count"),
    }
    note = "Read it bucket by bucket: a mutation is near its parent by design, while prompted cases that all lie near the seed widen nothing. Both cases of a pair count as duplicates here; the later one is flagged."
    return safe_table(frame, caption="Cases by bucket and band", looks=looks, notes=[note])
