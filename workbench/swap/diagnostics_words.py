"""Whether a model passes because of a word: cases that hold a listed word beside those that do not.

Source: the long text, section 6: a candidate whose tool was triggered by `refund` passed a synthetic set in
which every case says it, and failed customers who say "send back my money".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.stats.subsets import Subset, level_of_zero
from workbench.swap.diagnostics_gaps import MOST_ROWS, SERIES, interval
from workbench.swap.part import Part
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from workbench.stats.roots import Estimate

NO_LEXICON = (
    "lexicon.toml lists no words; write the words that could trigger a model under [concepts], such as refund"
)

SHORTEST_INFLECTED = 4
"""Letters of a word from which its English inflections count as the word; `car` is no form of `caring`."""

REMEDY = (
    "What these cases show is tied to a word, and customers choose others. Take fresh cases from production that "
    "mean the same without it, have people label them, and rebalance; generate with real cases in the prompt."
)

Key = tuple[str, ...]


class Word(NamedTuple):
    """A listed word."""

    concept: str
    word: str


class Parted(NamedTuple):
    """A word in one group: its row of verdict.json, and each of its gaps at any level."""

    row: dict[str, Any]
    gaps: dict[str, Callable[[float], Estimate]]


def forms(word: str) -> set[str]:
    """Return a word and its regular English inflections; what is no word occurs in no text.

    Example:
        >>> sorted(forms("refund"))
        ['refund', 'refunded', 'refunding', 'refunds']
        >>> {"charges", "charged", "charging"} <= forms("charge"), "stopped" in forms("stop"), forms("eta")
        (True, True, {'eta'})
    """
    if len(word) < SHORTEST_INFLECTED:
        return {word}
    if word.endswith("e"):
        return {word, f"{word}s", f"{word}d", f"{word[:-1]}ing"}
    if word.endswith("y") and word[-2] not in "aeiou":
        return {word, f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing"}
    plural = f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"
    short = word[-1] not in "aeiouwxy" and word[-2] in "aeiou" and word[-3] not in "aeiou"
    doubled = {f"{word}{word[-1]}ed", f"{word}{word[-1]}ing"} if short else set()
    return {word, plural, f"{word}ed", f"{word}ing"} | doubled


def trigger_words(compared: pd.DataFrame, listed: Mapping[str, Sequence[str]], *, alpha: float) -> Part:
    """Compare, within each group, cases in which the customer says a word with those in which none does.

    A word counts with its regular English inflections, an expression as it stands in a row; case does not
    matter, and what assistants say does not count. A listed word that is a form of another one is counted
    there. Per model the gap is the pass rate with the word minus without; `difference` is the same of
    candidate minus baseline, the interaction: whether what the swap changes lies in cases with the word.
    A gap is `shown` when it is told from 0 at alpha, by the Benjamini-Hochberg rule over words and groups,
    and does not lie whole within the band of ten points; `excluded` when it lies whole within it.

    Args:
        compared: Real and synthetic cases with both outcomes, and `said`: what the customer wrote.
        listed: The words of lexicon.toml by concept.
        alpha: This look's alpha.
    """
    keys = _keys(listed)
    if not keys:
        return Part({}, {"": NO_LEXICON})
    told = compared[compared["said"].str.strip().astype(bool)]
    if told.empty:
        return Part(
            {}, {"": "no case with outcomes of both models has a text; import the cases with their texts"}
        )
    held = [_held(said, keys) for said in told["said"]]
    asked = dict.fromkeys(keys.values())
    found = [
        one for word in asked for one in _parted(told.assign(has=[word in has for has in held]), word, alpha)
    ]
    if not found:
        return Part(
            {},
            {
                "": "each word of lexicon.toml stands in all or in none of the cases; list words that some customers use"
            },
        )
    for name in SERIES:
        _decide(name, found, alpha)
    rows = sorted((one.row for one in found), key=_order)
    large = [row for row in rows if row["difference"]["low_pp"] is not None]
    readings = {row["difference"]["reading"] for row in rows}
    shown = "shown" if "shown" in readings else "excluded" if readings == {"excluded"} else "unresolved"
    fields = {
        "reading": shown,
        "remedy": REMEDY if shown == "shown" else "",
        "words": len(asked),
        "tested": len(large),
        "untested": len(rows) - len(large),
        "rows": large[:MOST_ROWS],
        "more_rows": max(0, len(large) - MOST_ROWS),
    }
    return Part(fields)


def _keys(listed: Mapping[str, Sequence[str]]) -> dict[Key, Word]:
    """Return every form of the listed words and the word that it counts as, short words first."""
    keys: dict[Key, Word] = {}
    every = [
        (tuple(words(word)), Word(concept, word)) for concept, several in listed.items() for word in several
    ]
    for key, word in sorted(every, key=lambda pair: (len(pair[0]), sum(map(len, pair[0])))):
        if key and key not in keys:
            keys |= dict.fromkeys([(form,) for form in forms(key[0])] if len(key) == 1 else [key], word)
    return keys


def _held(said: str, keys: Mapping[Key, Word]) -> set[Word]:
    """Return the listed words that a text holds."""
    spoken, sizes = words(said), {len(key) for key in keys}
    runs = (tuple(spoken[at : at + size]) for size in sizes for at in range(len(spoken) - size + 1))
    return {keys[run] for run in runs if run in keys}


def _parted(told: pd.DataFrame, word: Word, alpha: float) -> Iterator[Parted]:
    """Part each group by a word; a group in which all or none hold it is left out."""
    for group, cases in told.groupby("group", sort=True):
        sides = {"with": cases[cases["has"]], "without": cases[~cases["has"]]}
        if any(rows.empty for rows in sides.values()):
            continue
        gaps = {name: _gap(gap, sides.values(), column) for name, (column, gap) in SERIES.items()}
        row = {
            **word._asdict(),
            "group": str(group),
            **{name: _counted(rows) for name, rows in sides.items()},
            **{name: interval(gap(alpha)) for name, gap in gaps.items()},
        }
        yield Parted(row, gaps)


def _gap(
    gap: Callable[..., Estimate], sides: Iterable[pd.DataFrame], column: str
) -> Callable[[float], Estimate]:
    subsets = [Subset(rows[column].to_numpy(float), rows["root_id"].tolist()) for rows in sides]
    return lambda alpha: gap(*subsets, alpha=alpha)


def _counted(rows: pd.DataFrame) -> dict[str, Any]:
    means = {name: float(rows[column].mean()) for name, (column, _) in SERIES.items()}
    return {"cases": len(rows), "roots": int(rows["root_id"].nunique()), **means}


def _decide(name: str, found: Sequence[Parted], alpha: float) -> None:
    """Say of one series of every row whether the word makes a difference."""
    from scipy.stats import false_discovery_control

    tested = [one for one in found if one.row[name]["low_pp"] is not None]
    if not tested:
        return
    levels = false_discovery_control([level_of_zero(one.gaps[name], alpha=alpha) for one in tested])
    for one, level in zip(tested, levels, strict=True):
        within = one.row[name]["reading"] == "within"
        one.row[name]["reading"] = "excluded" if within else "shown" if level <= alpha else "unresolved"


def _order(row: Mapping[str, Any]) -> tuple[bool, bool, float, str]:
    """Return what a row is sorted by: what is shown first, then what has an interval, then by size."""
    found = row["difference"]
    return found["reading"] != "shown", found["low_pp"] is None, -abs(found["gap_pp"]), row["word"]
