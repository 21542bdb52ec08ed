"""The last swaps together: what is shown, what is used, what changed in between, and what may be concluded."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from workbench import workspace as workspaces
from workbench.chain import linked
from workbench.cli.check import questions
from workbench.errors import UsageError
from workbench.evalset import freeze
from workbench.files import write_lines
from workbench.frozen import load
from workbench.provenance import sha256
from workbench.swap import Declared, Polarity, Question, history, import_results, run_swap, staleness
from workbench.swap.history.origins import marks
from workbench.swap.history.staleness import newer
from workbench.tables import CASES, LABELS, REVIEWS, RUNS, SWAPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from workbench.workspace import Workspace

MARCH = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
NAMES = {"real": "seed", "synthetic": "prompted"}

Pairs = list[list[Any]]


def pairs(real: Sequence[tuple[float, float]], synthetic: Sequence[tuple[float, float]] = ()) -> Pairs:
    """Return pairs as the store keeps them, each case its own root."""
    groups = {"real": real, "synthetic": synthetic}
    return [
        [f"{group[0]}-{i:03d}", f"{group[0]}-{i:03d}", group, NAMES[group], *scores]
        for group, cases in groups.items()
        for i, scores in enumerate(cases)
    ]


def moved(lost: int, gained: int, n: int = 60, *, start: int = 0) -> list[tuple[float, float]]:
    """Return n cases of which some are lost and some gained, from a place on."""
    changed = [(1.0, 0.0)] * lost + [(0.0, 1.0)] * gained
    cases = [(1.0, 1.0)] * start + changed + [(1.0, 1.0)] * (n - start - len(changed))
    return cases[:n]


def origin(**changes: Any) -> dict[str, Any]:
    """Return the origins of a swap of the shop."""
    told = {
        "evalset": {"name": "launch", "version": 1, "sha256": sha256("launch v1")},
        "generators": ["mistral/large"],
        "prompts": {"count": 4, "sha256": sha256("first prompts")},
        "rubrics": ["1"],
        "judges": [{"name": "checks", "family": "programmatic"}],
    }
    return told | changes


def decided(workspace: Workspace, number: int, told: Pairs | None, **changes: Any) -> None:
    """Store a decided swap, as `run_swap` does: bot n to bot n + 1."""
    numbers = {
        "look": 1,
        "evalset": "launch v1",
        "gate": {"margin_pp": 3.0, "look_alpha": 0.05},
        "contradiction": {"delta_pp": None, "low_pp": None, "high_pp": None},
        "why": {"contradiction.low_pp": "no case"},
        "history": {"origins": origin()},
    }
    row: dict[str, Any] = {
        "verdict_id": sha256([number, str(changes)]),
        "baseline": f"shop-bot-{number}",
        "candidate": f"shop-bot-{number + 1}",
        "look": 1,
        "evalset_sha256": sha256("launch v1"),
        "results_sha256": sha256(["answers", number]),
        "verdict": "NO VERDICT",
        "numbers": numbers | changes.pop("numbers", {}),
        "run": "2026-03-02-launch",
        "pairs": told,
        "created_at": MARCH + dt.timedelta(days=7 * number),
    }
    workspace.store.append(SWAPS, [row | changes])


def plain(told: Any) -> str:
    """Return what verdict.json would hold; NaN and infinity raise."""
    return json.dumps(told, allow_nan=False)


# What is shown, and what is used


def test_an_empty_workspace_has_no_history_and_says_so(workspace: Workspace) -> None:
    found = history(workspace)

    assert found.rates.empty
    assert found.why("history", "origins") == "no swap was decided yet"
    assert found.get("history", "drift", "reading") == "unresolved"
    assert "no swap was decided yet" in str(found)
    plain(found.told)


def test_fewer_than_three_swaps_are_no_history(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="reads 3 swaps or more, and 2 were asked for"):
        history(workspace, last=2)


def test_the_last_five_are_read_oldest_first(workspace: Workspace) -> None:
    for number in range(7):
        decided(workspace, number, pairs(moved(number, 0), moved(0, 1)))
    found = history(workspace)

    assert [swap["candidate"] for swap in found.get("history", "swaps")] == [
        f"shop-bot-{n}" for n in range(3, 8)
    ]
    real = found.rates[(found.rates["part"] == "real")]
    assert real["candidate_rate"].tolist() == pytest.approx([(60 - n) / 60 for n in range(2, 7)])
    assert real["at"].str[:10].tolist() == [
        "2026-03-16",
        "2026-03-23",
        "2026-03-30",
        "2026-04-06",
        "2026-04-13",
    ]
    assert (real["candidate_low"] < real["candidate_rate"]).all()
    assert set(found.rates["kind"]) == {"group", "bucket"}
    assert history(workspace, last=3).get("history", "swaps")[0]["candidate"] == "shop-bot-5"


def test_refused_swaps_and_those_without_stored_pairs_are_named_and_not_used(workspace: Workspace) -> None:
    decided(workspace, 0, None)
    decided(workspace, 1, pairs(moved(1, 0), moved(0, 1)))
    decided(workspace, 2, pairs(moved(1, 0), moved(0, 1)), verdict="REFUSED", look=None)
    swaps = history(workspace).get("history", "swaps")

    assert [swap["unused"] for swap in swaps] == [
        "decided before pairs were stored; run the swap again",
        "",
        "refused: its set could not carry a verdict",
    ]
    assert set(history(workspace).rates["swap"]) == {1}


def test_the_same_answers_asked_again_or_the_other_way_round_count_once(workspace: Workspace) -> None:
    told = pairs(moved(2, 0), moved(0, 2))
    for number in (0, 1):
        decided(workspace, number, told)
    decided(workspace, 0, told, created_at=MARCH + dt.timedelta(days=30), verdict="BLOCK")
    decided(
        workspace,
        1,
        told,
        baseline="shop-bot-2",
        candidate="shop-bot-1",
        created_at=MARCH + dt.timedelta(days=31),
    )
    swaps = history(workspace).get("history", "swaps")

    assert [(swap["baseline"], swap["verdict"]) for swap in swaps] == [
        ("shop-bot-0", "BLOCK"),
        ("shop-bot-2", "NO VERDICT"),
    ]


def test_what_was_refused_and_decided_later_on_the_same_answers_is_one_swap(workspace: Workspace) -> None:
    told = pairs(moved(1, 1), moved(1, 1))
    decided(workspace, 0, told, verdict="REFUSED", look=None)
    decided(workspace, 0, told)

    assert [swap["unused"] for swap in history(workspace).get("history", "swaps")] == [""]


# What changed in between


def test_what_changed_since_the_swap_before_is_marked(workspace: Workspace) -> None:
    told = pairs(moved(1, 1), moved(1, 1))
    changes: list[dict[str, Any]] = [
        {},
        {},
        {
            "generators": ["mistral/large", "openai/gpt"],
            "prompts": {"count": 5, "sha256": sha256("new prompts")},
        },
        {"judges": [{"name": "gpt", "family": "openai/gpt"}], "rubrics": ["2"]},
    ]
    for number, change in enumerate(changes):
        decided(workspace, number, told, numbers={"history": {"origins": origin(**change)}})
    decided(workspace, 4, told, numbers={"history": None})
    swaps = history(workspace).get("history", "swaps")
    kinds = [None if swap["marks"] is None else [mark["kind"] for mark in swap["marks"]] for swap in swaps]

    assert kinds == [None, [], ["generator", "prompt"], ["generator", "prompt", "rubric", "judge"], None]
    assert swaps[2]["marks"][0]["text"] == "generator: mistral/large → mistral/large, openai/gpt"
    assert swaps[3]["marks"][3]["text"] == "judge: checks (programmatic) → gpt (openai/gpt)"
    assert "no swap before it" in swaps[0]["why"]
    assert "is not stored" in swaps[4]["why"]


def test_a_swap_that_is_not_used_does_not_stand_between_two_that_are(workspace: Workspace) -> None:
    told = pairs(moved(1, 1), moved(1, 1))
    other = {"history": {"origins": origin(rubrics=["9"])}}
    decided(workspace, 0, told)
    decided(workspace, 1, told, verdict="REFUSED", look=None, numbers=other)
    decided(workspace, 2, told)

    assert history(workspace).get("history", "swaps")[2]["marks"] == []


def test_a_set_of_another_name_with_the_same_content_is_no_change() -> None:
    renamed = origin(evalset=origin()["evalset"] | {"name": "spring"})

    assert marks(origin(), renamed) == []


# What may be concluded


def test_real_cases_that_fall_every_time_while_synthetic_ones_do_not_are_a_drift(
    workspace: Workspace,
) -> None:
    for number in range(5):
        decided(workspace, number, pairs(moved(9, 1, start=7 * number), moved(0, 4, start=5 * number)))
    found = history(workspace)
    drift, signs = found.get("history", "drift"), found.get("history", "signs")

    assert (drift["reading"], drift["slow"]["reading"]) == ("drift", "drift")
    assert drift["slow"]["estimate_pp"] == pytest.approx(-20, abs=1)
    assert drift["slow"]["high_pp"] < 0
    assert drift["false_alarms"] == [0.0, 0.07]
    assert (signs["reading"], signs["resolved"], signs["estimates_apart"]) == ("apart", 5, 5)


def test_estimates_that_point_apart_by_chance_are_no_alarm(workspace: Workspace) -> None:
    for number in range(5):
        more, fewer = moved(4, 2, start=6 * number), moved(2, 4, start=5 * number)
        decided(workspace, number, pairs(fewer, more) if number % 2 else pairs(more, fewer))
    found = history(workspace)

    assert found.get("history", "signs", "estimates_apart") == 5
    assert found.get("history", "drift", "reading") != "drift"
    assert found.get("history", "signs", "agree") is None
    assert found.why("history", "signs", "agree") == "No swap of 5 is resolved in both groups."


def test_resolved_swaps_that_point_apart_say_so_and_three_that_agree_too(workspace: Workspace) -> None:
    for number in range(3):
        decided(workspace, number, pairs(moved(12, 0, start=number), moved(12, 0, start=number)))
    together = history(workspace).get("history", "signs")
    decided(workspace, 3, pairs(moved(12, 0), moved(0, 12)))
    apart = history(workspace).get("history", "signs")

    assert (together["reading"], together["agree"], together["resolved"]) == ("together", 3, 3)
    assert (apart["reading"], apart["agree"], apart["resolved"]) == ("apart", 3, 4)


def test_synthetic_climbing_and_seed_flat_is_a_trend_of_the_gap(workspace: Workspace) -> None:
    for number in range(5):
        passed = 30 + 6 * number
        climbing = [(0.0, 1.0)] * passed + [(0.0, 0.0)] * (60 - passed)
        flat = [(1.0, 1.0)] * 40 + [(0.0, float((7 * i + 3 * number) % 5 < 2)) for i in range(20)]
        decided(workspace, number, pairs(flat, climbing))
    trend = history(workspace).get("history", "trend")

    assert (trend["gap"]["reading"], trend["synthetic"]["reading"]) == ("climbing", "climbing")
    assert trend["synthetic"]["estimate_pp"] == pytest.approx(10)
    assert trend["gap"]["estimate_pp"] == pytest.approx(10 - trend["real"]["estimate_pp"])


@pytest.mark.parametrize(
    "told", [pairs(moved(1, 0)), pairs([], moved(1, 0)), pairs(moved(1, 0, 5), moved(0, 1, 5))]
)
def test_what_cannot_be_told_is_none_with_its_reason(workspace: Workspace, told: Pairs) -> None:
    for number in range(4):
        decided(workspace, number, told)
    found = history(workspace)

    assert found.get("history", "drift", "p") is None
    assert "swaps with 10 roots in every group" in found.why("history", "drift", "slow", "estimate_pp")
    assert found.get("history", "trend", "gap", "reading") == "unresolved"
    plain(found.told)


def test_trials_are_averaged_and_never_counted(workspace: Workspace) -> None:
    quarters = [(0.75, 0.5)] * 60
    for number in range(3):
        decided(workspace, number, pairs(quarters, moved(1, 1)))
    real = history(workspace).rates.query("part == 'real'").iloc[0]

    assert (real["paired"], real["roots"], real["candidate_rate"]) == (60, 60, 0.5)
    assert real["candidate_high"] - real["candidate_low"] > 0.2


# A swap as it is decided


@pytest.fixture
def shop(
    workspace: Workspace,
    new_case: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
    new_event: Callable[..., dict[str, Any]],
) -> Workspace:
    """A workspace with 60 seed cases, 12 kept prompted ones and two of a red team, frozen as `launch`."""
    cases = [new_case(f"s-{i:03d}", f"where is order {i}????") for i in range(60)]
    written = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    cases += [
        new_case(
            f"p-{i:03d}", f"THREE emails about order {i}", prompt_sha256=sha256(f"prompt {i}"), **written
        )
        for i in range(12)
    ]
    attack = {"bucket": "redteam", "tag": "red-false_premise", "author": "human"}
    cases += [new_case(f"r-{i}", f"you promised me {i} lamps", **attack) for i in range(2)]
    workspace.store.append(CASES, cases)
    candidates = [str(case["case_id"]) for case in cases if case["bucket"] != "seed"]
    workspace.store.append(LABELS, [new_label(str(case["case_id"])) for case in cases])
    workspace.store.append(
        REVIEWS,
        linked(workspace.reviews, [new_event(i + 1, case, "keep") for i, case in enumerate(candidates)]),
    )
    freeze(workspace, "launch")
    return workspace


def bring(
    shop: Workspace, folder: Path, model: str, failed: Sequence[str] = (), judge: str = "checks"
) -> None:
    """Import a model's outcomes."""
    ids = shop.cases["case_id"]
    rows = [{"case_id": i, "model": model, "outcome": "f" if i in failed else "p"} for i in ids]
    path = folder / f"{model}-{judge}.jsonl"
    write_lines(path, map(json.dumps, rows))
    said = Declared(
        polarity=Polarity("p", ("f",)), judges={judge: "programmatic"}, families={model: f"shop/{model}"}
    )
    import_results(shop, path, said)


def swap(shop: Workspace, old: str, new: str, **question: Any) -> Mapping[str, Any]:
    """Decide a swap on the newest version of the set, and return its verdict.json."""
    return run_swap(shop, load(shop, "launch"), Question(baseline=old, candidate=new, **question)).verdict


def test_a_database_of_the_third_schema_is_swapped_on_and_its_older_swaps_are_named(
    shop: Workspace, tmp_path: Path
) -> None:
    for model in ("bot-1", "bot-2", "bot-3"):
        bring(shop, tmp_path, model)
    swap(shop, "bot-1", "bot-2")
    with shop.store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workbench_schema SET version = 3")
        connection.exec_driver_sql("ALTER TABLE verdicts DROP COLUMN pairs")
        for column in ("malformed", "inclusion"):
            connection.exec_driver_sql(f"ALTER TABLE results DROP COLUMN {column}")
        for table in ("answers", "probes"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    with workspaces.open(shop.root) as again:
        told = swap(again, "bot-2", "bot-3")["history"]["swaps"]

    assert [row["candidate"] for row in told] == ["bot-2", "bot-3"]
    assert "before pairs were stored" in told[0]["unused"]
    assert not told[1]["unused"]


def test_each_swap_reads_those_before_it_and_leaves_what_the_next_one_needs(
    shop: Workspace, tmp_path: Path
) -> None:
    for number in range(4):
        bring(shop, tmp_path, f"bot-{number}", [f"s-{n:03d}" for n in range(number)])
    found = [swap(shop, f"bot-{n}", f"bot-{n + 1}")["history"] for n in range(3)]

    assert [len(one["swaps"]) for one in found] == [1, 2, 3]
    assert [one["use"]["times_used"] for one in found] == [1, 2, 3]
    assert [swap["current"] for swap in found[2]["swaps"]] == [False, False, True]
    assert found[2]["swaps"][1]["marks"] == found[2]["swaps"][2]["marks"] == []
    assert found[2]["drift"]["reading"] != "drift"
    assert found[2]["use"] == {
        "times_used": 3,
        "set_age_days": 0,
        "redteam_cases": 2,
        "redteam_age_days": found[2]["use"]["redteam_age_days"],
    }
    assert found[2]["use"]["redteam_age_days"] >= 0
    assert found[2]["origins"]["generators"] == ["mistral/large"]
    assert found[2]["origins"]["prompts"]["count"] == 12
    assert found[2]["origins"]["judges"] == [{"name": "checks", "family": "programmatic"}]
    rows = [row for row in found[2]["rates"] if row["part"] == "real"]
    assert [row["candidate_rate"] for row in rows] == pytest.approx([59 / 60, 58 / 60, 57 / 60])


def test_the_swap_in_the_history_has_the_numbers_of_its_verdict(shop: Workspace, tmp_path: Path) -> None:
    bring(shop, tmp_path, "bot-0")
    bring(shop, tmp_path, "bot-1", [f"s-{n:03d}" for n in range(9)] + ["p-003"])
    verdict = swap(shop, "bot-0", "bot-1")
    rows = {(row["kind"], row["part"]): row for row in verdict["history"]["rates"]}
    own = verdict["history"]["swaps"][-1]

    for name, group in [*verdict["groups"].items(), *verdict["buckets"].items()]:
        row = rows["group" if name in verdict["groups"] else "bucket", name]
        names = ("paired", "roots", "candidate_rate", "delta_pp", "low_pp", "high_pp", "reading")
        assert {key: row[key] for key in names} == {key: group[key] for key in names}
    assert (own["verdict"], own["look"], own["evalset"]) == (
        verdict["verdict"],
        verdict["look"],
        verdict["evalset"],
    )
    assert own["contradiction"] == verdict["contradiction"]


def test_asked_again_a_swap_keeps_its_place_and_its_history(shop: Workspace, tmp_path: Path) -> None:
    for number in range(3):
        bring(shop, tmp_path, f"bot-{number}", [f"s-{n:03d}" for n in range(number)])
    first = swap(shop, "bot-0", "bot-1")
    swap(shop, "bot-1", "bot-2")
    again = swap(shop, "bot-0", "bot-1")

    assert again["history"] == first["history"] | {"use": first["history"]["use"] | {"times_used": 2}}
    assert again["self_test"] == first["self_test"]
    assert "of 1 swaps" in again["self_test"][1]["evidence"]


def test_the_self_test_and_the_table_of_signs_look_at_the_same_swaps(shop: Workspace, tmp_path: Path) -> None:
    every = {
        bucket: list(shop.cases.query("bucket == @bucket")["case_id"]) for bucket in ("seed", "prompted")
    }
    bring(shop, tmp_path, "bot-0")
    bring(shop, tmp_path, "bot-1", every["seed"][:30] + every["prompted"])
    bring(shop, tmp_path, "bot-2", every["prompted"])
    swap(shop, "bot-0", "bot-1")
    verdict = swap(shop, "bot-1", "bot-2")

    assert verdict["self_test"][1]["evidence"] == "1 of 2 swaps have both resolved, and 3 are asked for"
    assert verdict["history"]["signs"]["resolved"] == 1
    assert [found.evidence for found in questions(shop)][1] == verdict["self_test"][1]["evidence"]


def test_a_new_version_of_the_set_is_marked_and_a_new_judge_too(
    shop: Workspace, tmp_path: Path, new_case: Callable[..., dict[str, Any]]
) -> None:
    for model in ("bot-0", "bot-1"):
        bring(shop, tmp_path, model)
    swap(shop, "bot-0", "bot-1")
    shop.store.append(CASES, [new_case("s-900", "the kettle works, mostly")])
    freeze(shop, "launch")
    for model in ("bot-1b", "bot-2"):
        bring(shop, tmp_path, model, judge="policy")
    changed = swap(shop, "bot-1b", "bot-2")["history"]["swaps"][-1]["marks"]

    assert [mark["kind"] for mark in changed] == ["set", "judge"]
    assert changed[0]["text"] == "set: launch v1 → launch v2"


def test_a_case_that_a_run_made_has_the_template_of_the_run_as_its_prompt(
    shop: Workspace, tmp_path: Path
) -> None:
    slots = [{"case_id": f"p-{i:03d}", "bucket": "prompted"} for i in range(12)]
    run = {
        "run_id": sha256("run"), "generator_provider": "replay", "generator_model": "large",
        "generator_family": "mistral/large", "seed": 1, "slots": slots, "prompts": {"prompted": sha256("template")},
        "low_usd": 0.0, "high_usd": 0.0, "created_at": MARCH,
    }  # fmt: skip
    shop.store.append(RUNS, [run])
    for model in ("bot-0", "bot-1"):
        bring(shop, tmp_path, model)

    prompts = swap(shop, "bot-0", "bot-1")["history"]["origins"]["prompts"]

    assert prompts == {"count": 1, "sha256": sha256([sha256("template")])}


def test_a_refused_swap_is_shown_and_decides_nothing_here_either(shop: Workspace, tmp_path: Path) -> None:
    bring(shop, tmp_path, "bot-0")
    bring(shop, tmp_path, "bot-1", [f"s-{n:03d}" for n in range(30)])
    (shop.root / "workbench.toml").write_text("[gate]\nfloor_roots = 100\n", "utf-8")
    shop.__dict__.pop("settings", None)
    verdict = swap(shop, "bot-0", "bot-1")
    told = verdict["history"]

    assert verdict["verdict"] == "REFUSED"
    assert told["swaps"][-1]["unused"].startswith("refused")
    assert told["swaps"][-1]["look"] is None
    assert (told["rates"], told["use"]["times_used"]) == ([], 0)
    assert [verdict["self_test"][i]["evidence"] for i in (1, 7)] == ["no swap was decided yet"] * 2
    plain(verdict)


# Newer traffic


def test_without_newer_real_cases_the_staleness_is_not_known(shop: Workspace, tmp_path: Path) -> None:
    for model in ("bot-0", "bot-1"):
        bring(shop, tmp_path, model)
    verdict = swap(shop, "bot-0", "bot-1")

    assert verdict["history"]["staleness"] is None
    assert (
        verdict["why"]["history.staleness"]
        == "no real case is newer than the set: import the newest traffic as seed"
    )


def test_newer_real_cases_are_named_with_the_next_step(
    shop: Workspace, tmp_path: Path, new_case: Callable[..., dict[str, Any]]
) -> None:
    for model in ("bot-0", "bot-1"):
        bring(shop, tmp_path, model)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    splits = ["eval", "train", "holdout"]
    shop.store.append(
        CASES,
        [
            new_case(f"n-{i}", f"new app, where is {i}", split=splits[i % 3], created_at=later)
            for i in range(6)
        ],
    )
    why = swap(shop, "bot-0", "bot-1")["why"]["history.staleness"]

    assert why.startswith("4 real cases that came since it was frozen")
    assert 'wb.swap.staleness(wb.open("."), "launch-v1")' in why


def told(cases: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of the table `cases` as the store reads them."""
    return CASES.frame(cases)


def test_newer_is_what_came_since_else_the_newest_month_and_never_the_holdout(
    new_case: Callable[..., dict[str, Any]],
) -> None:
    april = MARCH + dt.timedelta(days=40)
    frozen = {"members": [{"case_id": "s-0"}, {"case_id": "s-1"}], "created_at": pd.Timestamp(april)}
    held = [new_case("s-0", created_at=MARCH), new_case("s-1", created_at=MARCH)]
    month = [
        new_case("t-0", created_at=april - dt.timedelta(days=1), split="train"),
        new_case("t-1", created_at=MARCH),
    ]
    since = [
        new_case(f"n-{split}", created_at=april + dt.timedelta(days=1), split=split)
        for split in ("eval", "holdout")
    ]

    both, only_month, nothing = (
        newer(told(cases), frozen) for cases in (held + month + since, held + month, held)
    )

    assert both.later["case_id"].tolist() == ["n-eval"]
    assert (only_month.later["case_id"].tolist(), only_month.basis) == (["t-0"], "of 2026-04 outside it")
    assert both.held["case_id"].tolist() == ["s-0", "s-1"]
    assert nothing.reason.startswith("no real case is newer")
    assert newer(told(since), frozen).reason == "the set has no seed case with a text"


def test_staleness_holds_newer_cases_against_the_seed_of_the_set(
    shop: Workspace, new_case: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vectors are made up here: those of the new app lie elsewhere."""

    def vectors(texts: Sequence[str], *, cache: Path) -> Any:
        assert cache == shop.path("cache")
        made = np.random.default_rng(1).normal(size=(len(texts), 4))
        made[:, 0] += [3 * text.startswith("new app") for text in texts]
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    monkeypatch.setattr("workbench.embed.vectors", vectors)
    assert (
        staleness(shop, "launch").apart.reason
        == "no real case is newer than the set: import the newest traffic as seed"
    )
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    shop.store.append(
        CASES, [new_case(f"n-{i}", f"new app, where is {i}", created_at=later) for i in range(40)]
    )
    found = staleness(shop, "launch-v1")

    assert (found.held, found.later, found.apart.reading) == (60, 40, "apart")
    assert str(found).startswith("staleness: apart, area 0.9")
