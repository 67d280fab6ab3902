/** What the two dialogs share, and the one that asks for confirmation. */

import { byId, write } from "./elements.js";
import { t } from "./words.js";

/** Close a dialog by its buttons and by a click beside it; the browser handles Escape. */
export function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("mousedown", (event) => event.target === dialog && dialog.close());
}

/** Ask before something irreversible, with the text of the given name; resolves to true only for yes. */
export function confirmed(what, text, values) {
  const dialog = byId("confirm");
  write(byId("confirm-title"), t(`${what}_ask`));
  write(byId("confirm-text"), t(`${text}_text`, values));
  write(byId("confirm-no"), t(`${what}_no`));
  write(byId("confirm-yes"), t(what));
  return new Promise((answer) => {
    byId("confirm-form").onsubmit = (event) => {
      event.preventDefault();
      answer(true);
      dialog.close();
    };
    dialog.onclose = () => answer(false);
    dialog.showModal();
    byId("confirm-no").focus(); // so that Enter in haste changes nothing
  });
}
