"""verdict.json and verdict.md: every field is there, and every null says why."""

from __future__ import annotations

import itertools
import json
import math
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import markdown_it
import mistune
import pytest

from workbench.swap.record import Facts, code, plain, verdict_json, verdict_md, would_say
from workbench.swap.self_test import self_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.swap.verdict import Families

Spec = dict[str, dict[str, int]]
FULL: Spec = {
    "real": {"p/p": 160, "p/f": 6, "f/p": 6, "f/f": 12},
    "synthetic": {"p/p": 90, "p/f": 5, "f/p": 5},
    "golden": {"p/p": 12},
    "redteam": {"p/p": 10},
}
PART = {
    "cases", "paired", "roots", "errors", "unscored", "baseline_rate", "candidate_rate", "lost", "gained", "delta_pp",
    "low_pp", "high_pp", "p_midp", "reading",
}  # fmt: skip


@pytest.fixture(scope="session")
def recorded(table: Callable[..., Any], decided: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Record the decision on a table of cases as verdict.json."""

    def run(spec: Spec, *, facts: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        frame = table(spec, cases_per_root=options.pop("cases_per_root", None)).paired()
        found = decided(frame, **options)
        refused = found.verdict == "REFUSED"
        families = found.evidence.families
        given = {
            "baseline": "shop-bot-2",
            "candidate": "shop-bot-3",
            "evalset": "launch v1",
            "evalset_sha256": "a" * 64,
            "results_sha256": "b" * 64,
            "look": None if refused else options.get("look", 1),
            "alpha": found.alpha,
            "demo": False,
            "everything": False,
            "joined_by_id_only": 0,
            "label_kinds": {"human": len(frame)},
            "reconciled": [],
            "self_test": self_test(untagged=(), tags={"prod": len(frame)}, history=[], families=families),
        }
        return verdict_json(
            Facts(**(given | (facts or {}))), found.gate, found.decision, found.evidence, found.numbers
        )

    return run


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """The dotted paths of every null."""
    if isinstance(value, dict):
        for name, part in value.items():
            if not (path == "" and name == "why"):
                yield from nulls(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from nulls(part, f"{path}[{i}]")
    elif value is None:
        yield path


def test_every_field_of_schema_1_is_there(recorded: Callable[..., dict[str, Any]]) -> None:
    verdict = recorded(FULL)

    assert verdict["schema_version"] == 1
    assert set(verdict) >= {
        "swap", "verdict", "reasons", "next_action", "demo", "look", "override", "unreviewed", "gate", "groups",
        "buckets", "synthetic_only", "mixed", "contradiction", "tipping_weight", "excluded_harm_pp",
        "needed_real_cases", "self_test", "families", "evalset_sha256", "results_sha256", "why",
    }  # fmt: skip
    assert set(verdict["swap"]) == {"baseline", "candidate"}
    assert set(verdict["gate"]) >= {"margin_pp", "alpha", "floor_roots", "smallest_n_to_ship"}
    assert list(verdict["groups"]) == ["real", "synthetic", "golden", "redteam"]
    assert list(verdict["buckets"]) == ["golden", "prompted", "redteam", "seed"]
    for part in (*verdict["groups"].values(), *verdict["buckets"].values(), verdict["synthetic_only"]):
        assert set(part) >= PART
    assert set(verdict["mixed"]) == {"weights", "delta_pp", "low_pp", "high_pp"}
    assert set(verdict["contradiction"]) == {"delta_pp", "low_pp", "high_pp"}
    assert len(verdict["self_test"]) == 8
    assert all(set(answer) == {"question", "answer", "evidence", "name"} for answer in verdict["self_test"])
    assert all(set(reason) == {"code", "text"} for reason in verdict["reasons"])


def test_families_name_who_wrote_who_judged_and_who_is_compared(
    recorded: Callable[..., dict[str, Any]], known: Families
) -> None:
    assert recorded(FULL)["families"] == {
        "generators": list(known.generators),
        "judges": list(known.judges),
        "baseline": "anthropic/sonnet",
        "candidate": "openai/gpt",
    }


def test_rates_are_fractions_and_differences_are_percentage_points(
    recorded: Callable[..., dict[str, Any]],
) -> None:
    real = recorded({"real": {"p/f": 46, "p/p": 138}})["groups"]["real"]

    assert (real["baseline_rate"], real["candidate_rate"], real["delta_pp"]) == (1, 0.75, -25)
    assert real["p_midp"] < 1e-12


TABLES: dict[str, Spec] = {
    "all there": FULL,
    "nothing at all": {},
    "only real": {"real": {"p/p": 60}},
    "only synthetic": {"synthetic": {"p/p": 60}},
    "no pair": {"real": {"p/-": 60, "-/f": 3}, "synthetic": {"p/e": 9}},
    "single roots": {"real": {"p/p": 60}, "synthetic": {"p/f": 60}},
    "ties": {"real": {"p/p": 184}, "synthetic": {"f/f": 90}},
    "trials": {"real": {"pp/pf": 60}, "golden": {"ppp/ppe": 4}},
}


@pytest.mark.parametrize("name", TABLES)
def test_every_null_has_its_reason(recorded: Callable[..., dict[str, Any]], name: str) -> None:
    single = {"cases_per_root": {"real": 60, "synthetic": 60}} if name == "single roots" else {}
    verdict = recorded(TABLES[name], **single)
    missing = set(nulls(verdict))

    assert missing <= set(verdict["why"])
    assert all(verdict["why"].values())
    # A reason may stand beside a number that is a convention, such as an excluded harm of 0.
    assert set(verdict["why"]) - missing <= {"excluded_harm_pp", "operating_characteristics"}


@pytest.mark.parametrize("name", TABLES)
def test_it_round_trips_through_json_without_nan(recorded: Callable[..., dict[str, Any]], name: str) -> None:
    verdict = recorded(TABLES[name])
    text = json.dumps(verdict, allow_nan=False)

    assert json.loads(text) == verdict


def test_what_the_synthetic_cases_would_say_stands_beside_and_never_decides(
    recorded: Callable[..., dict[str, Any]],
) -> None:
    verdict = recorded({"real": {"p/f": 20, "p/p": 164}, "synthetic": {"f/p": 9, "p/p": 91}})

    assert verdict["verdict"] == "BLOCK"
    assert verdict["synthetic_only"] == verdict["groups"]["synthetic"] | {"would_say": "SHIP"}


@pytest.mark.parametrize(
    ("synthetic", "said"),
    [
        ({"p/f": 9, "p/p": 91}, "BLOCK"),
        ({"f/p": 9, "p/p": 91}, "SHIP"),
        ({"p/p": 130}, "SHIP"),
        ({"p/p": 60}, "NO VERDICT"),
        ({"p/-": 60}, "NO VERDICT"),
    ],
)
def test_would_say(
    table: Callable[..., Any], decided: Callable[..., Any], synthetic: dict[str, int], said: str
) -> None:
    groups = decided(table({"synthetic": synthetic}).paired()).evidence.groups

    assert would_say(groups["synthetic"]) == said


def test_a_set_without_synthetic_cases_says_so(recorded: Callable[..., dict[str, Any]]) -> None:
    verdict = recorded({"real": {"p/p": 60}})

    assert verdict["synthetic_only"] is None
    assert verdict["why"]["synthetic_only"] == "the set has no synthetic case"


def test_a_refused_swap_keeps_its_numbers_as_a_smoke_test(recorded: Callable[..., dict[str, Any]]) -> None:
    verdict = recorded({"real": {"p/f": 10, "p/p": 30}})

    assert (verdict["verdict"], verdict["smoke_test_only"], verdict["look"]) == ("REFUSED", True, None)
    assert verdict["groups"]["real"]["delta_pp"] == -25
    assert verdict["why"]["look"] == "a refused swap takes no look"
    assert "the numbers below are a smoke test and decide nothing" in verdict_md(verdict)


def test_the_gate_is_printed_with_this_looks_alpha(recorded: Callable[..., dict[str, Any]]) -> None:
    verdict = recorded(FULL, look=2)

    assert (verdict["gate"]["margin_pp"], verdict["gate"]["alpha"], verdict["gate"]["floor_roots"]) == (
        3,
        0.05,
        50,
    )
    assert verdict["gate"]["look_alpha"] == pytest.approx(0.05 * 6 / (math.pi**2 * 4))
    assert verdict["gate"]["smallest_n_to_ship"] == 231
    assert "Margin 3 points, alpha 0.0076 (look 2), set `launch v1`" in verdict_md(verdict)


# verdict.md


def test_the_summary_leads_with_the_verdict_its_reasons_and_the_next_action(
    recorded: Callable[..., dict[str, Any]],
) -> None:
    lines = verdict_md(recorded({"real": {"p/f": 20, "p/p": 164}})).splitlines()

    assert lines[0] == "# BLOCK: `shop-bot-2` → `shop-bot-3`"
    assert lines[2].startswith(
        "- the candidate is worse on the real cases (seed): -10.9 points (-16.2 to -7.1)"
    )
    assert lines[2].endswith("(`real_worse`)")
    assert next(line for line in lines if line.startswith("**Next:**")).startswith(
        "**Next:** Keep the baseline."
    )


def test_the_summary_has_a_row_per_group_and_no_nan(recorded: Callable[..., dict[str, Any]]) -> None:
    text = verdict_md(recorded({"real": {"p/p": 60}, "golden": {"p/f": 3}, "redteam": {"p/-": 4}}))

    assert "| golden | 3 | 3 | 100.0% | 0.0% | 3 | 0 | -100.0 (no interval) | unresolved |" in text
    assert "| redteam | 4 | 0 | – | – | 0 | 0 | – | unresolved |" in text
    assert "nan" not in text.lower()
    assert "None" not in text


def test_a_demo_says_so(recorded: Callable[..., dict[str, Any]]) -> None:
    assert "DEMO" in verdict_md(recorded(FULL, facts={"demo": True}))
    assert "DEMO" not in verdict_md(recorded(FULL))


def test_an_override_is_printed_and_changes_nothing(recorded: Callable[..., dict[str, Any]]) -> None:
    override = {
        "rule": "unresolved",
        "by": "Release owner",
        "reason": "the old model is switched off *today*",
    }
    verdict = recorded({"real": {"p/p": 60}}, facts={"override": (override,)})

    assert verdict["override"] == [override]
    assert verdict["verdict"] == "NO VERDICT"
    assert (
        "Override by Release owner of `unresolved`: the old model is switched off \\*today\\*."
        in verdict_md(verdict)
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![pixel](https://evil.example/p.png)",
    "https://evil.example/a?b=c",
    "www.evil.example",
    "kim@shop.example",
    "@release-owners",
    "bot `code` ``more`` ```",
    "`",
    "``",
    "**bold** _it_ ~~gone~~ #1",
    "bot | cell | row",
    "bot\n# BIG HEADLINE\n- item\n\n> quote",
    "bot\n\n<b>x</b>",
    "&lt;script&gt; &#64;x",
    "\\`escape\\` \\",
    "$x^2$ and $10 ... $5",
    "invoice \u202egpj.exe",
    "<!-- hidden -->",
    "[x]: https://evil.example",
    "[^1] :smile:",
    "- [ ] task",
    " ",
]


class Rendered(HTMLParser):
    """What a reader of a rendered page sees: the tags, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag with the names of its attributes."""
        self.tags.append(" ".join([tag, *(name for name, _ in attrs)]))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data


READERS: dict[str, Callable[[str], str]] = {
    "commonmark": markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render,
    "with every extension": mistune.create_markdown(
        escape=False,
        plugins=[
            "url",
            "table",
            "strikethrough",
            "footnotes",
            "task_lists",
            "math",
            "def_list",
            "abbr",
        ],
    ),  # type: ignore[dict-item] - it renders to a text
}


@pytest.fixture(scope="module")
def full(recorded: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The verdict on a set with every group."""
    return recorded(FULL)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_name_renders_no_markup(full: dict[str, Any], name: str, reader: str) -> None:
    """The page has the same tags as one of a tame name, and shows the name."""
    tame, hostile = (
        full | {"swap": {"baseline": model, "candidate": model}, "override": [{"rule": "x", "by": model, "reason": model}]}
        for model in ("shop-bot", name)
    )  # fmt: skip
    expected, found = (Rendered(READERS[reader](verdict_md(verdict))) for verdict in (tame, hostile))

    assert found.tags == expected.tags
    words = re.sub(r"\s+", " ", name.replace("\u202e", "[U+202E]")).strip()
    assert found.text.count(words) >= 2


@pytest.mark.parametrize(
    "live", ["@release-owners", "$x^2$", "https://evil.example", "WWW.evil.example", "<b>"]
)
def test_what_a_page_would_make_a_mention_mathematics_or_a_link_is_written_otherwise(live: str) -> None:
    """The sites that show pull requests read more into a text than any library here does."""
    assert not re.search(r"[@$<]|://|www\.", plain(live), re.IGNORECASE)


@pytest.mark.parametrize("name", HOSTILE)
def test_foreign_text_stays_on_its_line(name: str) -> None:
    assert len(plain(name).splitlines()) <= 1
    assert len(code(name).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "shown"), list(itertools.product(["plain", "code"], ["shop-bot-3", "gpt 4.1 (tools)"]))
)
def test_a_tame_name_is_shown_as_it_is(text: str, shown: str) -> None:
    assert {"plain": plain, "code": code}[text](shown).strip("`") == shown
