"""What a run will cost: tokens from the lengths of its prompts, and from what earlier calls of the model used."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import mean
from typing import TYPE_CHECKING

from workbench.generate.history import request_sha256
from workbench.generate.planning import shown_hints
from workbench.generate.prompting import digest, prompt
from workbench.generate.run import Slot
from workbench.llm.forecast import FEWEST_BYTES, LEAST_CALLS, MOST_BYTES, why
from workbench.llm.forecast import Forecast as Expected
from workbench.llm.prices import Tokens, cost
from workbench.outcome_facts import outcome_names
from workbench.tables import CALLS, RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.generate.run import Run
    from workbench.llm.prices import Price
    from workbench.workspace import Workspace

LENGTHS = "the lengths of the real cases shown, without thinking"


class Forecast(Expected):
    """What the open slots of a run will cost: those without a case whose prompt is still the frozen one."""

    def priced(self, run: Run) -> Run:
        """Return the run with these dollars as its forecast; as it is where there are none."""
        if self.low_usd is None or self.high_usd is None:
            return run
        return replace(run, low_usd=round(self.low_usd, 6), high_usd=round(self.high_usd, 6))


def forecast(workspace: Workspace, run: Run, price: Price | None, *, batch: bool = False) -> Forecast:
    """Return what the open slots of a run will cost; nothing is asked.

    Before the first calls, tokens are bytes: a reply is taken to be as long as the real cases in its
    prompt, and the range goes from the shortest of them at `MOST_BYTES` a token to the longest at
    `FEWEST_BYTES`. What a model thinks, which is paid like a reply, and a schema that goes along are not in
    it. From `LEAST_CALLS` earlier calls of this model on, tokens in per byte of a prompt and tokens out by
    bucket are theirs, with all of that, and the range is that of the lengths alone.

    Args:
        workspace: The workspace that the run was planned for.
        run: The run.
        price: Of its model; None where nobody knows.
        batch: Whether it is asked for in batches, at `workbench.llm.batches.client.SHARE` of the price.
    """
    from workbench.llm.batches.client import SHARE

    cases = workspace.cases
    there = set(cases["case_id"])
    open_ = _sizes(workspace, cases, [slot for slot in run.slots if slot.case_id not in there])
    earlier = _earlier(workspace, run, cases)
    if len(earlier) < LEAST_CALLS:
        middle = math.sqrt(MOST_BYTES * FEWEST_BYTES)
        sent, reply, basis = open_["sent"] / middle, open_["mean"] / middle, LENGTHS
        rates = [middle / MOST_BYTES, 1.0, middle / FEWEST_BYTES]
    else:
        outputs = earlier.groupby("bucket")["output"].mean()
        sent = open_["sent"] * earlier["input"].sum() / earlier["sent"].sum()
        reply = open_["bucket"].map(outputs).fillna(earlier["output"].mean())
        basis, rates = f"{len(earlier):,} earlier calls of this model", [1.0, 1.0, 1.0]
    lengths = [reply * open_[shown] / open_["mean"] for shown in ("shortest", "mean", "longest")]
    share = SHARE if batch else 1.0
    ways = zip(lengths, rates, strict=True)
    low, expected, high = (_usd(sent * rate, length * rate, price, share) for length, rate in ways)
    return Forecast(
        calls=len(open_),
        input_tokens=round(sent.sum()),
        output_tokens=round(reply.sum()),
        low_usd=low,
        expected_usd=expected,
        high_usd=high,
        basis=basis,
        why=why(run.generator_model) if expected is None else "",
    )


def _usd(sent: pd.Series[float], reply: pd.Series[float], price: Price | None, share: float) -> float | None:
    """Return what calls cost, or None without a price that holds for all of them."""
    each = [cost(Tokens(round(one), round(two)), price) for one, two in zip(sent, reply, strict=True)]
    known = [one * share for one in each if one is not None]
    return sum(known) if len(known) == len(each) else None


def _sizes(workspace: Workspace, cases: pd.DataFrame, slots: Sequence[Slot]) -> pd.DataFrame:
    """Return the bytes of each slot's prompt, and of the real cases that it shows; none of a prompt that changed."""
    import pandas as pd

    wanted = {case for slot in slots for case in (*slot.hint_ids, *slot.parent_ids)}
    shown = shown_hints(cases[cases["case_id"].isin(wanted)], outcome_names(workspace))
    axes, rows = list(workspace.settings.grid.axes), []
    for slot in slots:
        model = (*slot.hint_ids, *slot.parent_ids)
        asked = prompt(slot, axes, shown) if shown.keys() >= {*model} else ""
        if digest(asked) == slot.prompt_sha256:
            sizes = [len(shown[hint].encode()) for hint in model] or [1]
            rows.append((slot.case_id, slot.bucket, len(asked.encode()), min(sizes), mean(sizes), max(sizes)))
    return pd.DataFrame(rows, columns=["case_id", "bucket", "sent", "shortest", "mean", "longest"])


def _earlier(workspace: Workspace, run: Run, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the bytes sent and the tokens of each call of the run's model that was paid for a slot of any run."""
    calls = workspace.store.read(CALLS, state="got").to_dict("records")
    usage = {call["call_id"]: call["usage"] for call in calls if "input_tokens" in (call["usage"] or {})}
    # A reply that made no case is kept for its slot, and names its call.
    stopped = {call["request_sha256"]: (call["usage"] or {}).get("call_id") for call in calls}
    made = dict(zip(cases["case_id"], cases["call_id"], strict=True))
    slots, used = [], {}
    model = {"generator_provider": run.generator_provider, "generator_model": run.generator_model}
    for past in workspace.store.read(RUNS, **model).to_dict("records"):
        for slot in past["slots"]:
            call = made.get(slot["case_id"]) or stopped.get(
                request_sha256(past["run_id"], str(slot["case_id"]))
            )
            if call in usage:
                slots.append(Slot(**slot))
                used[slot["case_id"]] = usage[call]
    sizes = _sizes(workspace, cases, slots)
    return sizes.assign(
        input=[used[case]["input_tokens"] for case in sizes["case_id"]],
        output=[used[case]["output_tokens"] for case in sizes["case_id"]],
    )
