"""Any table that passes the checks comes to a verdict: no traceback, no NaN, no 0 that stands for nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from workbench.provenance import UNKNOWN, UNRELATED
from workbench.swap.record import Facts, verdict_json, verdict_md
from workbench.swap.self_test import self_test
from workbench.swap.verdict import EXIT_CODES, Families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

RANK = {"BLOCK": 0, "NO VERDICT": 1, "SHIP": 2}
"""From the verdict that a candidate likes least to the one that it likes most."""

some = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)

trials = st.text("ppffeu", min_size=1, max_size=5) | st.just("-")
cases = st.builds("{}/{}".format, trials, trials)
common = st.sampled_from(["p/p", "p/p", "p/f", "f/p", "f/f", "p/e", "-/p", "ppp/ppf", "ppppp/fffff"])
counts = st.dictionaries(common | cases, st.integers(1, 40), max_size=4)
real = counts | st.fixed_dictionaries(
    {"p/p": st.integers(40, 240), "p/f": st.integers(0, 9), "f/p": st.integers(0, 9)}
)
buckets = st.sampled_from(["prompted", "persona", "mutation", "golden", "redteam"])
specs = st.builds(
    lambda seed, others: {"real": seed} | others, real, st.dictionaries(buckets, counts, max_size=4)
)
sharing = st.dictionaries(buckets | st.just("real"), st.sampled_from([1, 1, 2, 3, 7, 1000]), max_size=6)
lineage = st.sampled_from(
    [*sorted(UNRELATED), UNKNOWN, "mistral/large", "mistral/small", "openai/gpt", "anthropic/opus"]
)
lineages = st.builds(
    Families,
    st.dictionaries(lineage, st.just(("demo-p1",)), max_size=2),
    st.lists(lineage, min_size=1, max_size=2).map(tuple),
    lineage,
    lineage,
)
flags = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(1, 5) for name in ("must_hold", "origin_missing", "content_changed", "reviewed")
    },
)


def flagged(frame: pd.DataFrame, flags: dict[str, int], *, relatives: int = 0) -> pd.DataFrame:
    """Set flags on the first cases, cells on all, and give the last cases the roots of the first."""
    for flag, count in flags.items():
        frame.loc[frame.index[:count], flag] = flag != "reviewed"
    frame["cell"] = [("angry/late", "polite/late", None)[i % 3] for i in range(len(frame))]
    if relatives and len(frame):
        roots = frame["root_id"].tolist()
        frame["root_id"] = roots[: max(1, len(roots) - relatives)] + roots[: min(relatives, len(roots) - 1)]
    return frame


def recorded(found: Any) -> dict[str, Any]:
    """Return verdict.json of what a swap came to."""
    refused = found.verdict == "REFUSED"
    facts = Facts(
        baseline="shop-bot-2",
        candidate="shop-bot-3",
        evalset="launch v1",
        evalset_sha256="a" * 64,
        results_sha256="b" * 64,
        look=None if refused else 1,
        alpha=found.alpha,
        demo=False,
        everything=False,
        joined_by_id_only=0,
        label_kinds={},
        reconciled=(),
        self_test=self_test(
            untagged=found.evidence.origin_missing,
            tags=found.frame["tag"].value_counts().to_dict(),
            history=[{name: group.reading for name, group in found.evidence.groups.items()}],
            families=found.evidence.families,
        ),
    )
    return verdict_json(facts, found.gate, found.decision, found.evidence, found.numbers)


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """The dotted paths of every null outside `why`."""
    if isinstance(value, dict):
        for name, part in value.items():
            if (path, name) != ("", "why"):
                yield from nulls(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from nulls(part, f"{path}[{i}]")
    elif value is None:
        yield path


@some
@given(
    spec=specs,
    per_root=sharing,
    relatives=st.integers(0, 30),
    flags=flags,
    families=lineages,
    look=st.integers(1, 4),
)
def test_any_table_comes_to_a_verdict_that_says_what_it_lacks(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    relatives: int,
    flags: dict[str, int],
    families: Families,
    look: int,
) -> None:
    frame = flagged(table(spec, cases_per_root=per_root).paired(), flags, relatives=relatives)
    found = decided(frame, families=families, look=look)
    verdict = recorded(found)
    written = json.loads(json.dumps(verdict, allow_nan=False))
    summary = verdict_md(written)

    assert written == verdict
    assert verdict["verdict"] in EXIT_CODES
    assert verdict["reasons"]
    assert verdict["next_action"]
    assert set(nulls(verdict)) <= set(verdict["why"])
    assert all(verdict["why"].values())
    assert not re.search(r"\b(nan|None|null)\b", summary, re.IGNORECASE)


@some
@given(spec=specs, per_root=sharing, relatives=st.integers(0, 30), look=st.integers(1, 3))
def test_the_numbers_of_any_table_fit_together(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    relatives: int,
    look: int,
) -> None:
    """No 0 stands for nothing: a rate or difference is there exactly when a pair is."""
    frame = flagged(table(spec, cases_per_root=per_root).paired(), {}, relatives=relatives)
    found = decided(frame, look=look)
    verdict = recorded(found)

    assert sum(part["cases"] for part in verdict["groups"].values()) == len(frame)
    assert sum(part["cases"] for part in verdict["buckets"].values()) == len(frame)
    for part in (*verdict["groups"].values(), *verdict["buckets"].values()):
        assert part["roots"] <= part["paired"] <= part["cases"]
        assert part["lost"] + part["gained"] <= part["paired"] + 1e-9
        for name in ("baseline_rate", "candidate_rate", "delta_pp"):
            assert (part[name] is None) is (part["paired"] == 0)
        assert (part["low_pp"] is None) is (part["high_pp"] is None) is (part["roots"] < 10)
        if part["paired"]:
            change = part["gained"] - part["lost"]
            assert part["delta_pp"] == pytest.approx(100 * change / part["paired"], abs=1e-9)
            assert part["delta_pp"] == pytest.approx(
                100 * (part["candidate_rate"] - part["baseline_rate"]), abs=1e-9
            )
        if part["low_pp"] is not None:
            assert -100 <= part["low_pp"] <= part["delta_pp"] + 1e-9
            assert part["delta_pp"] - 1e-9 <= part["high_pp"] <= 100
        else:
            assert part["reading"] == "unresolved"
    if verdict["excluded_harm_pp"] == 0:
        assert "any harm is excluded" in verdict["why"]["excluded_harm_pp"]
    if verdict["real_worst_low_pp"] is not None and verdict["groups"]["real"]["paired"] == len(
        frame.query("group == 'real'")
    ):
        assert verdict["real_worst_low_pp"] <= verdict["groups"]["real"]["low_pp"] + 1e-9
    for row in verdict["operating_characteristics"]:
        assert row["ship"] + row["block"] + row["no_verdict"] == pytest.approx(1)


@some
@given(spec=specs, per_root=sharing, which=st.integers(0, 10_000))
def test_the_verdict_never_improves_when_the_candidate_fails_a_real_case_that_it_passed(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    which: int,
) -> None:
    """Whoever shares a root: what decides measures no correlation. More such changes: test_properties."""
    made = table(spec, cases_per_root=per_root)
    passed = made.results.query(
        "model == 'shop-bot-3' and outcome == 'pass' and case_id.str.startswith('real')"
    ).index
    assume(len(passed) > 0)
    worse = made.results.copy()
    worse.loc[passed[which % len(passed)], "outcome"] = "fail"
    before, after = (
        decided(flagged(made._replace(results=results).paired(), {"must_hold": 3}))
        for results in (made.results, worse)
    )

    assert (after.verdict == "REFUSED") is (before.verdict == "REFUSED")
    if before.verdict != "REFUSED":
        assert RANK[after.verdict] <= RANK[before.verdict]


@some
@given(spec=specs, per_root=sharing, relatives=st.integers(0, 30))
def test_synthetic_cases_alone_never_ship_and_never_block(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    relatives: int,
) -> None:
    """Take them out of a set: a SHIP stays a SHIP, a BLOCK stays a BLOCK, and nothing becomes a BLOCK."""
    frame = flagged(table(spec, cases_per_root=per_root).paired(), {}, relatives=relatives)
    joined = decided(frame)
    alone = decided(frame[frame["group"] != "synthetic"].copy())

    assert (joined.verdict == "BLOCK") is (alone.verdict == "BLOCK")
    assert (joined.verdict == "REFUSED") is (alone.verdict == "REFUSED")
    if joined.verdict == "SHIP":
        assert alone.verdict == "SHIP"


def test_one_lost_case_more_and_one_gained_case_less_never_help(
    table: Callable[..., Any], decided: Callable[..., Any]
) -> None:
    """184 real cases, over every edge between SHIP, NO VERDICT and BLOCK."""
    seen = {
        (lost, gained): decided(
            table({"real": {"p/f": lost, "f/p": gained, "p/p": 184 - lost - gained}}).paired()
        ).verdict
        for lost in range(9)
        for gained in range(7)
    }

    assert set(seen.values()) == set(RANK)
    for (lost, gained), verdict in seen.items():
        for worse in ((lost + 1, gained), (lost, gained - 1)):
            assert worse not in seen or RANK[seen[worse]] <= RANK[verdict]
