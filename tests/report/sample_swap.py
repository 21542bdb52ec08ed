"""A swap's run folder for tests: a fictional shop's cases, two models, and numbers computed from them."""

from __future__ import annotations

import atexit
import functools
import itertools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.stats.clusters import group_interval

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]

VOICES = [
    ("angry", "ordered 9 days ago, kid's birthday was yesterday, i'm done, send me my money"),
    ("angry", "THREE emails. THREE. nobody answers. reverse the charge or i go to my bank"),
    ("angry", "your courier threw it over the fence into a puddle. i want this cancelled"),
    ("terse", "where is it????"),
    ("terse", "wrong size. swap"),
    ("terse", "money back pls"),
    ("terse", "still waiting"),
    (
        "drifting",
        "hi, so the blue one came but i wanted green, also my sister's order, and is the shop open on sunday?",
    ),
    ("drifting", "the kettle works, mostly, the lid sticks. by the way did you ever find my other parcel"),
    (
        "drifting",
        "i moved house in march so maybe it went there? or the neighbour has it? anyway what can be done",
    ),
    ("half-formed", "it says delivered but"),
    ("half-formed", "the thing with the cable, it does not, you know"),
    ("half-formed", "can i maybe not have it after all"),
    (
        "polite",
        "Good evening, the lamp arrived with a cracked shade. Could you tell me what I should do next?",
    ),
    ("polite", "Hello, I would like to send the shoes back, they were only tried on at home. Thank you."),
    ("mixed", "hola, the paquete no llegó, i need mi dinero back please"),
    ("mixed", "bonjour i have recieve the wrong colour, how i can change"),
    ("mixed", "paket kam nicht an, tracking says delivered??"),
]
ANSWERS = {
    "pass": "I am sorry about that. The amount goes back to the card you paid with; it takes three to five working days.",
    "fail": "Thank you for contacting us! Your order is important to us. Please see our help page for returns.",
}
BASELINE, CANDIDATE = "wellread-bot 2026-10", "keyword-bot 2026-11"
MODES = ["answers with the help page", "misses the wish for money", "asks for what was given"]
SIZES = {"seed": 132, "prompted": 40, "persona": 42, "mutation": 24, "golden": 12, "redteam": 8}
GROUP = {
    "seed": "real",
    "prompted": "synthetic",
    "persona": "synthetic",
    "mutation": "synthetic",
    "golden": "golden",
    "redteam": "redteam",
}
TAG = {
    "seed": "demo-prod",
    "prompted": "demo-synth-polite-delay",
    "persona": "demo-synth-angry_escalator-outside_window",
    "mutation": "demo-mut-typo+lowercase",
    "golden": "demo-golden",
    "redteam": "demo-red-false_premise",
}
PASS = {
    "seed": (0.84, 0.66),
    "prompted": (0.90, 0.98),
    "persona": (0.86, 0.95),
    "mutation": (0.85, 0.85),
    "golden": (0.9, 0.9),
    "redteam": (0.75, 0.75),
}


def case_rows(seed: int = 7) -> pd.DataFrame:
    """Return the cases of the set with both models' scores; the candidate loses on real cases."""
    rng = np.random.default_rng(seed)
    voices = itertools.cycle(VOICES)
    rows = []
    for bucket, size in SIZES.items():
        for i in range(size):
            slice_, text = next(voices)
            base, cand = (float(x) for x in rng.random() < np.array(PASS[bucket]))
            if bucket == "seed" and i % 44 == 43:
                cand = np.nan
            said = {"case_id": f"{bucket}-{i:04d}", "bucket": bucket, "slice": slice_}
            rows.append({**said, **_case(bucket, text, rng), **_answers(base, cand, rng)})
    frame = pd.DataFrame(rows)
    frame["root_id"] = frame["case_id"]
    d = frame["candidate_score"] - frame["baseline_score"]
    frame["change"] = np.select([d.isna(), d < 0, d > 0], ["unpaired", "lost", "gained"], "same")
    return frame


def _case(bucket: str, text: str, rng: np.random.Generator) -> dict[str, Any]:
    turns = (
        f"user: {text}"
        if rng.random() < 0.6
        else f"user: hi\nassistant: Hello! How can I help you today?\nuser: {text}"
    )
    return {
        "group": GROUP[bucket], "tag": TAG[bucket], "split": "eval", "cell": None, "reviewed": True, "text": turns,
        "expected": str(rng.choice(["refund", "replace", "ask", "inform"])),
        "label_kind": "human" if bucket in {"seed", "golden"} else "claimed",
    }  # fmt: skip


def _answers(base: float, cand: float, rng: np.random.Generator) -> dict[str, Any]:
    sides: dict[str, Any] = {}
    for side, score in (("baseline", base), ("candidate", cand)):
        missing = np.isnan(score)
        sides |= {
            f"{side}_score": score,
            f"{side}_output": None if missing else ANSWERS["pass" if score else "fail"],
            f"{side}_reason": None
            if missing
            else ("follows the policy" if score else "the customer's wish is not met"),
            f"{side}_failure_mode": None if missing or score else str(rng.choice(MODES)),
            f"{side}_trials": 0 if missing else 1,
            f"{side}_errors": int(missing),
            f"{side}_unscored": 0,
        }
    return sides


def part(cases: pd.DataFrame, path: str, why: dict[str, str]) -> dict[str, Any]:
    """Return one group's numbers as verdict.json has them, and add the reasons of what is null."""
    paired = cases[cases["change"] != "unpaired"]
    estimate = group_interval(
        (paired["candidate_score"] - paired["baseline_score"]).to_numpy(),
        paired["root_id"].to_numpy(),
        alpha=0.05,
    )
    low, high = (None if end is None else 100 * end for end in (estimate.low, estimate.high))
    if low is None:
        why |= {f"{path}.{name}": str(estimate.reason) for name in ("low_pp", "high_pp", "p_midp", "deff")}
    return {
        "cases": len(cases), "paired": len(paired), "roots": estimate.roots, "errors": int(cases["candidate_errors"].sum()), "unscored": 0,
        "lost": estimate.lost, "gained": estimate.gained, "baseline_rate": paired["baseline_score"].mean(), "candidate_rate": paired["candidate_score"].mean(),
        "delta_pp": 100 * estimate.value, "low_pp": low, "high_pp": high, "p_midp": estimate.p_midp, "deff": estimate.deff, "method": estimate.method,
        "reading": "unresolved" if low is None else "worse" if high < 0 else "better" if low > 0 else "unresolved",
    }  # fmt: skip


def reconciled(cases: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many outcomes each model should have and has, per group."""
    rows = []
    for side, model in (("baseline", BASELINE), ("candidate", CANDIDATE)):
        for group, part_of in cases.groupby("group", sort=False):
            score, errors = part_of[f"{side}_score"], int(part_of[f"{side}_errors"].sum())
            counts = {
                "expected": len(part_of),
                "found": len(part_of),
                "passed": int((score == 1).sum()),
                "failed": int((score == 0).sum()),
            }
            rows.append(
                {
                    "model": model,
                    "judge": "checks",
                    "group": group,
                    "trial": "0",
                    **counts,
                    "error": errors,
                    "unscored": 0,
                    "absent": 0,
                }
            )
    return rows


def verdict(cases: pd.DataFrame) -> dict[str, Any]:
    """Return a verdict.json for these cases."""
    why: dict[str, str] = {}
    groups = {name: part(frame, f"groups.{name}", why) for name, frame in cases.groupby("group", sort=False)}
    buckets = {
        name: part(frame, f"buckets.{name}", why) for name, frame in cases.groupby("bucket", sort=False)
    }
    real, synthetic = groups["real"], groups["synthetic"]
    weights = {"real": 0.333, "synthetic": 0.611, "golden": 0.056}
    mixed = sum(weight * groups[name]["delta_pp"] for name, weight in weights.items())
    gap = real["delta_pp"] - synthetic["delta_pp"]
    return {
        "schema_version": 1,
        "swap": {"baseline": BASELINE, "candidate": CANDIDATE},
        "verdict": "BLOCK",
        "reasons": [
            {"code": "real_worse", "text": f"the candidate is worse on the real cases (seed): {real['delta_pp']:+.1f} points ({real['low_pp']:+.1f} to {real['high_pp']:+.1f}) on {real['paired']} cases, lost {real['lost']:g}, gained {real['gained']:g}"},
            {"code": "contradiction", "text": "real and synthetic cases contradict each other: the synthetic set has drifted from production"},
        ],
        "next_action": "Keep the baseline. Read the lost real cases in the report, fix what they show, and come back with a new candidate.",
        "smoke_test_only": False, "demo": True, "look": 1, "override": [], "unreviewed": 0, "everything": False,
        "gate": {"margin_pp": 3.0, "alpha": 0.05, "look_alpha": 0.05, "floor_roots": 50, "smallest_n_to_ship": 125},
        "groups": groups, "buckets": buckets, "synthetic_only": {**synthetic, "would_say": "SHIP"},
        "mixed": {"weights": weights, "delta_pp": mixed, "low_pp": mixed - 4, "high_pp": mixed + 4},
        "contradiction": {"delta_pp": gap, "low_pp": gap - 9, "high_pp": gap + 9},
        "tipping_weight": synthetic["delta_pp"] / (synthetic["delta_pp"] - real["delta_pp"]),
        "excluded_harm_pp": -real["low_pp"], "needed_real_cases": None,
        "operating_characteristics": [
            {"true_delta_pp": at, "ship": ship, "block": block, "no_verdict": 1 - ship - block}
            for at, ship, block in ((-12, 0.0, 1.0), (-5, 0.0, 0.59), (-3, 0.01, 0.22), (0, 0.22, 0.03), (2, 0.55, 0.01), (4, 0.82, 0.0))
        ],
        "self_test": [
            {"question": "Is there a provenance tag on every case of the set?", "answer": "yes", "evidence": f"{len(cases)} of {len(cases)} cases have a bucket and a tag"},
            {"question": "Do seed and synthetic move in the same direction over the last swaps?", "answer": "no", "evidence": "this swap: seed worse, synthetic better; no earlier swap is stored"},
            {"question": "Is review survival between 65 and 85 %?", "answer": "unknown", "evidence": "no candidate of this set was reviewed here"},
            {"question": "Is the generator of another family than the grader?", "answer": "yes", "evidence": "demo wrote the cases, programmatic checks judge them"},
        ],
        "families": {"generators": ["demo"], "judges": ["programmatic"], "baseline": "acme/reader", "candidate": "acme/keyword"},
        "reconciled": reconciled(cases), "joined_by_id_only": 4, "times_used": 2, "evalset": "launch v3",
        "evalset_sha256": "3f" * 32, "results_sha256": "a9" * 32,
        "why": {"needed_real_cases": "the difference is decided, so no further cases are needed", **why},
    }  # fmt: skip


MANIFEST = {
    "versions": {"workbench": "0.1.0", "python": "3.11.9", "pandas": "3.1.1"},
    "git_sha": "0" * 40, "parameters": {"evalset": "launch", "alpha": 0.05}, "cost_usd": 0.0, "complete": True,
}  # fmt: skip


def write(folder: Path, *, hostile: bool = False) -> Path:
    """Write a run folder; a hostile one holds every text of `hostile.STRINGS` in every place that may."""
    cases, found, manifest = case_rows(), {}, json.loads(json.dumps(MANIFEST))
    found = verdict(cases)
    if hostile:
        poison(cases, found, manifest)
    folder.mkdir(parents=True, exist_ok=True)
    cases.to_parquet(folder / "cases.parquet")
    (folder / "verdict.json").write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def poison(cases: pd.DataFrame, found: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Put the hostile texts into cases, labels, tags, models, reasons and families."""
    from hostile import STRINGS

    texts = itertools.cycle(STRINGS)
    for column in (
        "text",
        "baseline_output",
        "candidate_output",
        "baseline_reason",
        "candidate_reason",
        "expected",
        "slice",
        "tag",
        "label_kind",
    ):
        cases[column] = [next(texts) for _ in range(len(cases))]
    cases["candidate_failure_mode"] = [next(texts) for _ in range(len(cases))]
    # The lost real cases are what a report shows in full, so they hold every text.
    lost = cases.index[(cases["group"] == "real") & (cases["change"] == "lost")]
    for column in ("text", "candidate_output", "candidate_reason"):
        cases.loc[lost, column] = [" ".join(STRINGS[i :: len(lost)]) for i in range(len(lost))]
    short = [text for text in STRINGS if len(text) < 1000]
    found["swap"] = {"baseline": " ".join(short[:60]), "candidate": " ".join(short[60:])}
    found["reasons"] += [{"code": text[:20], "text": text} for text in short]
    found["next_action"] = " ".join(short[::2])
    found["override"] = [{"rule": short[0], "by": short[40], "reason": " ".join(short[1::2])}]
    found["evalset"] = short[2]
    found["reconciled"] = [
        {**row, "model": text, "judge": text, "trial": text}
        for row in found["reconciled"]
        for text in short[::9]
    ]
    found["families"] |= {"generators": short[:20], "judges": short[40:60]}
    found["self_test"] += [{"question": text, "answer": text, "evidence": text} for text in short]
    found["why"]["needed_real_cases"] = " ".join(short)
    found["why"] |= dict.fromkeys(("groups.golden.low_pp", "groups.golden.p_midp"), short[5])
    found["groups"]["golden"] |= {"low_pp": None, "high_pp": None, "method": short[6]}
    # A group's name reaches the axis and the tooltip of a chart.
    name = " ".join(STRINGS[i] for i in (1, 40, 65, 68, 86))
    cases.loc[cases["group"] == "redteam", "group"] = name
    found["groups"][name] = found["groups"].pop("redteam")
    # A bucket's and a weight's name reach a table, a chart and a sentence.
    found["buckets"] |= {text[:60]: {**found["buckets"]["seed"], "reading": text} for text in short[::4]}
    found["mixed"]["weights"] |= dict.fromkeys(short[::3], 0.01)
    manifest["parameters"] |= {text: text for text in short}


@functools.cache
def drawn(kind: str) -> Path:
    """Return a `kind` or `hostile` run folder with its report, made once per session by a real kernel."""
    from workbench import report

    scratch = tempfile.mkdtemp(prefix="swap-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    folder = write(Path(scratch) / "run", hostile=kind == "hostile")
    report.run(
        REPOSITORY / "notebooks" / "07_swap_report.ipynb",
        {"run_dir": "."},
        output_dir=folder,
        cwd=folder,
    )
    return folder
