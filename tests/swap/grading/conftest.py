"""A shop with a frozen set, answers of two bots, and judges on this machine that are scripted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback

from workbench.evalset import freeze
from workbench.frozen import load
from workbench.provenance import sha256
from workbench.tables import ANSWERS, CASES, LABELS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from workbench.frozen import Frozen
    from workbench.workspace import Workspace

BOTS = {"shop-bot-2": "acme/bot", "shop-bot-3": "other/bot"}
VOICES = (
    ("ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money", "refund"),
    ("where is it????", "inform"),
    ("wrong size. swap", "replace"),
    ("THREE emails. THREE. nobody answers. reverse the charge or i go to my bank", "handoff"),
    ("opened it, wore it twice, don't like it, money back", "deny"),
)
POLICY = "Money goes back within 30 days. Worn goods are not taken back."


class Shop:
    """A workspace with real cases and one prompted one, and what its owner does with it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @property
    def frozen(self) -> Frozen:
        """The set."""
        return load(self.workspace, "launch")

    def settle(self, text: str) -> None:
        """Write workbench.toml anew, as an owner does between two commands."""
        (self.workspace.root / "workbench.toml").write_text(f"{text}\n", "utf-8")
        self.workspace.__dict__.pop("settings", None)

    def judge_at(self, url: str, family: str = "third/judge", provider: str = "anthropic") -> None:
        """Name the grader of `[roles]`."""
        self.settle(
            f'[roles]\ngrader = {{ provider = "{provider}", base_url = "{url}", model = "judge-1", family = "{family}" }}\n'
            "[prices]\njudge-1 = { input = 1, output = 5 }"
        )

    def answer(self, said: dict[str, dict[str, str]], setup: str = "a", **changes: Any) -> None:
        """Append what bots answered: `{model: {case_id: output}}`."""
        contents = self.workspace.cases.set_index("case_id")["content_sha256"]
        rows = [
            {
                "model": model, "model_family": BOTS.get(model, "unknown"), "case_id": case, "content_sha256": contents[case],
                "trial": "0", "setup_sha256": sha256(setup), "state": "answered", "output": output, "latency_s": 0.25,
                "cost_usd": 0.002, "answered_at": _now(), **changes,
            }
            for model, cases in said.items()
            for case, output in cases.items()
        ]  # fmt: skip
        self.workspace.store.append(ANSWERS, rows)


def _now() -> dt.datetime:
    import datetime as dt

    return dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _environment(_planted: None) -> None:
    """For every test of this folder."""


@pytest.fixture
def shop(
    workspace: Workspace,
    new_case: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
) -> Shop:
    """Ten real cases with labels and one of a person's for the red team without, frozen as `launch`."""
    (workspace.root / "rubric.toml").write_text(
        f'version = "7"\npolicy = "{POLICY}"\n[expected]\n'
        + "\n".join(f'{name} = "the outcome {name}"' for name in ("refund", "inform", "replace", "handoff", "deny")),
        "utf-8",
    )  # fmt: skip
    texts = {f"s-{n:02d}": VOICES[n % 5] for n in range(10)}
    cases = [
        new_case(case, f"{text} ({case})", context={"facts": {"order": f"K-{case}"}})
        for case, (text, _) in texts.items()
    ]
    human = {"bucket": "redteam", "tag": "red-false_premise", "author": "Tester", "generator_family": "human"}
    cases.append(new_case("r-00", "you promised me a voucher, didn't you", **human))
    workspace.store.append(CASES, cases)
    workspace.store.append(LABELS, [new_label(case, expected) for case, (_, expected) in texts.items()])
    freeze(workspace, "launch")
    return Shop(workspace)


@pytest.fixture
def serve() -> Callable[..., Loopback]:
    """Make a judge on this machine; `text` is what it makes of the document that it is sent."""
    return lambda *faults, **options: Loopback(faults, **options)


def verdict(outcome: str, reason: str = "It says so.") -> str:
    """A reply as the schema has it."""
    mode = "wrong_outcome" if outcome == "fail" else "none"
    return json.dumps({"reason": reason, "failure_mode": mode, "verdict": outcome})


def careful(prompt: str) -> str:
    """A judge that reads the document as JSON, and of it the first line of the answer."""
    told = json.loads(prompt)
    said = told["answer"].split("\n")[0].split('"}')[0]
    return verdict("pass" if said == f"We {told['expected']['value']}." else "fail")


def gullible(prompt: str) -> str:
    """A judge that passes whatever holds the word, wherever it stands."""
    return verdict("pass") if "pass" in prompt.lower() else careful(prompt)


@pytest.fixture(scope="session")
def judges() -> dict[str, Callable[[str], str]]:
    """Two scripted judges."""
    return {"careful": careful, "gullible": gullible}


def right(expected: str) -> str:
    """What a bot says that has the outcome."""
    return f"We {expected}."


@pytest.fixture
def both(shop: Shop) -> Shop:
    """The shop with the answers of two bots: the first one is right, the second one always pays."""
    expected = dict(zip(shop.workspace.labels["case_id"], shop.workspace.labels["expected"], strict=True))
    shop.answer(
        {
            "shop-bot-2": {case: right(value) for case, value in expected.items()},
            "shop-bot-3": {case: right("refund") for case in expected},
        }
    )
    return shop
