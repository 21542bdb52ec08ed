"""From an executed notebook to one page that opens anywhere, offline, and runs nothing but ours.

Inputs, widgets, errors' tracebacks and foreign scripts stay behind. The markup of all outputs is
cleaned, the data of all charts is stored once as JSON without markup characters, and a content
security policy lets the browser run exactly one script, known by its hash.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import ReportError
from workbench.files import write_text
from workbench.report.charts import CRISP_POINTS, VEGA_LITE
from workbench.report.markup import filled, static, style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"

SHOWN = ("text/html", "image/png", "text/plain")
"""What an output is shown as, the best first; script, SVG, LaTeX and Markdown are never shown."""

HIDING_TAGS = frozenset({"remove-cell", "remove-output"})

MARKUP = frozenset(
    [
        "a",
        "abbr",
        "article",
        "aside",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
"""The elements that a page may hold; none of them runs, loads or sends anything."""

ATTRIBUTES = frozenset(
    {"class", "id", "title", "colspan", "rowspan", "scope", "dir", "open", "role", "tabindex", "alt"}
)


@dataclass
class _Charts:
    """The charts of a page: specifications by id, and their data stored once.

    Attributes:
        specs: The specifications without their data.
        datasets: All data, by the content hash that Altair names it by.
    """

    specs: dict[str, Any] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)

    def add(self, spec: Mapping[str, Any]) -> str:
        """Take a chart in and return the markup that holds its place."""
        spec = dict(spec)
        title, summary = spec.pop("title", {}), str(spec.pop("description", ""))
        # The page has its own theme, which follows light, dark and print.
        for own in ("config", "usermeta"):
            spec.pop(own, None)
        data = spec.pop("datasets", {})
        self.datasets.update(data)
        if isinstance(spec.get("width"), int | float):
            spec |= {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
        name = f"chart-{len(self.specs) + 1}"
        points = sum(map(len, data.values()))
        self.specs[name] = {"spec": spec, "datasets": sorted(data), "svg": points <= CRISP_POINTS}
        return filled(
            "chart.html",
            name=name,
            title=title.get("text", "") if isinstance(title, dict) else str(title),
            summary=summary,
        )


def export(notebook: Path, html: Path) -> Path:
    """Write an executed notebook as one self-contained page.

    Args:
        notebook: The executed notebook.
        html: Where the page goes; it is replaced as a whole.

    Returns:
        The path of the page.

    Raises:
        ReportError: The notebook holds a failed cell.
    """
    import nbformat

    node = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    write_text(html, rendered(node, name=notebook.name))
    return html


def rendered(notebook: NotebookNode, *, name: str) -> str:
    """Return an executed notebook as the text of a page; see `export`."""
    from markupsafe import Markup

    charts = _Charts()
    notebook.cells = [
        _shown(cell, charts, name)
        for cell in notebook.cells
        if not HIDING_TAGS & set(cell.metadata.get("tags", []))
    ]
    body = cleaned(_body(notebook))
    # The bundle first: it makes vegaEmbed known to the script that draws.
    script = f"{_bundle()}\n{static('page.js')}".replace("</script", "<\\/script")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    headings = re.findall(r'<h2 id="([^"]+)">(.*?)(?:<a |</h2>)', body)
    title = re.search(r"<h1[^>]*>(.*?)(?:<a |</h1>)", body)
    # Ours, cleaned, or JSON without markup characters: these four go in as they are.
    trusted = {
        "body": Markup(body),  # noqa: S704
        "css": Markup(static("output.css") + static("page.css")),  # noqa: S704
        "script": Markup(script if charts.specs else ""),  # noqa: S704
        "charts": Markup(_json({"charts": charts.specs, "datasets": charts.datasets})),  # noqa: S704
    }
    named = [(anchor, _plain(text)) for anchor, text in headings]
    return filled(
        "page.html", title=_plain(title.group(1)) if title else name, headings=named, digest=digest, **trusted
    )


def cleaned(html: str) -> str:
    """Return markup without anything that could run, load or send.

    Example:
        >>> cleaned('<b onclick="x()">my money back</b><script>x()</script>')
        '<b>my money back</b>x()'
    """
    import bleach  # type: ignore[import-untyped]

    return str(bleach.clean(html, tags=MARKUP, attributes=_allowed, protocols=["data"], strip=True))


def _allowed(tag: str, name: str, value: str) -> bool:
    """Say whether an attribute may stay: links only inside the page, pictures only inside it too."""
    if tag == "a" and name == "href":
        return value.startswith("#")
    if tag == "img" and name == "src":
        return value.startswith("data:image/png;base64,")
    return name in ATTRIBUTES or name.startswith("aria-")


def _shown(cell: NotebookNode, charts: _Charts, name: str) -> NotebookNode:
    """Return a cell with the outputs that a page shows."""
    if cell.cell_type == "code":
        cell.outputs = [new for output in cell.outputs if (new := _output(output, charts, name)) is not None]
    return cell


def _output(output: NotebookNode, charts: _Charts, name: str) -> NotebookNode | None:
    from nbformat.v4 import new_output

    if output.output_type == "error":
        raise ReportError(
            f"{name} holds a failed cell ({output.ename}); run it to its end before it is exported"
        )
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    if WIDGET in output.data:
        return None
    if VEGA_LITE in output.data:
        shown = {"text/html": charts.add(output.data[VEGA_LITE])}
    else:
        shown = {kind: output.data[kind] for kind in SHOWN if kind in output.data}
        # The first kind is shown, and the style of each output is on the page once already.
        shown = {kind: text.replace(style(), "") for kind, text in list(shown.items())[:1]}
    return new_output("display_data", shown) if shown else None  # type: ignore[no-untyped-call]


def _body(notebook: NotebookNode) -> str:
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        embed_images=True,
        anchor_link_text="#",
    )
    body, _ = exporter.from_notebook_node(notebook)
    return str(body)


@functools.cache
def _bundle() -> str:
    """Return Vega, Vega-Lite and their embedder as one script, from the installed vl-convert."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;"))


def _json(value: object) -> str:
    r"""Return JSON that cannot end the element it stands in.

    Example:
        >>> _json({"text": "</script>"})
        '{"text": "\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _plain(html: str) -> str:
    """Return a heading's markup as text."""
    import html as entities

    return entities.unescape(re.sub(r"<[^>]+>", "", html)).strip()
