/** The curves: three panels, drawn by plotly, redrawn a few times a second at most. */

import { byId, line, make, show, write } from "./elements.js";
import { figure } from "./figures.js";
import { DASHES, PANELS, SYMBOLS, Styles, inOrder, panelOf, resolved } from "./palette.js";
import { known, t } from "./words.js";

const PAUSE = 200; // milliseconds from one redraw to the next
const FEW = 60; // up to this many points, each has a marker

const label = (metric) => (known(metric) ? t(metric) : metric);
/** plotly parses names as a subset of HTML, so a name has to be escaped. */
const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Resolves to plotly once it is loaded: it is large and loads after the page. */
const plotly = new Promise((arrived, failed) => {
  const script = byId("plotly");
  if (globalThis.Plotly) arrived(globalThis.Plotly);
  script.addEventListener("load", () => arrived(globalThis.Plotly));
  script.addEventListener("error", failed);
});

class Panel {
  #chosen = new Map(); // metric -> whether it is shown, if the user has chosen
  #logarithmic = null; // true or false if the user has chosen
  #styles = new Styles();

  constructor({ key, shows }, redraw) {
    Object.assign(this, { key, shows, redraw });
    this.title = make("h2");
    this.scale = make("button", { type: "button", class: "chip", onclick: () => this.#toggleScale() });
    this.chips = make("div", { class: "chips", role: "group" });
    this.plot = make("div", { class: "plot", id: `${key}-curve`, role: "img" });
    this.none = make("p", { class: "none" });
    const head = make("header", { class: "card-head" }, this.title, make("span", { class: "grow" }), this.scale);
    this.node = make("section", { class: `card curve ${key}` }, head, this.chips, make("div", { class: "plot-frame" }, this.plot, this.none));
    new ResizeObserver(() => this.plot.data && globalThis.Plotly.Plots.resize(this.plot)).observe(this.plot);
  }

  reset() {
    this.#logarithmic = null;
    this.#styles = new Styles();
    delete this.chips.dataset.labels;
  }

  #toggleScale() {
    this.#logarithmic = this.scale.getAttribute("aria-pressed") !== "true";
    this.redraw();
  }

  #isShown(metric) {
    return this.#chosen.get(metric) ?? this.shows(metric);
  }

  #writeChips(metrics) {
    const labels = metrics.map((metric) => `${metric} ${label(metric)}`).join("\n");
    if (this.chips.dataset.labels !== labels) {
      this.chips.dataset.labels = labels;
      this.chips.replaceChildren(...metrics.map((metric) => {
        const toggle = () => (this.#chosen.set(metric, !this.#isShown(metric)), this.redraw());
        const { colour, dash } = this.#styles.of(metric);
        const swatch = line(`swatch ${colour}`, DASHES[dash]);
        return make("button", { type: "button", class: "chip", title: metric, onclick: toggle }, swatch, make("span", {}, label(metric)));
      }));
    }
    [...this.chips.children].forEach((chip, at) => chip.setAttribute("aria-pressed", this.#isShown(metrics[at])));
  }

  /** Write the texts and the chips; they need no plotly. */
  write(series) {
    write(this.title, t(this.key));
    write(this.scale, t("log_axis"));
    this.chips.setAttribute("aria-label", t(this.key));
    const metrics = inOrder(series.names.filter((metric) => panelOf(metric) === this.key));
    this.#writeChips(metrics);
    this.shown = metrics.filter((metric) => this.#isShown(metric));
    this.logarithmic = this.#logarithmic ?? series.spread(this.shown.filter((metric) => metric !== "learning_rate"));
    this.scale.setAttribute("aria-pressed", this.logarithmic);
    this.drawn = this.shown.filter((metric) => series.hasNumber(metric));
    write(this.none, metrics.length && !this.shown.length ? t("no_choice") : t("no_points"));
    show(this.none, this.drawn.length === 0);
    show(this.scale, metrics.length > 0);
    this.node.classList.toggle("empty", metrics.length === 0);
    const values = this.shown.map((metric) => `${label(metric)} ${figure(series.last(metric))}`);
    this.plot.setAttribute("aria-label", [t(this.key), ...values].join(", "));
  }

  /** Draw the shown metrics that have a value; without one there are no axes. */
  draw(Plotly, series, total, revision) {
    if (this.drawn.length === 0) {
      if (this.plot.data) Plotly.purge(this.plot);
      return;
    }
    const traces = this.drawn.map((metric) => trace(metric, series.curve(metric), this.#styles.of(metric)));
    const layout = frame(traces, total, this.logarithmic, revision);
    Plotly.react(this.plot, traces, layout, { displayModeBar: false, displaylogo: false, scrollZoom: false });
  }
}

function trace(metric, { x, y }, style) {
  const colour = resolved(`curve-${style.colour}`);
  const steps = metric === "best_acc" || metric === "learning_rate";
  return {
    type: "scatter", name: plain(label(metric)), x, y, meta: metric,
    mode: (x.length <= FEW || style.symbol) && !steps ? "lines+markers" : "lines",
    line: { color: colour, width: 2, dash: DASHES[style.dash].replace(/[\d.]+/g, "$&px") || "solid", shape: steps ? "hv" : "linear" },
    marker: { color: colour, size: style.symbol ? 7 : 5, maxdisplayed: FEW, symbol: SYMBOLS[style.symbol] ?? style.symbol },
    yaxis: metric === "learning_rate" ? "y2" : "y",
    hovertemplate: "%{y:.5~g}",
  };
}

/** The end of the epoch axis: the last epoch; for a long training at most twice the current one. */
function end(traces, total) {
  const far = Math.max(1, ...traces.map(({ x }) => x.at(-1) ?? 0));
  if (!total) return far; // it has ended
  if (total <= 20) return Math.max(total, far);
  return Math.max(far, Math.min(total, 20 * 2 ** Math.ceil(Math.log2(Math.max(1, far / 20)))));
}

/** A log axis with ticks at 1, 2, 5, 10 …, or for many decades only at powers of ten. */
function decades(traces) {
  const values = traces.filter(({ yaxis }) => yaxis === "y").flatMap(({ y }) => y.filter((value) => value > 0));
  const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.log10);
  const steps = high - low > 3 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += 1) ticks.push(...steps.map((step) => step * 10 ** power));
  return { type: "log", tickmode: "array", tickvals: ticks, ticktext: ticks.map((tick) => figure(tick, 3)) };
}

function frame(traces, total, logarithmic, revision) {
  const [ink, line, surface] = ["ink-quiet", "line", "surface"].map(resolved);
  const touch = matchMedia("(pointer: coarse)").matches; // where dragging scrolls the page
  const to = end(traces, total);
  const from = Math.min(1, ...traces.map(({ x }) => Math.floor(x[0] ?? 1)));
  const axis = { gridcolor: line, linecolor: line, zeroline: false, tickfont: { color: ink, size: 11 }, fixedrange: touch, automargin: true };
  const second = traces.some(({ yaxis }) => yaxis === "y2");
  const alone = second && traces.every(({ yaxis }) => yaxis === "y2");
  return {
    autosize: true, showlegend: false, uirevision: revision, hovermode: "x unified", dragmode: touch ? false : "zoom",
    margin: { l: 44, r: second ? 44 : 10, t: 8, b: 40 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: { bgcolor: surface, bordercolor: line, font: { color: resolved("ink"), size: 12 } },
    xaxis: {
      ...axis, showgrid: false, hoverformat: ".4~g", tickformat: ",.6~g", nticks: 9,
      title: { text: plain(t("x_epoch")), font: { size: 11, color: ink }, standoff: 6 },
      unifiedhovertitle: { text: `${plain(t("x_epoch"))} %{x:.4~g}` },
      range: [from - Math.max(to - from, 1) * 0.02, to + Math.max(to - from, 1) * 0.02],
    },
    yaxis: { ...axis, nticks: 6, ...(logarithmic ? decades(traces) : { type: "linear" }) },
    yaxis2: { ...axis, tickmode: "auto", overlaying: alone ? undefined : "y", side: "right", showgrid: false, tickformat: ".1~e", nticks: 5, visible: second },
  };
}

/** All panels of one task. */
export class Curves {
  #pending = false;
  #drawn = 0;

  /** `node` holds loss and accuracy, `further` the other metrics, which may never come. */
  constructor(node, further) {
    this.panels = PANELS.map((panel) => new Panel(panel, () => this.redraw()));
    for (const panel of this.panels) (panel.key === "others" ? further : node).append(panel.node);
    plotly.then(() => this.redraw(), () => this.panels.forEach(({ none }) => (write(none, t("no_plotly")), show(none, true))));
  }

  /** Show another task's series; `total` is its number of epochs. */
  of(id, series, total) {
    if (id !== this.id) this.panels.forEach((panel) => panel.reset());
    Object.assign(this, { id, series, total });
    this.redraw();
  }

  /** Schedule one redraw for any number of calls. A hidden page draws nothing. */
  redraw() {
    if (this.#pending || !this.series) return;
    this.#pending = true;
    setTimeout(() => requestAnimationFrame(() => this.#draw()), Math.max(0, this.#drawn + PAUSE - Date.now()));
  }

  #draw() {
    this.#pending = false;
    this.#drawn = Date.now();
    for (const panel of this.panels) {
      panel.write(this.series);
      if (globalThis.Plotly && panel.plot.clientWidth) panel.draw(globalThis.Plotly, this.series, this.total, this.id);
    }
  }
}
