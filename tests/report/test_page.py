from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import altair as alt
import pandas as pd
import pytest
from hostile import STRINGS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.errors import ReportError
from workbench.report import safe_chart, safe_table
from workbench.report.page import MARKUP, cleaned, rendered


def page(*outputs: dict[str, object], title: str = "# Seed audit\n\n## Slices") -> str:
    cells = [
        new_markdown_cell(title),
        *(new_code_cell("shown", outputs=[new_output("display_data", data)]) for data in outputs),
    ]
    return rendered(new_notebook(cells=cells), name="n.ipynb")


def chart(values: list[str], title: str = "Cases") -> dict[str, object]:
    frame = pd.DataFrame({"slice": values, "cases": 1})
    bars = alt.Chart(frame).mark_bar().encode(y="slice:N", x="cases:Q")
    return safe_chart(bars, title=title, summary="One each.")._repr_mimebundle_()


@pytest.fixture(scope="module")
def hostile_page() -> str:
    """A page with every hostile text in a table, a chart, plain text and HTML that nobody escaped."""
    table = safe_table(pd.DataFrame({"text": STRINGS}))._repr_mimebundle_()
    raw = {"text/html": "".join(f"<div>{text}</div>" for text in STRINGS)}
    return page(table, chart([text[:300] for text in STRINGS]), {"text/plain": "\n".join(STRINGS)}, raw)


def test_a_page_holds_one_script_known_by_its_hash(hostile_page: str) -> None:
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", hostile_page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[1][1].encode()).digest()).decode()

    assert [attributes for attributes, _ in scripts] == [
        ' type="application/json" id="wb-charts"',
        ' type="module"',
    ]
    assert f"script-src 'sha256-{digest}';" in hostile_page
    assert "unsafe-eval" not in hostile_page.split("</head>", maxsplit=1)[0]


class Elements(HTMLParser):
    """The elements of a page as a browser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element with its attributes."""
        self.found.append((tag, dict(attrs)))


def test_hostile_html_of_a_cell_leaves_nothing_that_runs_or_loads(hostile_page: str) -> None:
    found = Elements(hostile_page.split("<main>")[1].split("</main>", maxsplit=1)[0]).found
    attributes = {name for _, attributes in found for name in attributes}
    links = [attributes["href"] or "" for _, attributes in found if "href" in attributes]

    assert {tag for tag, _ in found} <= MARKUP
    assert not [
        name
        for name in attributes
        if name.startswith("on") or name in {"style", "srcset", "background", "action"}
    ]
    assert [link for link in links if not link.startswith("#")] == []
    assert [attributes["src"] for _, attributes in found if "src" in attributes] == []


def test_data_in_the_page_can_not_end_its_element(hostile_page: str) -> None:
    stored = re.search(
        r'<script type="application/json" id="wb-charts">(.*?)</script>', hostile_page, re.DOTALL
    )
    assert stored is not None
    assert not set("<>&\u2028\u2029") & set(stored.group(1))
    (rows,) = json.loads(stored.group(1))["datasets"].values()
    assert rows[0]["slice"] == STRINGS[0]


def test_the_data_of_equal_charts_is_stored_once() -> None:
    frame = pd.DataFrame({"words": range(5_000), "turns": 1})
    dots = alt.Chart(frame).mark_point().encode(x="words:Q", y="turns:Q")
    bundles = [
        safe_chart(dots, title=title, summary="All.")._repr_mimebundle_() for title in ("Seed", "Candidates")
    ]

    assert len(page(*bundles)) - len(page(bundles[0])) < 10_000


def test_a_page_without_charts_has_no_script() -> None:
    assert "<script" not in page({"text/plain": "still waiting"})


def test_headings_become_the_way_around_the_page() -> None:
    html = page({"text/plain": "x"}, title="# Seed <b>audit</b>\n\n## What is in it\n\n## What is odd")

    assert "<title>Seed audit</title>" in html
    assert '<li><a href="#What-is-in-it">What is in it</a></li>' in html
    assert '<h2 id="What-is-odd">' in html


def test_widgets_and_foreign_kinds_stay_behind() -> None:
    html = page(
        {
            "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
            "text/plain": "Text(value='case text')",
        },
        {"application/javascript": "window.pwned=1"},
        {"image/svg+xml": "<svg onload=window.pwned=1></svg>"},
        {"text/latex": "\\href{javascript:window.pwned=1}{x}"},
        {"text/markdown": "<img src=x onerror=window.pwned=1>"},
    )

    assert "case text" not in html
    assert "pwned" not in html


def test_a_failed_notebook_is_no_report() -> None:
    cell = new_code_cell("raise", outputs=[new_output("error", ename="ValueError", evalue="x", traceback=[])])
    with pytest.raises(ReportError, match=r"^n\.ipynb holds a failed cell \(ValueError\)"):
        rendered(new_notebook(cells=[cell]), name="n.ipynb")


def test_code_and_hidden_cells_are_not_shown() -> None:
    hidden = new_code_cell(
        "a",
        metadata={"tags": ["remove-output"]},
        outputs=[new_output("display_data", {"text/plain": "setup"})],
    )
    html = rendered(new_notebook(cells=[new_code_cell("secret_recipe = 1"), hidden]), name="n.ipynb")

    assert "secret_recipe" not in html
    assert "setup" not in html


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<a href="#lost">lost</a>', '<a href="#lost">lost</a>'),
        ('<a href="https://shop.example">x</a>', "<a>x</a>"),
        ('<a href="javascript:x()">x</a>', "<a>x</a>"),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA==">'),
        ('<img src="data:image/svg+xml,x">', "<img>"),
        ('<td colspan="2" style="x" onclick="x()">x</td>', "x"),
        (
            "<details open><summary>more</summary>x</details>",
            "<details open><summary>more</summary>x</details>",
        ),
    ],
)
def test_what_cleaning_keeps(html: str, kept: str) -> None:
    assert cleaned(html) == kept
