"""Eight reviewers on one queue: every decision that shows as saved is there, once, in one whole chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.review import verify
from workbench.review.order import is_double
from workbench.store import Store
from workbench.tables import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from workbench.workspace import Workspace

WRITERS, EACH = 8, 150
ROOM = 300
"""Candidates beyond what is decided, so that nobody's queue runs dry at the end."""

WRITER = """
import random, sys
from workbench.review.desk import Desk
from workbench.workspace import open

name, folder, many = sys.argv[1:]
with open(folder) as shop:
    desk = Desk(shop, reviewer=name)
    print("ready", flush=True)
    sys.stdin.readline()
    [here] = desk.answer({"kind": "hello"})
    case, coming = here["case"], here["next"]
    for number in range(int(many)):
        verdict = random.choice(["keep", "reject"])
        said = {"realistic": True, "expected": "refund", "fits_cell": True, "visible_ms": 4000, "reasons": []}
        said["reasons"] = ["caricature"] if verdict == "reject" else []
        about = {"kind": "decide", "id": f"{name}-{number}", "ticket": case["ticket"], "verdict": verdict}
        [reply] = desk.answer(about | said)
        print(reply["kind"], reply["told"], flush=True)
        case, coming = coming, reply["next"]
"""


def test_eight_writers_on_one_queue_lose_and_double_nothing(
    store_url: str,
    queue_of: Callable[..., Workspace],
    monkeypatch: pytest.MonkeyPatch,
    at_once: Callable[..., Any],
) -> None:
    with Store(store_url) as store:
        shop = queue_of(WRITERS * EACH + ROOM, seeds=100, store=store)
    monkeypatch.setenv("WORKBENCH_DB", store_url)
    told = at_once(WRITER, *([f"w{number}", str(shop.root), str(EACH)] for number in range(WRITERS)))

    assert [error for _, error in told] == [""] * WRITERS
    saved = [line for out, _ in told for line in out.splitlines()]
    assert saved == ["saved None"] * (WRITERS * EACH)
    with Store(store_url) as store:
        reviews = store.read(REVIEWS)
    decided = reviews[reviews["event"].isin(["keep", "reject"])]
    assert len(decided) == WRITERS * EACH
    assert decided["reviewer"].value_counts().to_dict() == {f"w{number}": EACH for number in range(WRITERS)}
    assert verify(reviews) == ""
    assert overlapping(decided[decided["planted"].isna()].to_dict("records")) == {}
    hidden = decided[decided["planted"].notna()]
    assert len(hidden) > WRITERS * EACH / 10
    assert not hidden.duplicated(["session_id", "case_id", "planted"]).any()


def overlapping(decided: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the cases that more people decided on than should, or one person twice."""
    by_case: dict[str, list[str]] = {}
    for row in decided:
        by_case.setdefault(row["case_id"], []).append(row["reviewer"])
    return {
        case: names
        for case, names in by_case.items()
        if len(names) > 1 + is_double(case, 0.15) or len({*names}) < len(names)
    }
