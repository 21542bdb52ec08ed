"""The key words of batches of candidates beside the seed's: whether a generator speaks like customers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from workbench.report.charts import ALERT, BETTER, NEUTRAL, WORSE, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import number, rate
from workbench.text import user_text, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.report.charts import Chart
    from workbench.settings import Lexicon

NO_WORDS = "lexicon.toml names no word to count; write [concepts] and signature_words."
NO_CASES = "There is no seed or no candidate yet, so no words can be compared."

SIGNATURE = "signature words"
"""What stands for a concept beside words that generators like."""

MOST_WORDS = 24
"""Words that are drawn: those on whose frequency the sets differ most. How many more there are is said."""

MOST_READ = 5
"""Words that the summary reads out."""

LOOKS = ((NEUTRAL, "circle"), (ALERT, "triangle-up"), (BETTER, "diamond"), (WORSE, "square"))
"""Colour and shape of each set, the seed's first."""


def batches(cases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the seed, and what models wrote without and with real cases before them, as far as there is any.

    Args:
        cases: The table `cases`.
    """
    written = cases["bucket"].isin(["prompted", "persona"])
    shown = cases["hint_ids"].map(bool).astype(bool)
    parts = {
        "seed": cases["bucket"] == "seed",
        "naive: no real case shown": written & ~shown,
        "seed-conditioned": written & shown,
    }
    return {name: cases[part] for name, part in parts.items() if part.any()}


def counts(sets: Mapping[str, pd.DataFrame], lexicon: Lexicon) -> pd.DataFrame:
    """Return how often each key word occurs in what customers write, by set.

    A word counts as it is listed, without regard to case; an inflection counts where it is listed too. An
    expression of several words counts where they stand in a row.

    Args:
        sets: Rows of `cases` by the name of their set.
        lexicon: What lexicon.toml says.

    Returns:
        One row per set and word: `set`, `concept`, `word`, `times`, `per_1000` (of 1,000 words), `share` (of
        cases, 0-1).
    """
    listed = {**lexicon.concepts, SIGNATURE: lexicon.signature_words}
    keys = {
        tuple(words(word)): (concept, word)
        for concept, told in listed.items()
        for word in told
        if words(word)
    }
    rows = []
    for name, cases in sets.items():
        said = [words(user_text(turns)) for turns in cases["turns"] if turns]
        times, holding = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
        for one in said:
            found = _found(one, keys)
            times += found
            holding.update(found.keys())
        total = sum(map(len, said))
        rows += [
            (name, *told, times[key], 1000 * times[key] / max(1, total), holding[key] / max(1, len(said)))
            for key, told in keys.items()
        ]
    return pd.DataFrame(rows, columns=["set", "concept", "word", "times", "per_1000", "share"])


def key_words(sets: Mapping[str, pd.DataFrame], lexicon: Lexicon) -> Chart | Shown:
    """Return how often each set uses the key words, per 1,000 words; the first set is what others are compared with.

    Args:
        sets: Rows of `cases` by the name of their set, such as `batches` returns; at most four.
        lexicon: What lexicon.toml says.
    """
    import altair as alt

    counted = counts(sets, lexicon)
    if counted.empty:
        return sentence(NO_WORDS)
    if len(sets) < 2:
        return sentence(NO_CASES)
    by_set = counted.pivot_table(index="word", columns="set", values="per_1000", sort=False)[list(sets)]
    by_set = by_set[by_set.max(axis="columns") > 0]
    if by_set.empty:
        return sentence("None of the key words of lexicon.toml occurs in any of these cases.")
    gap = by_set.sub(by_set.iloc[:, 0], axis="index").abs().max(axis="columns")
    largest = gap.sort_values(ascending=False, kind="stable").index[:MOST_WORDS].tolist()
    order = by_set.iloc[:, 0][largest].sort_values(ascending=False, kind="stable").index.tolist()
    y = alt.Y("word:N", sort=order, axis=alt.Axis(ticks=False, domain=False, labelPadding=10, title=None))
    axis = alt.Axis(tickCount=6, title="times in 1,000 words, on a square root scale")
    colours, shapes = (
        alt.Scale(domain=list(sets), range=look) for look in zip(*LOOKS[: len(sets)], strict=True)
    )
    drawn = counted[counted["word"].isin(largest)]
    formats = {"per_1000": ".2f", "share": ".1%"}
    dots = alt.Chart(drawn).mark_point(filled=True, size=90, opacity=1)
    dots = dots.encode(
        y=y,
        x=alt.X("per_1000:Q", axis=axis, scale=alt.Scale(type="sqrt")),
        color=alt.Color("set:N", scale=colours),
        shape=alt.Shape("set:N", scale=shapes),
        tooltip=[
            "word:N",
            "concept:N",
            "set:N",
            *(alt.Tooltip(f"{name}:Q", format=how) for name, how in formats.items()),
        ],
    )
    ends = drawn.groupby("word", sort=False)["per_1000"].agg(["min", "max"]).reset_index()
    links = alt.Chart(ends).mark_rule(color=NEUTRAL, opacity=0.5).encode(y=y, x="min:Q", x2="max:Q")
    chart = alt.layer(links, dots).properties(width=WIDTH, height=22 * len(order))
    rest = (
        f" {len(by_set) - len(largest):,} words that differ less are not drawn."
        if len(by_set) > len(largest)
        else ""
    )
    return safe_chart(
        chart, title="Key words beside the seed's", summary=f"{_read(counted, largest, list(sets))}{rest}"
    )


def _read(counted: pd.DataFrame, largest: Sequence[str], sets: Sequence[str]) -> str:
    told = zip(counted["word"], counted["set"], counted["per_1000"], counted["share"], strict=True)
    said = {(word, one): f"{number(often)} ({rate(share)})" for word, one, often, share in told}
    read = [f"{word}: {', '.join(said[word, one] for one in sets)}" for word in largest[:MOST_READ]]
    return f"Times in 1,000 words (and share of cases) in {', '.join(sets)}. {'; '.join(read)}."


def _found(said: Sequence[str], keys: Mapping[tuple[str, ...], object]) -> Counter[tuple[str, ...]]:
    """Return how often each key stands in a text."""
    sizes = {len(key) for key in keys}
    runs = (tuple(said[at : at + size]) for size in sizes for at in range(len(said) - size + 1))
    return Counter(run for run in runs if run in keys)
