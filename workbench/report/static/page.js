// Draws the charts of a report. All data is in the page; nothing is loaded and nothing is sent.
const stored = JSON.parse(document.getElementById("wb-charts").textContent);

// An SVG follows the page's colours by itself, also in print; a canvas takes them as they are now.
const theme = (svg) => {
  const page = getComputedStyle(document.documentElement);
  const colour = (name) => (svg ? `var(${name})` : page.getPropertyValue(name).trim());
  const [ink, soft, line] = ["--page-ink", "--page-soft", "--page-line"].map(colour);
  const font = getComputedStyle(document.body).fontFamily;
  const axis = { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line, tickColor: line };
  // On a phone the names of a legend stand in rows, where one line of them would be cut off.
  const narrow = innerWidth < 500 ? { columns: 3 } : {};
  const sizes = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelLimit: 160 };
  return {
    background: null,
    font,
    padding: 4,
    view: { stroke: null },
    axis: { ...axis, ...sizes },
    legend: { labelColor: soft, titleColor: soft, labelFontSize: 12, orient: "bottom", title: null, ...narrow },
    text: { color: ink },
  };
};

const draw = async (name, { spec, datasets, svg }) => {
  const place = document.getElementById(name);
  const data = Object.fromEntries(datasets.map((key) => [key, structuredClone(stored.datasets[key])]));
  await vegaEmbed(place, { ...spec, datasets: data, config: theme(svg) }, {
    mode: "vega-lite",
    renderer: svg ? "svg" : "canvas",
    actions: false,
    // Expressions are interpreted, so the page needs no permission to make code from text.
    ast: true,
    tooltip: { theme: "custom" },
  });
  place.dataset.drawn = "true";
};

const drawAll = (which) =>
  Promise.all(Object.entries(stored.charts).filter(([, chart]) => which(chart)).map(([name, chart]) => draw(name, chart)));

await drawAll(() => true);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll((chart) => !chart.svg));
