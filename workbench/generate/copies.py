"""Copies: the longest run of words that a candidate shares with a real case, above all with one it was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.generate.hints import SAME_WORDS
from workbench.redact import redact
from workbench.text import user_text, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

WRITTEN = ("persona", "prompted", "redteam")
"""Buckets of what a model writes. A mutant that operators made is a changed copy by design."""


class Runs(NamedTuple):
    """The longest run of words that each text shares with another real one.

    Attributes:
        length: Words in it; 0 for none.
        start: The place of its first word in the text.
        source: A real text that has it, the first one where the text is neither real nor made of a real one; -1
            for none.
    """

    length: NDArray[np.int64]
    start: NDArray[np.int64]
    source: NDArray[np.int64]


def copies(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the longest run of words that each candidate shares with a real case, of whatever split.

    What the customer wrote is compared, redacted as hints are, without regard to case and punctuation.
    A paraphrase, which a model writes too, is compared with all of them but the one that it came from.
    From `SAME_WORDS` on it is flagged, and nothing is deleted. Real cases share such runs too, so each
    of them stands here with its longest run in another one, and the seed's own share of flags is what
    a batch is read beside. A shorter message that is repeated whole is a duplicate, which
    `workbench.measure` finds. Scripts without spaces have few words, and are seldom flagged.

    Args:
        cases: The table `cases`.

    Returns:
        One row per real case and candidate with a text: `case_id`, `bucket`, `longest` (words in the
        run), `from_id` (a hint before any other case; missing for none), `from_split`, `from_hint`,
        `words` (the run) and `flagged`.
    """
    import pandas as pd

    there = cases[cases["turns"].map(bool).astype(bool)]
    real = there[there["bucket"] == "seed"]
    paraphrased = (there["bucket"] == "mutation") & there["prompt_sha256"].notna()
    told = pd.concat([real, there[there["bucket"].isin(WRITTEN) | paraphrased]], ignore_index=True)
    said = [words(user_text(redact(turns))) for turns in told["turns"]]
    ids, splits = real["case_id"].tolist(), real["split"].tolist()
    places = {case: place for place, case in enumerate(ids)}
    roots = [places.get(root, -1) for root in told["root_id"]]
    found = longest(said, len(real), made_of=roots)
    rows = []
    for mine, hints, size, start, source in zip(said, told["hint_ids"], *found, strict=True):
        hinted = ((places[hint], _shared(mine, said[places[hint]], size)) for hint in hints if hint in places)
        place, run = next((one for one in hinted if one[1]), (source, mine[start : start + size]))
        case, split = (ids[place], splits[place]) if size else (None, None)
        rows.append((size, case, split, case in hints, " ".join(run)))
    names = ["longest", "from_id", "from_split", "from_hint", "words"]
    frame = told[["case_id", "bucket"]].join(pd.DataFrame(rows, columns=names))
    return frame.assign(flagged=frame["longest"] >= SAME_WORDS)


def longest(texts: Sequence[Sequence[str]], real: int, made_of: Sequence[int] = ()) -> Runs:
    """Return the longest run that each text shares with a real text other than itself and what it was made of.

    A run of n + 1 words is looked for only where two shared runs of n begin side by side, so the work
    falls with n: 1,000 candidates against 13,000 real messages take a fraction of a second.

    Args:
        texts: Each text as its words, the real ones first.
        real: How many of them are real.
        made_of: The place of the real text that each one was made of; -1 for none. By default none was.

    Example:
        >>> texts = [["where", "is", "my", "order"], ["my", "order", "broke"], ["so", "where", "is", "my", "cat"]]
        >>> found = longest(texts, 2)
        >>> found.length.tolist(), found.source.tolist()
        ([2, 2, 3], [1, 0, 0])
    """
    names: dict[str, int] = {}
    run = np.array([names.setdefault(word, len(names)) for text in texts for word in text], dtype=np.int64)
    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    owner, begin = np.repeat(np.arange(len(texts)), sizes), np.cumsum(sizes) - sizes
    length, start, source = np.zeros_like(sizes), np.zeros_like(sizes), np.full_like(sizes, -1)
    own = np.arange(len(texts))
    if made_of:
        own = np.where((own >= real) & (np.array(made_of) >= 0), made_of, own)
    place, number = np.arange(len(run)), 0
    while len(place):
        number += 1
        run = np.unique(run, return_inverse=True)[1]
        mine = owner[place]
        other = _other(run, mine, own[mine], real)
        # Backwards, so that of several runs the first stays.
        at = np.flatnonzero(other >= 0)[::-1]
        length[mine[at]], start[mine[at]], source[mine[at]] = number, place[at], other[at]
        # A real run goes on being looked at for the sake of any text that has it.
        kept = (other >= 0) | ((mine < real) & np.isin(run, run[mine >= real]))
        on = np.flatnonzero(kept[:-1] & kept[1:] & (np.diff(place) == 1) & (np.diff(mine) == 0))
        place, run = place[on], run[on] * (run.max() + 1) + run[on + 1]
    return Runs(length, np.where(length > 0, start - begin, 0), source)


def _other(
    run: NDArray[np.int64], mine: NDArray[np.int64], own: NDArray[np.int64], real: int
) -> NDArray[np.int64]:
    """Return for each run and the text that it stands in a real text that has it, but not its own; -1 for none."""
    first = np.full(run.max() + 1, real)
    last = np.full_like(first, -1)
    known = mine < real
    np.minimum.at(first, run[known], mine[known])
    np.maximum.at(last, run[known], mine[known])
    other = np.where(first[run] == own, last[run], first[run])
    return np.where((other == own) | (other == real), -1, other)


def _shared(mine: Sequence[str], theirs: Sequence[str], size: int) -> tuple[str, ...]:
    """Return the first run of so many words that two texts share; empty for none."""
    known = {tuple(theirs[at : at + size]) for at in range(len(theirs) - size + 1)}
    runs = (tuple(mine[at : at + size]) for at in range(len(mine) - size + 1))
    return next((run for run in runs if run in known), ())
