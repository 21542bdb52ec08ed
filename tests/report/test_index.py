"""The page that links a workspace's reports."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote

import pytest
from hostile import STRINGS

from workbench.errors import SafetyError
from workbench.report.index import STAGES, Entry, Stage, found, refresh, write_index

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)

HEADLINES = {
    "seed": "184 real cases; 12 show something to look at.",
    "grid": "9 of 20 cells hold no case of the seed.",
    "swap": "BLOCK: real cases are worse by 12 points.",
}


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [str(value) for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def entry(folder: Path, stage: Stage, **changes: object) -> Entry:
    given = {"title": f"The {stage} report", "headline": HEADLINES.get(stage, "All is well."), "ran_at": DAY}
    return Entry(stage, **(given | {"path": folder / f"{stage}/report.html"} | changes))  # type: ignore[arg-type]


def page(folder: Path, *entries: Entry) -> Page:
    return Page(write_index(folder, entries, title="Reports of shop").read_text("utf-8"))


def test_reports_are_linked_in_the_order_of_the_stages(tmp_path: Path) -> None:
    shown = page(tmp_path, *(entry(tmp_path, stage) for stage in reversed(get_args(Stage))))

    assert shown.links == [f"./{stage}/report.html" for stage in STAGES]
    assert "Reports of shop" in shown.text
    assert "7 reports" in shown.text
    assert all(headline in shown.text for headline in HEADLINES.values())
    assert shown.text.count("2026-03-01 09:30 UTC") == 7


def test_reports_of_one_stage_stand_in_the_order_in_which_they_ran(tmp_path: Path) -> None:
    later = entry(tmp_path, "swap", path=tmp_path / "a.html", ran_at=DAY + dt.timedelta(days=1))
    shown = page(tmp_path, later, entry(tmp_path, "swap", path=tmp_path / "b.html"))

    assert shown.links == ["./b.html", "./a.html"]


def test_a_demo_says_so_above_all_and_at_its_report(tmp_path: Path) -> None:
    real = page(tmp_path, entry(tmp_path, "seed"))
    demo = page(tmp_path, entry(tmp_path, "seed", demo=True), entry(tmp_path, "grid"))

    assert "DEMO" not in real.text
    assert demo.text.count("DEMO") == 2
    assert "no real shop, customer or product" in demo.text


def test_without_reports_the_page_says_how_to_make_the_first(tmp_path: Path) -> None:
    assert "workbench run 01_seed_audit makes the first" in page(tmp_path).text


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_names_are_shown_as_text_and_lead_nowhere_else(tmp_path: Path, text: str) -> None:
    plain = page(tmp_path, entry(tmp_path, "seed"))
    name = re.sub(r"[/\0]", "_", text)[:60] or "x"
    shown = page(tmp_path, entry(tmp_path, "seed", title=text, headline=text, path=tmp_path / name))

    assert (shown.tags, shown.attributes) == (plain.tags, plain.attributes)
    assert len(shown.links) == 1
    assert shown.links[0].startswith("./")
    assert unquote(shown.links[0]) == f"./{name}"
    assert not set(shown.links[0]) & set(":?#&<>\"' ")


def test_the_page_runs_and_asks_for_nothing(tmp_path: Path) -> None:
    html = write_index(tmp_path, [entry(tmp_path, "seed")]).read_text("utf-8")

    assert "<script" not in html
    assert "default-src 'none'" in html
    assert re.findall(r"(?:src|href)=\"(?!\./|data:,)", html) == []
    assert [file.name for file in tmp_path.iterdir()] == ["index.html"]


def test_a_report_elsewhere_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(
        SafetyError, match=r"lies outside of .*reports; the page links what is beside or under it$"
    ):
        write_index(tmp_path / "reports", [entry(tmp_path, "seed", path=tmp_path / "reports/../seed.html")])
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_report_is_named_and_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "01_seed_audit"
    folder.mkdir()
    (folder / "report.html").write_text("<p>whole</p>", "utf-8")
    (folder / "report.ipynb").write_text('{"cells": [', "utf-8")

    assert [entry.headline for entry in found(tmp_path)] == ["Its notebook is damaged; run it again."]
    assert "Its notebook is damaged" in refresh(tmp_path, title="Reports of shop").read_text("utf-8")


def ran(folder: Path, title: str, said: str) -> None:
    """Write a report as a run leaves it, whose first output says something."""
    folder.mkdir()
    output = {"data": {"text/plain": said}}
    cells = [{"metadata": {}, "source": f"# {title}"}, {"metadata": {}, "source": "x", "outputs": [output]}]
    metadata = {"papermill": {"end_time": DAY.isoformat()}}
    (folder / "report.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata}), "utf-8")
    (folder / "report.html").write_text("<p>whole</p>", "utf-8")


def test_a_swap_says_its_verdict_and_what_to_do_next(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11-20-old-to-new-1a2b3c4d"
    ran(folder, "Model swap report", "DEMO. Composed.\nBLOCK: old -> new\nThe candidate must not replace it.")
    told = {
        "swap": {"baseline": "old", "candidate": "new"},
        "verdict": "BLOCK",
        "next_action": "Keep the baseline.",
    }
    (folder / "verdict.json").write_text(json.dumps(told), "utf-8")
    (entry,) = found(tmp_path)

    assert entry.headline == "BLOCK: new in the place of old. Next: Keep the baseline."
    assert entry.demo


def test_a_report_whose_later_run_failed_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "05_review"
    ran(folder, "Review", "146 candidates wait.")
    assert found(tmp_path)[0].headline == "146 candidates wait."

    (folder / "report-failed.ipynb").write_text("{}", "utf-8")
    assert found(tmp_path)[0].headline.startswith("A later run failed, so this is an earlier state. 146")
