/** The panel and the colour of each metric. */

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

/** The name of a metric's colour: the usual one, or one that depends on the metric's name alone. */
export function colourName(metric) {
  if (Object.hasOwn(USUAL, metric)) return USUAL[metric];
  let sum = 0;
  for (const character of metric) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}

/** The value of a CSS variable in the current theme, as a colour that plotly can read. */
export function resolved(variable) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${variable})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
