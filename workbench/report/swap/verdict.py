"""The top of a swap's report: the verdict, why, what to do next, and what to be careful about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.report.markup import Shown, filled
from workbench.report.numbers import MINUS, count, interval, is_missing, number, points
from workbench.report.swap.folder import sentences
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.report.swap.folder import SwapRun


class Sign(NamedTuple):
    """How a verdict looks: a class for its colour and shape, a symbol, and what it means."""

    kind: str
    symbol: str
    meaning: str


SIGNS: Mapping[str, Sign] = {
    "SHIP": Sign("ship", "✓", "The candidate may replace the baseline."),
    "BLOCK": Sign("block", "✕", "The candidate must not replace the baseline."),
    "NO VERDICT": Sign(
        "none", "?", "The evidence does not decide this swap. Nothing here says that it is safe."
    ),
    "REFUSED": Sign(
        "refused", "!", "This set cannot carry a verdict. Every number below is a smoke test only."
    ),
}
DEMO = "DEMO. Cases, labels and models were composed for a demonstration; no real shop, customer or product stands behind them."

UNKNOWN_SIGN = Sign("refused", "!", "This verdict is not known to this version; treat it as no verdict.")


def headline(run: SwapRun) -> Shown:
    """Return the verdict with its first reason, the next action and every warning."""
    verdict = str(run.get("verdict"))
    sign = SIGNS.get(verdict, UNKNOWN_SIGN)
    reasons = sentences(run.get("reasons") or [])
    first = reasons[0] if reasons else "no reason is stored"
    action = str(run.get("next_action") or "No next action is stored.")
    warnings, facts = list(_warnings(run)), list(_facts(run))
    html = filled(
        "headline.html", verdict=verdict, sign=sign, baseline=run.baseline, candidate=run.candidate, reason=_sentence(first),
        others=[_sentence(text) for text in reasons[1:]], action=action, warnings=warnings, facts=facts,
    )  # fmt: skip
    lines = [
        *warnings, f"{verdict}: {run.baseline} -> {run.candidate}", sign.meaning, f"Why: {first}", f"Next: {action}",
        *(f"Also: {text}" for text in reasons[1:]), "; ".join(f"{name} {value}" for name, value in facts),
    ]  # fmt: skip
    return Shown(html, text=marked("\n".join(lines)))


def _sentence(text: str) -> str:
    """Return a reason as a sentence."""
    # A hyphen before a number is a minus.
    stripped = re.sub(r"(?<![^\s(])-(?=\d)", MINUS, text.strip())
    return stripped[:1].upper() + stripped[1:] + ("" if stripped.endswith((".", "!", "?")) else ".")


def _warnings(run: SwapRun) -> Iterator[str]:
    """Return what a reader has to know before believing the verdict."""
    if run.get("demo"):
        yield DEMO
    if run.get("everything"):
        yield "EVERYTHING. The set was frozen with --all: training and unreviewed cases are in it."
    for override in _listed(run.get("override")):
        rule, by, reason = (override.get(part) or "unknown" for part in ("rule", "by", "reason"))
        yield f"OVERRIDE of {rule} by {by}: {reason} The verdict and its exit code are unchanged by it."
    if run.get("unreviewed"):
        yield f"UNREVIEWED. {count(run.get('unreviewed'))} cases of the set were generated and nobody has reviewed them."


def _listed(value: Any) -> list[dict[str, Any]]:
    """Return one override or several as a list."""
    items = value if isinstance(value, list) else [value] if value else []
    return [item if isinstance(item, dict) else {"rule": item} for item in items]


def _facts(run: SwapRun) -> Iterator[tuple[str, str]]:
    """Return what the verdict was decided with, as short pairs."""
    real, gate = run.get("groups", "real") or {}, run.get("gate") or {}
    look = run.get("look")
    pairs = {
        "Set": run.get("evalset"),
        "Real cases with a pair": f"{count(real['paired'])} of {count(real['cases'])}" if real else None,
        "Difference on them": f"{points(real['delta_pp'])} points"
        if not is_missing(real.get("delta_pp"))
        else None,
        "Its interval": interval(real.get("low_pp"), real.get("high_pp")),
        "Margin": f"{number(gate['margin_pp'])} points" if "margin_pp" in gate else None,
        "Level": f"{number(100 * gate['look_alpha'])}%" if "look_alpha" in gate else None,
        "Look": "none taken" if is_missing(look) else count(look),
        "To ship an equal one": f"{count(gate['smallest_n_to_ship'])} roots or more"
        if "smallest_n_to_ship" in gate
        else None,
    }
    yield from ((name, str(value)) for name, value in pairs.items() if value is not None)
