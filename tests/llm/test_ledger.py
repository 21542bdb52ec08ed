"""The ledger on both engines: every call once, its farthest state, and what it cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from workbench.errors import CapError
from workbench.llm import Budget, Ledger
from workbench.llm.budget import Use
from workbench.llm.ledger import Call, Spent
from workbench.provenance import sha256
from workbench.tables import CALLS

if TYPE_CHECKING:
    from workbench.store import Store

COUNTED = {"status": 200, "input_tokens": 900, "output_tokens": 100}


def call(name: str) -> Call:
    return Call(name, sha256(name))


def test_what_was_spent_counts_the_worst_case_of_what_nobody_knows(store: Store) -> None:
    ledger = Ledger(store)
    for name in ("good", "busy", "lost", "open", "uncounted"):
        ledger.sent(call(name), Use(5_000, 0.5))
    ledger.got(call("good"), raw="{}", usage=COUNTED, usd=0.01)
    ledger.got(call("busy"), raw="{}", usage={"status": 529}, usd=0.0)
    ledger.unknown(call("lost"), "ReadTimeout")
    ledger.got(call("uncounted"), raw="{}", usage={"status": 200}, usd=None)
    spent = Ledger(store).spent()

    assert spent == Spent(attempts=5, usd=0.01, unpriced=1, unpriced_usd=0.5, unknown=2, unknown_usd=1.0)
    assert spent.most_usd == 1.51
    assert ledger.spent([sha256("good")]) == Spent(attempts=1, usd=0.01)
    states = ledger.calls().set_index("call_id")["state"].to_dict()
    assert states == {"good": "got", "busy": "got", "lost": "unknown", "open": "sent", "uncounted": "got"}


def test_a_worst_case_without_a_price_is_missing_not_0(store: Store) -> None:
    ledger = Ledger(store)
    ledger.sent(call("priced"), Use(5_000, 0.5))
    ledger.sent(call("unpriced"), Use(5_000, None))

    assert len(ledger.close_open()) == 2
    assert (ledger.spent().unknown_usd, ledger.spent().most_usd) == (None, None)
    with pytest.raises(
        CapError, match=r"without a price may be paid \(2 without a reply, 0 with one of unknown cost\), so"
    ):
        Budget(most_attempts=9, most_usd=1.0).count(ledger.spent())
    Budget(most_attempts=9).count(ledger.spent())


def test_a_reply_of_unknown_cost_that_left_without_a_price_is_missing_not_0(store: Store) -> None:
    ledger = Ledger(store)
    ledger.sent(call("unpriced"), Use(5_000, None))
    ledger.got(call("unpriced"), raw="{}", usage=COUNTED, usd=None)

    assert ledger.spent() == Spent(attempts=1, unpriced=1, unpriced_usd=None)
    assert ledger.spent().most_usd is None


def test_an_empty_ledger_has_spent_nothing(store: Store) -> None:
    assert Ledger(store).spent() == Spent()
    assert Ledger(store).close_open().empty


def test_threads_write_together_and_nothing_is_missing(store: Store) -> None:
    ledger = Ledger(store)

    def one(n: int) -> bool:
        ledger.sent(call(f"c{n}"), Use(10, None))
        there = len(store.read(CALLS, call_id=f"c{n}")) == 1
        ledger.got(call(f"c{n}"), raw=f"reply {n}", usage=COUNTED, usd=None)
        return there

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(one, range(100)))
    assert sorted(ledger.calls()["raw_reply"]) == sorted(f"reply {n}" for n in range(100))


def test_rows_that_no_wire_wrote_are_left_alone(store: Store) -> None:
    ledger = Ledger(store)
    ledger.got(call("stored reply"), raw="{}", usage={"stopped": "refused"}, usd=0.2)

    assert ledger.calls().empty
    assert ledger.spent() == Spent()
