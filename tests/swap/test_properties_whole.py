"""Any workspace, from its cases and results to verdict.json: whole, with nothing that stands for nothing."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from workbench import workspace as workspaces
from workbench.chain import linked
from workbench.evalset import freeze
from workbench.files import write_lines
from workbench.swap import Declared, Polarity, Question, Swap, import_results, run_swap
from workbench.swap.verdict import EXIT_CODES
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

BASELINE, CANDIDATE = "shop-bot-2", "shop-bot-3"
LETTERS = {"p": "p", "f": "f", "e": "error", "u": ""}
TAGS = {
    "seed": "prod",
    "prompted": "synth-angry",
    "mutation": "mut-typo",
    "golden": "golden",
    "redteam": "red-x",
}
REASONS = ("why", "reason")
SHARES = {
    "p_midp",
    "p_worse",
    "p_better",
    "p_worse_than_margin",
    "ship",
    "block",
    "no_verdict",
    "discordance",
    "rate",
}
_runs = itertools.count(1)

few = settings(
    max_examples=6, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip

answers = st.sampled_from(
    ["p/p", "p/p", "p/p", "p/f", "f/p", "f/f", "ppp/ppf", "ppp/fff", "p/e", "u/p", "p/-", "-/-"]
)
counts = st.lists(answers, max_size=4).flatmap(
    lambda kinds: st.fixed_dictionaries({kind: st.integers(1, 45) for kind in kinds})
)
tables = st.fixed_dictionaries(
    {"seed": st.fixed_dictionaries({"p/p": st.integers(1, 150)}) | counts.filter(bool)},
    optional=dict.fromkeys(("prompted", "mutation", "golden", "redteam"), counts),
)


def nulls(value: Any, path: str, why: dict[str, str]) -> Iterator[str]:
    """The paths of nulls without a reason: neither their own, nor of what they are a part of, nor of their row."""
    if value is None and not any(path == told or path.startswith((f"{told}.", f"{told}[")) for told in why):
        yield path
    elif isinstance(value, dict):
        if not any(value.get(name) for name in REASONS):
            for name, part in value.items():
                yield from nulls(part, f"{path}.{name}" if path else name, why)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from nulls(part, f"{path}[{i}]", why)


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from numbers(part, f"{path}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part, f"{path}[]")
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield path, value


def intervals(value: Any) -> Iterator[tuple[float, float, float]]:
    """Every low and high with the estimate between them, wherever they stand side by side."""
    if isinstance(value, dict):
        for name in value:
            for low, high in (("low", "high"), ("low_pp", "high_pp")):
                if name.endswith(low) and (ahead := name.removesuffix(low)) + high in value:
                    end = value[ahead + high]
                    if value[name] is not None and end is not None:
                        middles = [
                            f"{ahead}{one}"
                            for one in (
                                "value",
                                "delta_pp",
                                "rate",
                                "estimate",
                                "pp",
                                "difference_pp",
                                "gap_pp",
                            )
                        ]
                        middle = next(
                            (value[one] for one in middles if value.get(one) is not None), value[name]
                        )
                        yield value[name], middle, end
        yield from itertools.chain.from_iterable(intervals(part) for part in value.values())
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(intervals, value))


class Shop:
    """A new workspace with some cases and both models' outcomes on them."""

    def __init__(
        self,
        folder: Any,
        table: dict[str, dict[str, int]],
        *,
        new_case: Callable[..., dict[str, Any]],
        new_label: Callable[..., dict[str, Any]],
        new_event: Callable[..., dict[str, Any]],
        parents: int,
    ) -> None:
        self.folder, self.rows = folder, []
        self.workspace = workspaces.init(folder / "shop")
        cases = []
        for bucket, kinds in table.items():
            letters = [kind for kind, count in kinds.items() for _ in range(count)]
            for i, kind in enumerate(letters):
                case = f"{bucket}-{i:03d}"
                root = f"seed-{i % parents:03d}" if bucket == "mutation" and parents else case
                cases.append(
                    new_case(case, f"{case}: where is it????", bucket=bucket, tag=TAGS[bucket], root_id=root)
                    | {"generator_family": "mistral/large" if bucket in {"prompted", "mutation"} else None}
                    | {"must_hold": bucket == "redteam", "cell": "angry/late" if i % 2 else None}
                )
                self.rows += [
                    {"case_id": case, "model": model, "outcome": LETTERS[letter], "trial": str(trial)}
                    for model, told in zip((BASELINE, CANDIDATE), kind.split("/"), strict=True)
                    for trial, letter in enumerate(told)
                    if letter != "-"
                ]
        self.workspace.store.append(CASES, cases)
        self.workspace.store.append(LABELS, [new_label(str(case["case_id"])) for case in cases])
        made = [str(case["case_id"]) for case in cases if case["bucket"] not in {"seed", "golden"}]
        events = [new_event(i + 1, case, "keep") for i, case in enumerate(made)]
        if events:
            self.workspace.store.append(REVIEWS, linked(self.workspace.reviews, events))
        self.frozen = freeze(self.workspace, "launch")

    def bring(self, rows: list[dict[str, Any]]) -> str:
        """Import the rows and return their results run."""
        path = self.folder / "results.jsonl"
        write_lines(path, map(json.dumps, rows))
        families = {BASELINE: "anthropic/sonnet", CANDIDATE: "openai/gpt"}
        said = Declared(polarity=Polarity("p", ("f",)), judges={"unknown": "programmatic"}, families=families)
        return import_results(self.workspace, path, said).run

    def swap(self) -> Swap:
        """Decide the swap."""
        return run_swap(self.workspace, self.frozen, Question(baseline=BASELINE, candidate=CANDIDATE))


@few
@given(table=tables, parents=st.integers(0, 12), seed=st.integers(0, 99))
def test_a_whole_verdict_has_no_null_without_a_reason_and_no_number_that_is_none(
    tmp_path_factory: pytest.TempPathFactory,
    new_case: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]],
    new_event: Callable[..., dict[str, Any]],
    table: dict[str, dict[str, int]],
    parents: int,
    seed: int,
) -> None:
    shop = Shop(
        tmp_path_factory.mktemp(f"run{next(_runs)}"), table,
        new_case=new_case, new_label=new_label, new_event=new_event,
        parents=min(parents, sum(table["seed"].values())),
    )  # fmt: skip
    models = {row["model"] for row in shop.rows}
    if models != {BASELINE, CANDIDATE}:
        return
    run = shop.bring(shop.rows)
    found = shop.swap()
    verdict = found.verdict
    written = json.loads((found.folder / "verdict.json").read_text("utf-8"))
    rest = {name: value for name, value in verdict.items() if name != "why"}

    assert written == json.loads(json.dumps(verdict, allow_nan=False))
    assert verdict["verdict"] in EXIT_CODES
    assert list(nulls(rest, "", verdict["why"])) == []
    assert all(isinstance(reason, str) and reason.strip() for reason in verdict["why"].values())
    for path, number in numbers(rest):
        assert math.isfinite(number), path
        if path.rpartition(".")[2] in SHARES or path.endswith("_rate"):
            assert -1e-12 <= number <= 1 + 1e-12, (path, number)
    for low, middle, high in intervals(rest):
        assert low - 1e-9 <= middle <= high + 1e-9
    # The same file again is no second run, and the same question again no second look.
    order = sorted(shop.rows, key=lambda row: hash((row["case_id"], row["model"], seed)))
    assert shop.bring(order) == run
    again = shop.swap().verdict
    assert {name: again[name] for name in ("verdict", "look", "groups", "reasons", "results_sha256")} == {
        name: verdict[name] for name in ("verdict", "look", "groups", "reasons", "results_sha256")
    }
