/** The two switches at the top: language and theme. */

import { byId, keep } from "./elements.js";
import { language, setLanguage, t, translate } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const root = document.documentElement;
const theme = () => root.dataset.theme ?? "auto";

function writeSwitches() {
  const other = byId("language");
  other.textContent = t("language");
  other.lang = language() === "en" ? "zh" : "en";
  other.setAttribute("aria-label", t("language_label"));
  const button = byId("theme");
  button.title = t(`theme_${theme()}`);
  button.setAttribute("aria-label", button.title);
  button.querySelector("use").setAttribute("href", `#i-${theme()}`);
}

/** Connect the switches; calls `changed()` after each change, also of the system's theme. */
export function settings(changed) {
  byId("language").addEventListener("click", () => {
    setLanguage(language() === "en" ? "zh" : "en");
    writeSwitches();
    changed();
  });
  byId("theme").addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    keep("amm-theme", next);
    writeSwitches();
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  translate();
  writeSwitches();
}
