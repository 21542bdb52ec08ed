"""The one way a chart is shown: as data for Vega-Lite and as a picture, never as HTML.

Altair's own renderers put data raw into a script, ask a server for their code, or break papermill.
This one gives a mime bundle that JupyterLab draws offline, a PNG for viewers that draw nothing,
and a sentence for people who cannot see it. `workbench.report.page` draws the same bundle in a page.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import ReportError, SafetyError, shown
from workbench.redact import redact
from workbench.text import marked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

VEGA_LITE = "application/vnd.vegalite.v5+json"
"""The newest Vega-Lite type that JupyterLab 4 knows; Altair's own v6 type breaks papermill."""

MOST_POINTS = 20_000
"""Points that stay pleasant to brush in a browser. Source: measured, 1.8 s for ten brush steps."""

CRISP_POINTS = 1_000
"""Points up to which a chart is drawn as SVG, which prints sharply; above, as canvas."""

INK, SOFT, FAINT = "#1f2328", "#57606a", "#d0d7de"
WORSE, BETTER, SHIPS, NEUTRAL, ALERT = "#c8502b", "#1f77b4", "#1f8f6b", "#7d8590", "#a8780c"
"""Colours that differ for colour-blind eyes (Okabe and Ito, 2008) at 3:1 or more on white and on near-black."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"

FORBIDDEN_CHANNELS = frozenset({"href", "url"})
"""Channels that turn a value of the data into an address."""


@dataclass(frozen=True)
class Chart:
    """A chart that is safe to show.

    Attributes:
        spec: Vega-Lite, checked, with its data.
        title: What it shows.
        summary: The same in words and numbers.
    """

    spec: Mapping[str, Any] = field(repr=False)
    title: str
    summary: str

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        del include, exclude
        return {VEGA_LITE: dict(self.spec), "image/png": self.png(), "text/plain": str(self)}

    def __str__(self) -> str:
        return f"{self.title}\n{self.summary}"

    def png(self) -> str:
        """Return the chart as a PNG in base64, drawn without any network."""
        import vl_convert

        # No address is allowed, so no value of the data can make the drawing ask for one.
        data = vl_convert.vegalite_to_png(dict(self.spec), scale=2, allowed_base_urls=[])
        return base64.b64encode(data).decode("ascii")


def safe_chart(chart: Any, *, title: str, summary: str) -> Chart:
    """Return an Altair chart as one that is safe to show, and that shows no personal data.

    Args:
        chart: Any Altair chart with its data inside.
        title: What it shows, in a few words; it replaces the chart's own.
        summary: The same as a sentence with numbers, for people who cannot see the chart.

    Raises:
        SafetyError: The chart loads an address, or lets a value of its data become one.
        ReportError: It has no title or summary, or more than `MOST_POINTS` rows.

    Example:
        >>> import altair, pandas
        >>> bars = altair.Chart(pandas.DataFrame({"slice": ["delay"], "cases": [38]}))
        >>> chart = safe_chart(bars.mark_bar().encode(x="cases"), title="Cases", summary="38 on delays")
        >>> chart.spec["title"]["text"]
        'Cases'
    """
    import altair as alt

    if not title.strip() or not summary.strip():
        raise ReportError("a chart needs a title and a summary in words; pass title= and summary=")
    with alt.data_transformers.enable("default", max_rows=None):
        spec = chart.to_dict(format="vega-lite")
    return checked(spec, title=title, summary=summary)


def checked(spec: Mapping[str, Any], *, title: str, summary: str) -> Chart:
    """Return a Vega-Lite specification as a safe chart; see `safe_chart`."""
    points = sum(len(rows) for rows in spec.get("datasets", {}).values())
    if points > MOST_POINTS:
        raise ReportError(
            f"the chart {shown(title)} has {points:,} points and at most {MOST_POINTS:,} are drawn; sample them and say so"
        )
    for path, key, value in _parts({name: part for name, part in spec.items() if name != "datasets"}):
        fault = _fault(key, value)
        if fault:
            raise SafetyError(f"the chart {shown(title)} {fault} at {path}; show the text in a table instead")
    told = {"title": {"text": title, "anchor": "start", "offset": 14}, "description": summary}
    # A tooltip's id stays: a case is looked up by it.
    safe: dict[str, Any] = _marked(redact({**spec, **told}, keep=("case_id",)))
    # A chart may not bring options of its own for the page that embeds it.
    safe["usermeta"] = {
        "embedOptions": {"actions": False, "renderer": "svg" if points <= CRISP_POINTS else "canvas"}
    }
    safe["config"] = {**safe.get("config", {}), **_house()}
    return Chart(safe, safe["title"]["text"], safe["description"])


def enable() -> None:
    """Make every chart and table of this notebook safe, offline and readable.

    Registers the renderer for charts that are shown without `safe_chart`, and keeps `$10 ... $5`
    in frames from becoming mathematics.
    """
    import altair as alt
    import pandas as pd

    alt.renderers.register("workbench", _rendered)
    alt.renderers.enable("workbench")
    pd.set_option("display.html.use_mathjax", False)


def _rendered(spec: Mapping[str, Any], **_: Any) -> dict[str, Any]:
    title = spec.get("title") or "Chart"
    text = title if isinstance(title, str) else str(title.get("text", "Chart"))
    return checked(
        spec, title=text, summary=str(spec.get("description") or "No summary.")
    )._repr_mimebundle_()


def _parts(value: Any, path: str = "chart") -> Iterator[tuple[str, str, Any]]:
    """Walk a specification: where, under which key, and what."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        here = f"{path}.{key}"
        yield here, str(key), part
        yield from _parts(part, here)


def _fault(key: str, value: Any) -> str:
    """Say what makes a part of a specification unsafe, or nothing."""
    if key in FORBIDDEN_CHANNELS:
        return "loads or links an address"
    if key in {"mark", "type"} and value == "image":
        return "draws images from addresses"
    # The tooltip shows a field of this name as a picture from its value.
    if key in {"field", "title"} and isinstance(value, str) and value.strip().casefold() == "image":
        return "has a field or tooltip named image"
    if key == "tooltip" and isinstance(value, dict) and value.get("content") == "data":
        return "shows all columns in its tooltip, named or not"
    return ""


def _marked(value: Any) -> Any:
    """Return a copy as JSON can hold it, in which characters that hide or reorder text are visible."""
    if isinstance(value, dict):
        return {key: _marked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_marked(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return marked(value) if isinstance(value, str) else value


def _house() -> dict[str, Any]:
    """Return the house theme: quiet axes, readable in print, on its own white ground."""
    axis = {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "gridColor": FAINT,
        "domainColor": FAINT,
        "tickColor": FAINT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 160,
        "gridOpacity": 0.6,
    }
    return {
        "background": "#ffffff",
        "font": FONT,
        "padding": 8,
        "view": {"stroke": None},
        "axis": axis,
        "title": {"color": INK, "fontSize": 14, "fontWeight": 600},
        "legend": {
            "labelColor": SOFT,
            "titleColor": SOFT,
            "labelFontSize": 12,
            "orient": "bottom",
            "title": None,
        },
        "text": {"color": INK},
    }
