"""A decided swap as verdict.json and verdict.md."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.redact import redact
from workbench.stats.planning import smallest_n_to_ship
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.swap.comparison import Comparison, Interval
    from workbench.swap.evidence import Gate, Numbers
    from workbench.swap.part import Part
    from workbench.swap.self_test import Answer
    from workbench.swap.verdict import Decision, Evidence, Families

SCHEMA_VERSION = 1

NO_NUMBER = "\N{EN DASH}"
"""What stands in verdict.md for a number that cannot be computed."""

DEAD = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "@": "&#64;",
    "$": "&#36;",
    "://": "&#58;//",
    "www.": "www&#46;",
}
"""Texts that a Markdown reader makes tags, mentions, mathematics and links of, and how they stay texts."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What identifies a decision, beside its evidence.

    Attributes:
        baseline: The model in use.
        candidate: The model that would replace it.
        evalset: Name and version of the frozen set.
        evalset_sha256: Its hash.
        results_sha256: Hash of the outcomes used.
        look: Which look at this pair; none when refused.
        alpha: The alpha of this look.
        demo: Whether anything in it was invented for a demo.
        everything: Whether the set holds train and unreviewed cases.
        joined_by_id_only: Result rows without a content hash.
        label_kinds: How many cases have a label of each kind.
        reconciled: Expected against found counts per model, group and trial.
        self_test: The questions to ask before a set is trusted, answered.
        override: Rules that somebody overrode, by whom and why; changes no verdict.
    """

    baseline: str
    candidate: str
    evalset: str
    evalset_sha256: str
    results_sha256: str
    look: int | None
    alpha: float
    demo: bool
    everything: bool
    joined_by_id_only: int
    label_kinds: Mapping[str, int]
    reconciled: Sequence[Mapping[str, Any]]
    self_test: Sequence[Answer]
    override: Sequence[Mapping[str, str]] = field(default_factory=tuple)


def verdict_json(
    facts: Facts,
    gate: Gate,
    decision: Decision,
    evidence: Evidence,
    numbers: Numbers,
    *,
    beside: Mapping[str, Part] | None = None,
) -> dict[str, Any]:
    """Return the whole of verdict.json. What cannot be computed is null, with its reason under `why`."""
    parts = beside or {}
    why = {f"{name}.{path}": reason for name, part in parts.items() for path, reason in part.why.items()}
    synthetic = evidence.groups.get("synthetic")
    if synthetic is None:
        why["synthetic_only"] = "the set has no synthetic case"
    if facts.look is None:
        why["look"] = "a refused swap takes no look"
    return {
        "schema_version": SCHEMA_VERSION,
        "swap": {"baseline": facts.baseline, "candidate": facts.candidate},
        "verdict": decision.verdict,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in decision.reasons],
        "next_action": decision.next_action,
        "smoke_test_only": decision.verdict == "REFUSED",
        "demo": facts.demo,
        "look": facts.look,
        "override": list(facts.override),
        "unreviewed": evidence.unreviewed,
        "gate": _gate(gate, facts),
        "groups": {name: _part(f"groups.{name}", found, why) for name, found in evidence.groups.items()},
        "buckets": {name: _part(f"buckets.{name}", found, why) for name, found in numbers.buckets.items()},
        "synthetic_only": _part("synthetic_only", synthetic, why) | {"would_say": would_say(synthetic)}
        if synthetic
        else None,
        **_numbers(evidence, numbers, why),
        **{name: dict(part.fields) for name, part in parts.items()},
        "self_test": [answer._asdict() for answer in facts.self_test],
        "families": _families(evidence.families),
        "evalset": facts.evalset,
        "evalset_sha256": facts.evalset_sha256,
        "results_sha256": facts.results_sha256,
        "everything": facts.everything,
        "joined_by_id_only": facts.joined_by_id_only,
        "stubs": evidence.stubs,
        "absent_trials": dict(evidence.absent_trials),
        "overdue_labels": dict(evidence.overdue),
        "label_kinds": dict(facts.label_kinds),
        "reconciled": [dict(row) for row in facts.reconciled],
        "why": why,
    }


def _gate(gate: Gate, facts: Facts) -> dict[str, Any]:
    return {
        "margin_pp": gate.margin_pp,
        "alpha": gate.alpha,
        "look_alpha": facts.alpha,
        "floor_roots": gate.floor_roots,
        "smallest_n_to_ship": smallest_n_to_ship(gate.margin_pp / 100, facts.alpha),
    }


def _families(families: Families) -> dict[str, Any]:
    return {
        "generators": list(families.generators),
        "judges": list(families.judges),
        "baseline": families.baseline,
        "candidate": families.candidate,
    }


def _numbers(evidence: Evidence, numbers: Numbers, why: dict[str, str]) -> dict[str, Any]:
    """Return the numbers beside the verdict, and put the reason of each that is none under `why`."""
    singles = {
        name: getattr(numbers, name) for name in ("tipping_weight", "excluded_harm_pp", "needed_real_cases")
    }
    why |= {name: number.why for name, number in singles.items() if number.why}
    if numbers.characteristics_why:
        why["operating_characteristics"] = numbers.characteristics_why
    if evidence.real_worst_low_pp is None:
        why["real_worst_low_pp"] = "the real cases have no interval"
    return {
        "mixed": {"weights": dict(numbers.weights)} | _interval_json("mixed", numbers.mixed, why),
        "contradiction": _interval_json("contradiction", numbers.contradiction, why),
        **{name: number.value for name, number in singles.items()},
        "operating_characteristics": [dict(row) for row in numbers.characteristics],
        "real_worst_low_pp": evidence.real_worst_low_pp,
    }


def _part(path: str, found: Comparison, why: dict[str, str]) -> dict[str, Any]:
    """Return a group or bucket, and put the reason of each number that is none under `why`."""
    why |= {f"{path}.{name}": reason for name, reason in found.why.items()}
    return found.as_json()


def _interval_json(path: str, found: Interval, why: dict[str, str]) -> dict[str, float | None]:
    limits = {"delta_pp": found.delta_pp, "low_pp": found.low_pp, "high_pp": found.high_pp}
    why |= {f"{path}.{name}": found.why for name, value in limits.items() if value is None}
    return limits


def would_say(synthetic: Comparison) -> str:
    """Return what the synthetic cases would say if they decided, by the same margin; they never do."""
    if synthetic.reading == "worse":
        return "BLOCK"
    return "SHIP" if synthetic.reading in {"better", "equivalent", "not_worse"} else "NO VERDICT"


def verdict_md(verdict: Mapping[str, Any]) -> str:
    """Return a verdict as Markdown for a pull request or a CI summary: a headline, a table, the why."""
    swap, gate = verdict["swap"], verdict["gate"]
    lines = [f"# {verdict['verdict']}: {code(swap['baseline'])} → {code(swap['candidate'])}", ""]
    if verdict["demo"]:
        lines += ["**DEMO: invented for a demonstration; nobody's users stand behind it.**", ""]
    if verdict["smoke_test_only"]:
        lines += ["**REFUSED: the numbers below are a smoke test and decide nothing.**", ""]
    lines += [f"- {plain(reason['text'])} (`{reason['code']}`)" for reason in verdict["reasons"]]
    if verdict["everything"]:
        lines += ["- The set was frozen with --all: train and unreviewed cases are in it."]
    lines += ["", f"**Next:** {plain(verdict['next_action'])}", ""]
    lines += [
        "| group | cases | paired | baseline | candidate | lost | gained | difference (points) | reading |"
    ]
    lines += ["|---|---:|---:|---:|---:|---:|---:|---:|---|"]
    lines += [_row(name, group) for name, group in verdict["groups"].items()]
    mixed = verdict["mixed"]
    weights = ", ".join(f"{group} {weight:.1%}" for group, weight in mixed["weights"].items())
    lines += [f"| mixed ({weights}) | | | | | | | {_interval(mixed)} | never decides |", ""]
    look = "no look" if verdict["look"] is None else f"look {verdict['look']}"
    lines.append(
        f"Margin {gate['margin_pp']:g} points, alpha {gate['look_alpha']:.3g} ({look}), set `{verdict['evalset']}` "
        f"(sha256 `{verdict['evalset_sha256'][:12]}`), results `{verdict['results_sha256'][:12]}`."
    )
    lines += [
        f"Override by {plain(o['by'])} of `{plain(o['rule'])}`: {plain(o['reason'])}. It changes no verdict."
        for o in verdict["override"]
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, group: Mapping[str, Any]) -> str:
    rates = " | ".join(
        NO_NUMBER if group[side] is None else f"{group[side]:.1%}"
        for side in ("baseline_rate", "candidate_rate")
    )
    return (
        f"| {name} | {group['cases']:,} | {group['paired']:,} | {rates} | {group['lost']:.4g} | {group['gained']:.4g} "
        f"| {_interval(group)} | {group['reading'].replace('_', ' ')} |"
    )


def _interval(numbers: Mapping[str, Any]) -> str:
    if numbers["delta_pp"] is None:
        return NO_NUMBER
    if numbers["low_pp"] is None:
        return f"{numbers['delta_pp']:+.1f} (no interval)"
    return f"{numbers['delta_pp']:+.1f} ({numbers['low_pp']:+.1f} to {numbers['high_pp']:+.1f})"


def plain(text: str) -> str:
    r"""Return foreign text for Markdown: on one line, its markup, links and HTML dead, odd characters visible.

    Example:
        >>> plain("<img src=x> [a](b) | c")
        '&lt;img src=x&gt; \\[a\\](b) \\| c'
    """
    escaped = re.sub(r"([\\`*_\[\]|#!~])", r"\\\1", _one_line(redact(text)))
    live = "|".join(map(re.escape, DEAD))
    return re.sub(live, lambda found: DEAD[found[0].lower()], escaped, flags=re.IGNORECASE)


def code(name: str) -> str:
    """Return a model's name as a Markdown code span, in which nothing is markup, a link or a mention.

    Example:
        >>> print(code("gpt-oss:120b"), code("a `b` <i>"))
        `gpt-oss:120b` `` a `b` <i> ``
    """
    text = _one_line(name)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest or not text.strip() else ""
    return f"{fence}{space}{text}{space}{fence}"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", marked(str(text)))
