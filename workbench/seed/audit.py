"""Looking at a seed before anything is built on it. The audit shows; it removes nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import counted
from workbench.redact import NOT_DETECTED, find, redact
from workbench.text import ODD, masked, turns_text, user_text, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

LONG_WORDS = 175
"""Words that the default embedder reads of a case: 256 word pieces at 1.46 per word, as measured on
100,000 chats. What follows is not seen when cases are compared by meaning."""

SHOWN_TEXT = 80
"""Characters of a case, at most, that a frame shows beside what was found in it."""

_BEGINNING = re.compile(rf"(?s).{{{SHOWN_TEXT // 2},{SHOWN_TEXT - 1}}}(?=\s)|.{{{SHOWN_TEXT - 1}}}")
"""Up to a space; a text that has none for long, as a link or Chinese, is cut where it is."""

_INVISIBLE = re.compile(f"[{ODD}]")


@dataclass(frozen=True, kw_only=True)
class Audit:
    """A seed at a glance, as frames for tables and charts.

    Attributes:
        counts: Cases by slice (rows; a missing slice is `(none)`) and split, with a `total`.
        sizes: One row per case: case_id, slice, split, turns, words and characters of the user.
        lengths: Five quantiles (0, 25, 50, 75, 100 %) of turns, words and characters.
        odd: One row per finding: case_id, finding, detail, text (how it begins, without personal data).
        duplicates: One row per repetition inside the seed: case_id, same_as, likeness (`same
            content`, `same text`, `same but for numbers and addresses`), text.
        labels: Cases by expected outcome and kind; a missing label is `(none)`.
    """

    counts: pd.DataFrame
    sizes: pd.DataFrame
    lengths: pd.DataFrame
    odd: pd.DataFrame
    duplicates: pd.DataFrame
    labels: pd.DataFrame

    @property
    def findings(self) -> pd.Series[int]:
        """How many cases each finding has, the most frequent first."""
        return self.odd.drop_duplicates(["case_id", "finding"])["finding"].value_counts()

    def __str__(self) -> str:
        found = ", ".join(f"{count:,} {finding}" for finding, count in self.findings.items())
        return "\n".join(
            [
                f"{len(self.sizes):,} cases in {len(self.counts):,} slices",
                f"odd: {found or 'nothing'}",
                f"repetitions: {len(self.duplicates):,} (shown, never removed)",
                f"personal data is looked for by its form; not found this way: {', '.join(NOT_DETECTED)}",
            ]
        )


def audit(cases: pd.DataFrame, labels: pd.DataFrame, *, expected: Sequence[str] = ()) -> Audit:
    """Count, measure and look through the seed.

    Args:
        cases: Rows of `cases`; those of bucket seed are taken.
        labels: The label that holds now per case, as `workspace.labels` has them.
        expected: The rubric's expected values; empty for any.
    """
    import pandas as pd

    seed = cases[cases["bucket"] == "seed"].reset_index(drop=True)
    sliced = seed.assign(slice=seed["slice"].fillna("(none)"))
    counts = pd.crosstab(sliced["slice"], sliced["split"])
    counts = counts.assign(total=counts.sum(axis=1)).sort_values("total", ascending=False, kind="stable")
    sizes = _sizes(sliced)
    measures = ["turns", "words", "characters"]
    told = seed[["case_id"]].merge(labels[["case_id", "expected", "kind"]], on="case_id", how="left")
    return Audit(
        counts=counts.rename_axis(columns=None),
        sizes=sizes,
        lengths=sizes[measures].quantile([0, 0.25, 0.5, 0.75, 1]),
        odd=_odd(seed, sizes, told, expected),
        duplicates=_duplicates(seed),
        labels=told.fillna("(none)").value_counts(["expected", "kind"]).rename("cases").reset_index(),
    )


def _sizes(seed: pd.DataFrame) -> pd.DataFrame:
    said = seed["turns"].map(user_text)
    return seed[["case_id", "slice", "split"]].assign(
        turns=seed["turns"].map(len).astype("int64"),
        words=said.map(lambda text: len(words(text))).astype("int64"),
        characters=said.map(len).astype("int64"),
    )


def _odd(
    seed: pd.DataFrame, sizes: pd.DataFrame, told: pd.DataFrame, expected: Sequence[str]
) -> pd.DataFrame:
    import pandas as pd

    found = [
        {"case_id": case_id, "finding": finding, "detail": detail, "text": _beginning(turns)}
        for case_id, turns, count in zip(seed["case_id"], seed["turns"], sizes["words"], strict=True)
        for finding, detail in _findings(turns, count)
    ]
    texts = dict(zip(seed["case_id"], seed["turns"], strict=True))
    for case_id, value in zip(told["case_id"], told["expected"], strict=True):
        missing = pd.isna(value)
        if missing or (expected and value not in expected):
            finding = "no label" if missing else "label outside the rubric"
            detail = "" if missing else str(value)
            text = _beginning(texts[case_id])
            found.append({"case_id": case_id, "finding": finding, "detail": detail, "text": text})
    return pd.DataFrame(found, columns=["case_id", "finding", "detail", "text"], dtype="str")


def _beginning(turns: list[dict[str, str]]) -> str:
    """Return how a conversation's user begins, without personal data, cut at a word."""
    # Before it is cut: half a number is not found.
    text = user_text(redact(turns))
    found = _BEGINNING.match(text) if len(text) > SHOWN_TEXT else None
    return f"{found[0].rstrip()}…" if found else text


def _findings(turns: list[dict[str, str]], count: int) -> Iterator[tuple[str, str]]:
    """Yield what is odd about one conversation, with a detail."""
    said = user_text(turns)
    if count <= 1:
        yield "one word", counted(count, "word")
    if count > LONG_WORDS:
        yield "longer than the embedder reads", f"{count:,} words"
    if turns and turns[-1]["role"] != "user":
        yield "the user does not speak last", turns[-1]["role"]
    letters = [c for c in said if c.isalpha() and not unicodedata.name(c, "").startswith("LATIN")]
    if letters:
        yield "letters that are not Latin", f"{len(letters):,} of {sum(c.isalpha() for c in said):,} letters"
    if hidden := _INVISIBLE.findall(said.replace("\r\n", "\n")):
        yield "invisible characters", ", ".join(sorted({f"U+{ord(c):04X}" for c in hidden}))
    if kinds := sorted({span.kind for turn in turns for span in find(turn["text"])}):
        yield "personal data", ", ".join(kinds)


def _duplicates(seed: pd.DataFrame) -> pd.DataFrame:
    """Return each repetition once, with the first case it repeats, by its closest likeness."""
    import pandas as pd

    texts = [turns_text(turns) for turns in seed["turns"]]
    keys = {
        "same content": seed["content_sha256"].tolist(),
        "same text": texts,
        "same but for numbers and addresses": [" ".join(masked(text).casefold().split()) for text in texts],
    }
    first: dict[tuple[str, str], str] = {}
    found = []
    for number, case_id in enumerate(seed["case_id"]):
        seen = [
            (likeness, first.setdefault((likeness, values[number]), case_id))
            for likeness, values in keys.items()
        ]
        likeness, same_as = next((pair for pair in seen if pair[1] != case_id), ("", case_id))
        if likeness:
            text = _beginning(seed["turns"][number])
            found.append({"case_id": case_id, "same_as": same_as, "likeness": likeness, "text": text})
    return pd.DataFrame(found, columns=["case_id", "same_as", "likeness", "text"], dtype="str")
