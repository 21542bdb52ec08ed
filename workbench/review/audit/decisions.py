"""What was decided in each sitting: one row per thing shown, with its time on screen and its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import folds
from workbench.review.survival import placed
from workbench.survival import elsewhere
from workbench.text import words

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("case", "bad", "good", "repeat")
"""What was shown: a candidate, a planted check that a careful reviewer rejects or keeps, or a candidate
for the second time."""

COLUMNS = (
    "session_id", "reviewer", "event_id", "at", "position", "case_id", "kind", "verdict", "kept", "expected",
    "realistic", "seconds", "words", "cell",
)  # fmt: skip


def decided(
    cases: pd.DataFrame, reviews: pd.DataFrame, checks: pd.DataFrame, places: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what each sitting decided, in the order in which it was shown.

    A decision that an undo took back is left out, but its time on screen counts for the one that came
    after it: the text was read then. Of several decisions on one thing in a sitting the last stands.
    Adjudications see what others said, so they are no blind decisions and are left out, as is what
    came in as kept elsewhere.

    Args:
        cases: The table `cases`.
        reviews: The table `reviews`.
        checks: The table `checks`.
        places: Where each case lies, as `workbench.grid.placed` returns it; none without a grid.

    Returns:
        One row per sitting and thing decided, with `COLUMNS`: `kind` (one of `KINDS`), `verdict` (keep,
        reject, revise or skip), `kept` (bool), `realistic` (missing where it was not answered), `seconds` on
        screen (missing where it was not measured), `words` of the conversation, and `cell` (missing for
        planted checks).
    """
    import pandas as pd

    told = reviews.assign(verdict=folds.verdicts(reviews), _gone=_gone(reviews), _thing=_things(reviews))
    told = told[told["verdict"].notna() & (told["event"] != "adjudicate") & ~elsewhere(reviews)]
    shown = ["session_id", "_thing"]
    told["seconds"] = (
        (told["visible_ms"].astype("float64") / 1000).groupby([told[k] for k in shown]).transform(_summed)
    )
    last = told[~told["_gone"]].sort_values("event_id").drop_duplicates(shown, keep="last")
    planted = last["planted"].fillna("").map(lambda told: told.partition(":")[0]).astype("str")
    texts = pd.concat([cases.set_index("case_id")["turns"], checks.set_index("check_id")["turns"]])
    lengths = texts[texts.index.isin(last["case_id"])].map(_length)
    cell = placed(cases, places)["cell"].set_axis(cases["case_id"])
    made = last.assign(
        kind=planted.where(planted != "", "case"),
        kept=last["verdict"] == "keep",
        words=last["case_id"].map(lengths).astype("float64"),
        cell=last["case_id"].map(cell).astype("str"),
    )
    return made.sort_values(["session_id", "position", "at", "event_id"], ignore_index=True)[list(COLUMNS)]


def _things(reviews: pd.DataFrame) -> pd.Series[str]:
    """Return what an event is about: a candidate shown again is another thing than the first time."""
    return reviews["case_id"] + "\n" + reviews["planted"].fillna("")


def _gone(reviews: pd.DataFrame) -> pd.Series[bool]:
    """Return which decisions were taken back, on planted checks and repeats too."""
    return folds.taken_back(reviews.assign(case_id=_things(reviews), planted=None))


def _length(turns: list[dict[str, str]]) -> int:
    return sum(len(words(turn["text"])) for turn in turns)


def _summed(seconds: pd.Series[float]) -> float:
    """Return a sum that stays missing where nothing was measured."""
    return float(seconds.sum(min_count=1))
