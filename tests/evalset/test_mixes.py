"""The red team is held to its share of a mix, and has no weight beside its own gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.errors import UsageError
from workbench.evalset import PRESETS, freeze
from workbench.evalset.mixes import MOST_REDTEAM, mix_named
from workbench.mixes import group_weights
from workbench.settings import Settings
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace


def test_a_mix_that_the_red_team_would_dominate_is_refused() -> None:
    settings = Settings(mix={"probes": {"redteam": 0.6, "seed": 0.4}})
    with pytest.raises(UsageError) as refused:
        mix_named(settings, "probes")

    assert str(refused.value).startswith("the red team is 60% of the mix 'probes', and 25% is the most: ")


def test_the_largest_share_of_either_text_is_allowed() -> None:
    settings = Settings(mix={"bugs": {"redteam": 0.25, "seed": 0.75}})

    assert mix_named(settings, "bugs") == {("redteam",): 0.25, ("seed",): 0.75}
    assert max(parts.get(("redteam",), 0.0) for parts in PRESETS.values()) == MOST_REDTEAM


def test_more_of_the_red_team_changes_no_weight(
    workspace: Workspace, new_case: Callable[..., dict[str, object]]
) -> None:
    """Freezing drops none of it, and the mixed estimate has none of it."""
    red = {"bucket": "redteam", "tag": "red-double_dip", "generator_family": "human", "author": "Red team"}
    rows = [new_case(f"s{n}", f"parcel {n} is late") for n in range(60)]
    rows += [new_case(f"r{n}", f"send parcel {n} again", **red) for n in range(40)]
    workspace.store.append(CASES, rows)
    frozen = freeze(workspace, "launch", mix="mature", everything=True)

    assert (frozen.members["group"] == "redteam").sum() == 40
    assert frozen.weights == {"real": 1.0}
    assert group_weights(["real", *["redteam"] * 900], PRESETS["50/25/25"]) == {"real": 1.0}
