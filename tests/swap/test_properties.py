"""What holds of any table that passes the checks: the verdict never improves when the candidate does worse.

*Improves* means from BLOCK or REFUSED to NO VERDICT or SHIP, or from NO VERDICT to SHIP, at the same look and
gate. One result row changes at a time, of any case, whatever its trials and whoever shares its root:

- in a real case, a pass of the candidate becomes a fail or goes missing, or a fail of the baseline becomes a
  pass or goes missing: the verdict does not improve;
- in any other case the same: the swap does not become a SHIP;
- in a real case any row at all goes missing, a fail of the candidate too, and no other real case lacks an
  outcome: the swap does not become a SHIP. It may cease to be a BLOCK, as evidence of harm is gone.

*Missing* is an error, an unscored row, or no row where the other model has one: a trial that neither has
leaves no trace in the table. Where a pass goes missing a group may lose a degree of freedom; what that alone
could change lies under what these draws find. The last test pins what does not hold, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from workbench.swap.evidence import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

RANK = {"REFUSED": 0, "BLOCK": 0, "NO VERDICT": 1, "SHIP": 2}
BASELINE, CANDIDATE = "shop-bot-2", "shop-bot-3"
MISSING = ["error", "unscored", None]

many = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


class Change(NamedTuple):
    """One row of one model, and what it becomes; None is no row."""

    model: str
    was: str
    becomes: str | None


worse = [
    *(Change(CANDIDATE, "pass", one) for one in ("fail", *MISSING)),
    *(Change(BASELINE, "fail", one) for one in ("pass", *MISSING)),
]
gone = [
    Change(model, was, one) for model in (BASELINE, CANDIDATE) for was in ("pass", "fail") for one in MISSING
]

trials = st.sampled_from([1, 1, 2, 3, 5])


@st.composite
def groups(draw: st.DrawFn, names: list[str]) -> dict[str, dict[str, int]]:
    """Cases of some groups: most pass twice, some are lost or gained wholly or in a trial, some lack an answer."""
    spec = {}
    for name in names:
        k = draw(trials)
        passed, failed = "p" * k, "f" * k
        wobbly = "p" * (k - 1) + "f"
        counts = {
            f"{passed}/{passed}": draw(st.integers(0, 260)),
            f"{failed}/{failed}": draw(st.integers(0, 20)),
            f"{passed}/{failed}": draw(st.integers(0, 12)),
            f"{failed}/{passed}": draw(st.integers(0, 8)),
            f"{passed}/{wobbly}": draw(st.integers(0, 15)),
            f"{wobbly}/{passed}": draw(st.integers(0, 8)),
            f"{passed}/{'e' * k}": draw(st.sampled_from([0, 0, 1, 6])),
            f"{failed}/{'u' * k}": draw(st.sampled_from([0, 0, 9])),
            f"{passed}/{'p' * (k - 1) or '-'}": draw(st.sampled_from([0, 0, 2])),
        }
        spec[name] = {case: counts[case] for case in counts if counts[case]}
    return spec


real = groups(["real"]).filter(lambda spec: sum(spec["real"].values()) >= 50)
others = st.lists(st.sampled_from(["prompted", "mutation", "golden", "redteam"]), unique=True, max_size=2)
sharing = st.fixed_dictionaries(
    {
        "real": st.sampled_from([1, 1, 1, 2, 5]),
        "prompted": st.sampled_from([1, 3]),
        "mutation": st.sampled_from([1, 5, 20]),
        "golden": st.sampled_from([1, 2]),
    }
)
gates = st.builds(
    Gate, st.sampled_from([1.0, 3.0, 5.0]), st.sampled_from([0.05, 0.1]), st.sampled_from([10, 50])
)
looks = st.integers(1, 3)


def joined(frame: pd.DataFrame, links: int) -> pd.DataFrame:
    """Let the first real cases, and the first of another group, share one root."""
    frame["root_id"] = [
        frame["root_id"].iloc[0] if i <= links or name.endswith("-0003") else root
        for i, (name, root) in enumerate(zip(frame["case_id"], frame["root_id"], strict=True))
    ]
    return frame


def changed(results: pd.DataFrame, change: Change, rows: pd.Index[Any], which: int) -> pd.DataFrame:
    row = rows[which % len(rows)]
    if change.becomes is None:
        return results.drop(index=row)
    after = results.copy()
    after.loc[row, "outcome"] = change.becomes
    return after


def outcomes(made: Any, change: Change, *, real: bool) -> pd.Index[Any]:
    """The rows that a change can befall; none where the other model has fewer trials of the case."""
    rows = made.results
    asked = rows.pivot_table(index="case_id", columns="model", values="trial", aggfunc="size", fill_value=0)
    other = BASELINE if change.model == CANDIDATE else CANDIDATE
    even = asked.index[asked[other] >= asked[change.model]]
    found = rows[
        (rows["model"] == change.model) & (rows["outcome"] == change.was) & rows["case_id"].isin(even)
    ]
    return found.index[found["case_id"].str.startswith("real") == real]


@pytest.fixture(scope="session")
def twice(table: Callable[..., Any], decided: Callable[..., Any]) -> Callable[..., tuple[str, str]]:
    """Decide a table before and after a change of one row."""

    def run(
        spec: dict[str, dict[str, int]],
        change: Change,
        which: int,
        *,
        real: bool,
        per_root: dict[str, int],
        links: int,
        must_hold: int,
        gate: Gate,
        look: int,
    ) -> tuple[str, str]:
        made = table(spec, cases_per_root=per_root)
        rows = outcomes(made, change, real=real)
        assume(len(rows))
        verdicts = []
        for results in (made.results, changed(made.results, change, rows, which)):
            frame = joined(made._replace(results=results).paired(), links)
            frame.loc[frame.index[-must_hold:] if must_hold else [], "must_hold"] = True
            verdicts.append(decided(frame, gate=gate, look=look).verdict)
        return verdicts[0], verdicts[1]

    return run


surroundings = {
    "which": st.integers(0, 10_000),
    "per_root": sharing,
    "links": st.sampled_from([0, 0, 1, 4, 30]),
    "must_hold": st.integers(0, 4),
    "gate": gates,
    "look": looks,
}
complete = real.map(
    lambda spec: {
        "real": {
            case: count
            for case, count in spec["real"].items()
            if not set(case) & set("eu-") and len(set(map(len, case.split("/")))) == 1
        }
    }
)
both = st.builds(lambda seed, rest: seed | rest, real, others.flatmap(groups))


@many
@given(spec=real, change=st.sampled_from(worse), **surroundings)
def test_the_verdict_never_improves_when_the_candidate_does_worse_on_a_real_case(
    twice: Callable[..., tuple[str, str]], **drawn: Any
) -> None:
    before, after = twice(drawn.pop("spec"), drawn.pop("change"), drawn.pop("which"), real=True, **drawn)

    assert RANK[after] <= RANK[before], (before, after)


@many
@given(spec=both, change=st.sampled_from(worse), **surroundings)
def test_a_swap_never_becomes_a_ship_when_the_candidate_does_worse_on_any_other_case(
    twice: Callable[..., tuple[str, str]], **drawn: Any
) -> None:
    before, after = twice(drawn.pop("spec"), drawn.pop("change"), drawn.pop("which"), real=False, **drawn)

    assert after != "SHIP" or before == "SHIP"


@many
@given(spec=complete, change=st.sampled_from(gone), **surroundings)
def test_a_swap_never_becomes_a_ship_when_the_first_real_row_goes_missing(
    twice: Callable[..., tuple[str, str]], **drawn: Any
) -> None:
    before, after = twice(drawn.pop("spec"), drawn.pop("change"), drawn.pop("which"), real=True, **drawn)

    assert after != "SHIP" or before == "SHIP"


def mirrored(part: Any) -> tuple[Any, ...]:
    def minus(number: float | None) -> float | None:
        return None if number is None else -number

    rates = part.candidate_rate, part.baseline_rate
    return (*rates, part.gained, part.lost, minus(part.delta_pp), minus(part.high_pp), minus(part.low_pp))


@many
@given(spec=both, per_root=sharing, links=st.sampled_from([0, 1, 30]), gate=gates)
def test_exchanging_the_models_mirrors_every_number(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    links: int,
    gate: Gate,
) -> None:
    made = table(spec, cases_per_root=per_root)
    exchanged = made.results.replace({"model": {BASELINE: CANDIDATE, CANDIDATE: BASELINE}})
    one, other = (
        decided(joined(made._replace(results=rows).paired(), links), gate=gate)
        for rows in (made.results, exchanged)
    )

    for name, part in one.evidence.groups.items():
        turned = other.evidence.groups[name]
        told = (turned.baseline_rate, turned.candidate_rate, turned.lost, turned.gained)
        told += (turned.delta_pp, turned.low_pp, turned.high_pp)
        assert mirrored(part) == pytest.approx(told, abs=1e-9)
        assert (part.p_midp, part.deff, part.paired, part.roots) == pytest.approx(
            (turned.p_midp, turned.deff, turned.paired, turned.roots)
        )
        assert {part.reading, turned.reading} not in ({"worse"}, {"better"})
    assert not one.verdict == other.verdict == "BLOCK" or "redteam" in spec


@many
@given(spec=both, per_root=sharing, links=st.sampled_from([0, 1, 30]), seed=st.integers(0, 99))
def test_the_order_of_cases_and_rows_changes_nothing(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    spec: dict[str, dict[str, int]],
    per_root: dict[str, int],
    links: int,
    seed: int,
) -> None:
    made = table(spec, cases_per_root=per_root)
    root = joined(made.paired(), links).set_index("case_id")["root_id"]
    made.members["root_id"] = made.members["case_id"].map(root).astype("str")
    turned = made._replace(
        members=made.members.sample(frac=1, random_state=seed),
        results=made.results.sample(frac=1, random_state=seed),
    )
    one, other = decided(made.paired()), decided(turned.paired())

    assert one.codes == other.codes
    for name, part in one.evidence.groups.items():
        found, again = part.as_json(), other.evidence.groups[name].as_json()
        numbers = [name for name, value in found.items() if isinstance(value, float)]
        assert {name: found[name] for name in numbers} == pytest.approx(
            {name: again[name] for name in numbers}
        )
        assert found.keys() - numbers == again.keys() - numbers
        assert all(found[name] == again[name] for name in found.keys() - numbers)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The one loss moves from the complete pairs to the bound; the bound also has 10 cases that cannot be lost.
        ({"real": {"p/p": 180, "p/f": 1, "f/e": 10}}, {"real": {"p/p": 180, "p/e": 1, "f/e": 10}}),
        # The other groups are read on complete pairs alone; verdict.json has their bounds under missing_bounds.
        (
            {"real": {"p/p": 184}, "golden": {"p/p": 16, "p/f": 4}},
            {"real": {"p/p": 184}, "golden": {"p/p": 16, "p/f": 3, "p/e": 1}},
        ),
    ],
    ids=["a loss among real cases without a score", "a loss of another group"],
)
def test_a_fail_that_goes_missing_can_leave_a_ship_behind(
    table: Callable[..., Any],
    decided: Callable[..., Any],
    before: dict[str, dict[str, int]],
    after: dict[str, dict[str, int]],
) -> None:
    """A known limit of the rule: an outcome that nobody has is no evidence of harm."""
    assert [decided(table(one).paired()).verdict for one in (before, after)] == ["NO VERDICT", "SHIP"]
