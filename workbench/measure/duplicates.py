"""Cases that repeat another: flagged with the pair and its cosine, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import embed
from workbench.provenance import BUCKETS, ancestors
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

DUPLICATE = 0.92
"""The cosine from which two cases repeat each other. Source: the long text, section 11, by which that
removes 15-25 % of a naive batch."""

CLOSING = 40
"""Words at the end of a long text that must be the same but for spelling.

In 99 % of 1,428 and of 23 acted and of 1,538 generated support chats (MultiDoGO, ABCD, CuCom), the
user's last message that says more than thanks and goodbye begins within the last 33 words. Vectors
do not tell an ending from a typo: after 3,000 equal characters, the last 8 to 254 word pieces put
different requests at cosines up to 0.99, and a single typo in a short piece at 0.4. With this rule,
of 600 such pairs with different endings none was flagged, and of 120 texts with three typos 96 %.
"""


def ordered(cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases in the order in which one repeats another: the seed, golden, then by age."""
    rank = cases["bucket"].map({"seed": 0, "golden": 1}).fillna(2)
    return cases.assign(_rank=rank).sort_values(["_rank", "created_at", "case_id"]).drop(columns="_rank")


def repeats(
    ids: Sequence[str], texts: Sequence[str], embedded: embed.Embedded, parents: Mapping[str, Iterable[str]]
) -> pd.DataFrame:
    """Return the pairs of cases that repeat each other in what the user says.

    Their cosine is at least `DUPLICATE` (of the worst window, see `workbench.embed.pairs`). When
    one of the two is longer than a window, the ends of both are also compared word by word, since a
    vector of 250 words hardly changes with the last three: see `same_closing`. A case and its
    ancestor are no pair, in any generation; two children of one case may be.

    A pair can differ in its context or in a bot's replies, which are not embedded.

    Args:
        ids: Case ids in the order of `ordered`.
        texts: What the user says in each.
        embedded: Their vectors.
        parents: For each case id, the ids of its parents.

    Returns:
        `case_id`, `earlier_id` and `cosine`, sorted by the later case, then from the most alike.
    """
    import pandas as pd

    found = embed.pairs(embedded, at_least=DUPLICATE)
    above = {ids[row]: ancestors(ids[row], parents) for row in {*found.first, *found.second}}
    long = embedded.counts > 1
    kept = [
        (int(later), int(earlier), float(cosine))
        for earlier, later, cosine in zip(*found, strict=True)
        if ids[earlier] not in above[ids[later]]
        and ids[later] not in above[ids[earlier]]
        and (not (long[earlier] or long[later]) or same_closing(texts[earlier], texts[later]))
    ]
    kept.sort(key=lambda pair: (pair[0], -pair[2], pair[1]))
    rows = [(ids[later], ids[earlier], cosine) for later, earlier, cosine in kept]
    return pd.DataFrame(rows, columns=["case_id", "earlier_id", "cosine"])


def flags(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return which cases repeat an earlier one: one row per flagged case.

    The later of a pair is flagged, with the most alike of the earlier cases that are not flagged
    themselves. So what is left when all flagged cases are set aside has no pair.

    Args:
        pairs: What `repeats` returned.

    Returns:
        `case_id`, `duplicate_of` and `cosine`.

    Example:
        >>> import pandas as pd
        >>> chain = pd.DataFrame({"case_id": ["b", "c"], "earlier_id": ["a", "b"], "cosine": [0.95, 0.94]})
        >>> flags(chain)["case_id"].tolist()
        ['b']
    """
    import pandas as pd

    flagged: dict[str, tuple[str, float]] = {}
    for case_id, earlier_id, cosine in pairs.itertuples(index=False):
        if case_id not in flagged and earlier_id not in flagged:
            flagged[case_id] = (earlier_id, cosine)
    rows = [(case_id, *of) for case_id, of in flagged.items()]
    frame = pd.DataFrame(rows, columns=["case_id", "duplicate_of", "cosine"])
    return frame.astype({"case_id": "str", "duplicate_of": "str", "cosine": "float64"})


def removal(measures: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each bucket that is flagged, beside the seed's own rate.

    Args:
        measures: Rows of the table `measures`, of one embedder and reference.
        cases: Rows of the table `cases`, at least the measured ones.

    Returns:
        One row per bucket: `bucket`, `cases`, `duplicates`, `share` and `seed_share` (0-1; missing
        without a seed).
    """
    import pandas as pd

    held = measures.merge(cases[["case_id", "bucket"]], on="case_id")
    flagged = held["duplicate_of"].notna().groupby(held["bucket"].astype("str"))
    counts = pd.DataFrame({"cases": flagged.size(), "duplicates": flagged.sum()})
    frame = counts.loc[[bucket for bucket in BUCKETS if bucket in counts.index]]
    share = (frame["duplicates"] / frame["cases"]).astype("float64")
    return frame.assign(share=share, seed_share=share.get("seed", float("nan"))).reset_index()


def same_closing(one: str, other: str) -> bool:
    """Say whether two texts end in the same words, each but for one letter.

    The last `CLOSING` words are compared in their order. A word may lack, gain, change or swap one
    letter; one of up to three characters, or with a digit, may not: "no" is not "on".

    Example:
        >>> same_closing("it broke. please refund me", "It broke, pleaes refnd me!!")
        True
        >>> same_closing("it broke. please refund me", "it broke. please do not refund me")
        False
    """
    ends = words(one)[-CLOSING:], words(other)[-CLOSING:]
    return len(ends[0]) == len(ends[1]) and all(
        first == second or _misspelt(first, second) for first, second in zip(*ends, strict=True)
    )


def _misspelt(first: str, second: str) -> bool:
    """Say whether two different words are one, with one letter wrong."""
    if min(len(first), len(second)) <= 3 or not (first + second).isalpha():
        return False
    at = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
    at = min(at, len(second))
    one, other = first[at:], second[at:]
    changed, lacking, gained = one[1:] == other[1:], one == other[1:], one[1:] == other
    return changed or lacking or gained or one[1::-1] + one[2:] == other
