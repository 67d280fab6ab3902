/** The panel and the style of each metric. */

/** Kinds of lines, as plotly and as SVG name them. */
export const DASHES = ["", "6,4", "1.5,3", "7,3,1.5,3", "12,4", "12,3,1.5,3,1.5,3"];
/** Kinds of points; further ones are plotly's own numbers. */
export const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down"];
const COLOURS = ["blue", "amber", "teal", "purple", "pink", "olive", "grey"];
const USUAL = {
  val_loss: "blue", train_loss: "amber",
  val_acc: "blue", train_acc: "amber", top1_acc: "pink", top3_acc: "teal", top5_acc: "purple", best_acc: "grey",
  macro_f1: "blue", micro_f1: "teal", mAP: "purple", precision: "pink", recall: "olive", learning_rate: "amber",
};
const ORDER = Object.keys(USUAL);

/** The three panels, each with its metrics and those that it shows by default. */
export const PANELS = [
  { key: "loss", owns: (metric) => /loss/i.test(metric), shows: () => true },
  { key: "accuracy", owns: (metric) => /acc/i.test(metric), shows: (metric) => !/^(best|top\d+)_/.test(metric) },
  { key: "others", owns: () => true, shows: (metric) => metric !== "learning_rate" },
];

/** The key of the panel that a metric belongs to. */
export const panelOf = (metric) => PANELS.find((panel) => panel.owns(metric)).key;

/** The usual metrics first, in their usual order, then the rest by name. */
export function inOrder(metrics) {
  const place = (metric) => (ORDER.indexOf(metric) + 1 || ORDER.length + 1);
  return [...metrics].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** The styles of one panel's curves: no two look alike, and none changes when another metric comes. */
export class Styles {
  #styles = new Map(); // metric -> {colour, dash, symbol}
  #taken = new Set();
  #reserved = new Map(Object.entries(USUAL).map(([metric, colour]) => [metric, { colour, dash: metric === "best_acc" ? 2 : 0, symbol: 0 }]));

  /** The style of a metric: the usual one, or the first that is free. */
  of(metric) {
    const known = this.#styles.get(metric);
    if (known) return known;
    const usual = this.#reserved.get(metric);
    const style = usual && !this.#taken.has(key(usual)) ? usual : this.#free(metric);
    this.#styles.set(metric, style);
    this.#taken.add(key(style));
    return style;
  }

  /** Colours first, then dashes, then the symbols of the points; the usual ones of this panel stay free. */
  #free(metric) {
    const panel = panelOf(metric);
    const kept = new Set([...this.#reserved].filter(([name]) => panelOf(name) === panel).map(([, style]) => key(style)));
    for (let at = 0; ; at += 1) {
      const style = { colour: COLOURS[at % COLOURS.length], dash: Math.floor(at / COLOURS.length) % DASHES.length, symbol: Math.floor(at / COLOURS.length / DASHES.length) };
      if (!this.#taken.has(key(style)) && !kept.has(key(style))) return style;
    }
  }
}

const key = ({ colour, dash, symbol }) => `${colour} ${dash} ${symbol}`;

/** The value of a CSS variable in the current theme, as a colour that plotly can read. */
export function resolved(variable) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${variable})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
