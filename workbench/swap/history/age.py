"""How often a set was used for a decision, how old it is, and whether newer traffic is there to hold it against."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench.errors import counted
from workbench.frozen import times_used
from workbench.swap.history.staleness import newer
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.store import Transaction

FIELDS = ("times_used", "set_age_days", "redteam_cases", "redteam_age_days")


def age(
    tx: Transaction, frozen: Mapping[str, Any] | None, *, deciding: tuple[str, str, str] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return `use` {times_used, set_age_days, redteam_cases, redteam_age_days} and `staleness`, and why None is None.

    A swap does not compute the staleness: it embeds texts, which is nothing to do while the store is held.

    Args:
        tx: An open transaction.
        frozen: The set's row of the table `evalsets`, if there is one.
        deciding: A swap that is being decided on it; see `workbench.frozen.times_used`.
    """
    if frozen is None:
        nothing = "no set that a swap was decided on is in this store"
        why = {**{f"use.{name}": nothing for name in FIELDS}, "staleness": nothing}
        return {"use": dict.fromkeys(FIELDS), "staleness": None}, why
    now = dt.datetime.now(dt.UTC)
    attacks = [member["case_id"] for member in frozen["members"] if member["bucket"] == "redteam"]
    newest = tx.read(CASES, case_id=attacks)["created_at"].max() if attacks else None
    use = {
        "times_used": times_used(tx, frozen["sha256"], deciding=deciding),
        "set_age_days": (now - frozen["created_at"]).days,
        "redteam_cases": len(attacks),
        "redteam_age_days": None if newest is None else (now - newest).days,
    }
    why = {} if attacks else {"use.redteam_age_days": "the set has no red-team case"}
    seed = newer(tx.read(CASES, bucket="seed"), frozen)
    why["staleness"] = seed.reason or (
        f"{counted(len(seed.later), 'real case')} {seed.basis} can be held against the set's seed: "
        f'wb.swap.staleness(wb.open("."), "{frozen["name"]}-v{frozen["version"]}") in a notebook does'
    )
    return {"use": use, "staleness": None}, why
