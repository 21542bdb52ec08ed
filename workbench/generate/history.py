"""What runs have asked for, and what became of it: read from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.llm import Ledger
from workbench.provenance import sha256
from workbench.tables import CALLS, CASES, RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.workspace import Workspace

ABSENT = "absent"
"""The reason of a slot for which no reply came."""

REPEATS = "repeats "
"""How the reason of a slot begins whose reply has the content of a case; that case's id follows."""

SLOT_COLUMNS = (
    "run_id", "case_id", "bucket", "cell", "attack", "index", "persona", "hint_ids", "hint_places",
    "prompt_sha256", "parent_ids", "operators", "count", "made", "reason",
)  # fmt: skip


def request_sha256(run_id: str, case_id: str) -> str:
    """Return the hash that names what a slot asks for."""
    return sha256([run_id, case_id])


def runs(workspace: Workspace) -> pd.DataFrame:
    """Return every run, the newest first.

    Returns:
        `run_id`, `generator_provider`, `generator_model`, `generator_family`, `seed`, `prompts` (the
        sha256 of each template), `low_usd`, `high_usd`, `created_at`, `slots` and `made` (Int64).
    """
    found = workspace.store.read(RUNS)
    by_run = slots(workspace).groupby("run_id")
    asked = by_run["count"].sum()
    made = by_run["made"].sum()
    told = found.drop(columns="slots").assign(
        slots=found["run_id"].map(asked).astype("Int64"), made=found["run_id"].map(made).astype("Int64")
    )
    return told.iloc[::-1].reset_index(drop=True)


def slots(workspace: Workspace) -> pd.DataFrame:
    """Return every slot of every run, with what became of it.

    Returns:
        One row per slot: `run_id`, what `workbench.generate.Slot` has, `made` (bool: its case is in the
        store) and `reason` (why there is none, else empty): `absent`, `bad: ...`, `repeats CASE_ID`, what the
        client says, such as `refused (cyber)`, or why an operator made no mutant.
    """
    import pandas as pd

    there = set(workspace.store.read(CASES)["case_id"])
    calls = workspace.store.read(CALLS).drop_duplicates("request_sha256", keep="last")
    kept = {call["request_sha256"]: call for call in calls.to_dict("records")}
    rows = []
    for run in workspace.store.read(RUNS).to_dict("records"):
        for slot in run["slots"]:
            made = slot["case_id"] in there
            call = kept.get(request_sha256(run["run_id"], str(slot["case_id"])))
            reason = "" if made else slot["reason"] or _reason(call)
            rows.append({"run_id": run["run_id"], **slot, "made": made, "reason": reason})
    frame = pd.DataFrame(rows, columns=list(SLOT_COLUMNS))
    return frame.astype({"made": "bool", "count": "int64", "index": "int64"})


def spent(workspace: Workspace) -> pd.DataFrame:
    """Return what the calls of every run have cost, the newest run first.

    A reply that several runs were filled with was paid once, and counts for each of them.

    Returns:
        One row per run: `run_id`, `low_usd` and `high_usd` as they were forecast, `calls` (that left), `usd`,
        `unpriced` (calls with a reply and without a price), `unknown` (calls whose outcome nobody knows), and
        `unknown_usd` (their worst case; missing without a price).
    """
    import pandas as pd

    ledger = Ledger(workspace.store)
    calls = ledger.calls()
    requests = calls.set_index("call_id")["request_sha256"].to_dict()
    got = workspace.store.read(CALLS, state="got").to_dict("records")
    kept = {call["request_sha256"]: (call["usage"] or {}).get("call_id") for call in got}
    cases = workspace.store.read(CASES)
    made = dict(zip(cases["case_id"], cases["call_id"], strict=True))
    rows = []
    for run in workspace.store.read(RUNS).iloc[::-1].to_dict("records"):
        ids = [
            made.get(slot["case_id"]) or kept.get(request_sha256(run["run_id"], str(slot["case_id"])))
            for slot in run["slots"]
        ]
        told = ledger.spent({requests[call] for call in ids if call in requests}, calls=calls)
        rows.append(
            (
                run["run_id"],
                run["low_usd"],
                run["high_usd"],
                told.attempts,
                told.usd,
                told.unpriced,
                told.unknown,
                told.unknown_usd,
            )
        )
    columns = ["run_id", "low_usd", "high_usd", "calls", "usd", "unpriced", "unknown", "unknown_usd"]
    return pd.DataFrame(rows, columns=columns)


def requested(workspace: Workspace) -> dict[str, int] | None:
    """Return how many candidates runs have asked for by cell; None before the first such run.

    A slot counts once, however often it is asked again, and also where its reply repeats a case: that was asked
    for and paid, and `slots` has the reason why no case came of it. Red-team cases and mutants are asked for by attack and by operator, not by cell.
    """
    found = slots(workspace)
    cells = found.loc[found["cell"].notna(), "cell"].value_counts(sort=False)
    return {str(cell): int(number) for cell, number in cells.items()} or None


def _reason(call: Mapping[Any, Any] | None) -> str:
    """Say why a slot has no case, from the reply that was kept for it."""
    if call is None:
        return ABSENT
    return str((call["usage"] or {}).get("stopped") or "bad")
