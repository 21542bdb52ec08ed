"""What candidates took over word for word from real cases, beside how often real cases repeat one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import counted
from workbench.redact import redact
from workbench.report.cells import Look, safe_table
from workbench.report.charts import BETTER, NEUTRAL, safe_chart
from workbench.report.figures import WIDTH
from workbench.report.markup import Shown, sentence
from workbench.report.numbers import count, rate
from workbench.text import user_text

if TYPE_CHECKING:
    from workbench.report.charts import Chart

NO_CANDIDATE = "No candidate was written yet, so there is nothing to compare with the seed."

AROUND = 60
"""Characters that are shown on either side of a shared run."""

MOST_COPIES = 10
"""Flagged candidates that are listed, the longest runs first; how many more there are is said."""


def copies_chart(copies: pd.DataFrame, *, least: int) -> Chart | Shown:
    """Return which share of candidates has how many words in a row of a real case, beside the seed's own.

    Args:
        copies: As `workbench.generate.copies` returns them.
        least: Words in a row from which a case is flagged.
    """
    import altair as alt

    real, made = (copies[mask] for mask in (copies["bucket"] == "seed", copies["bucket"] != "seed"))
    if made.empty:
        return sentence(NO_CANDIDATE)
    sets = {"candidates": made} | ({} if real.empty else {"real cases": real})
    drawn = pd.DataFrame(
        [
            (name, words, float((part["longest"] >= words).mean()))
            for name, part in sets.items()
            for words in range(1, 2 * least + 1)
        ],
        columns=["set", "words", "share"],
    )
    colour = alt.Scale(domain=list(sets), range=[BETTER, NEUTRAL])
    shape = alt.Scale(domain=list(sets), range=["diamond", "circle"])
    axis = alt.Axis(format="%", tickCount=5, title="share of cases")
    across = alt.Axis(tickMinStep=1, title="words in a row shared with another real case, at least")
    base = alt.Chart(drawn).encode(
        x=alt.X("words:Q", axis=across, scale=alt.Scale(zero=False, nice=False)),
        y=alt.Y("share:Q", axis=axis, scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("set:N", scale=colour),
        tooltip=["set:N", "words:Q", alt.Tooltip("share:Q", format=".1%")],
    )
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(shape=alt.Shape("set:N", scale=shape))
    mark = alt.Chart(pd.DataFrame({"words": [least], "line": ["flagged"]})).encode(x="words:Q")
    named = mark.mark_text(align="left", dx=4, color=NEUTRAL, fontSize=11).encode(
        text="line:N", y=alt.value(6)
    )
    rule = mark.mark_rule(color=NEUTRAL, strokeDash=[4, 4])
    chart = alt.layer(rule, named, base.mark_line(), dots).properties(width=WIDTH, height=220)
    return safe_chart(chart, title="Words taken over from real cases", summary=_read(made, real, least))


def _read(made: pd.DataFrame, real: pd.DataFrame, least: int) -> str:
    flagged = made[made["flagged"]]
    shown, unseen = int(flagged["from_hint"].sum()), int((flagged["from_split"] != "train").sum())
    own = f"; of {counted(len(real), 'real case')} {rate(real['flagged'].mean())} do so among themselves"
    return (
        f"{count(len(flagged))} of {counted(len(made), 'candidate')} ({rate(made['flagged'].mean())}) share {least} words "
        f"or more in a row with a real case: {count(shown)} with one that the prompt showed, {count(unseen)} with one of "
        f"eval or holdout{own if len(real) else ''}."
    )


def copied(copies: pd.DataFrame, cases: pd.DataFrame) -> Shown:
    """Return the flagged candidates, the longest runs first, each with the shared words marked in its text.

    Args:
        copies: As `workbench.generate.copies` returns them.
        cases: The table `cases`.
    """
    made = copies[copies["bucket"] != "seed"]
    if made.empty:
        return sentence(NO_CANDIDATE)
    flagged = made[made["flagged"]].sort_values("longest", ascending=False, kind="stable")
    if flagged.empty:
        return sentence(
            f"Candidates that share too long a run of words with a real case: 0 of {count(len(made))}."
        )
    worst = flagged.head(MOST_COPIES)
    turns = cases.set_index("case_id")["turns"]
    frame = worst.assign(
        which=[
            _which(hint, split) for hint, split in zip(worst["from_hint"], worst["from_split"], strict=True)
        ],
        text=[
            _marked(user_text(redact(turns[case])), run)
            for case, run in zip(worst["case_id"], worst["words"], strict=True)
        ],
    )
    looks = {
        "case_id": Look("candidate", "id"),
        "bucket": Look("bucket", "word"),
        "longest": Look("words in a row", "count"),
        "from_id": Look("shared with", "id"),
        "which": Look("which is", "word"),
        "text": Look("the candidate, with what it shares in [ ]"),
    }
    notes = ["Flagged, not taken out: whether it is a copy or a common phrase is for the reviewer to say."]
    rest = len(flagged) - len(worst)
    notes += [f"{rest:,} more are flagged."] if rest else []
    return safe_table(frame, caption="Candidates that repeat real cases", looks=looks, notes=notes)


def _which(hint: bool, split: str) -> str:
    return "shown to it" if hint else f"of {split}, not shown"


def _marked(text: str, run: str) -> str:
    """Return a text around a run of its words, which stands in brackets.

    Where the words are not found as they are written, since a sign that nobody sees stands in one, nothing is marked,
    and that is said.
    """
    parts = (re.escape(word).replace("'", "['\u2019]+") for word in run.split(" "))
    found = re.search(r"[\W_]+".join(parts), text, re.IGNORECASE)
    if found is None:
        return f"{text[: 2 * AROUND]}{'…' * (len(text) > 2 * AROUND)} (nothing is marked: it has other signs than: {run})"
    start, end = found.span()
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    cut = ("…" if start > AROUND else "", "…" if end + AROUND < len(text) else "")
    return f"{cut[0]}{before}[{text[start:end]}]{after}{cut[1]}"
