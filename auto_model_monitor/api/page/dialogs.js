/** What the two dialogs have in common, and the one that asks "really?". */

import { byId, write } from "./elements.js";
import { t } from "./words.js";

/** Let a dialog be closed by its own buttons and by a click beside it; Escape is the browser's. */
export function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("mousedown", (event) => event.target === dialog && dialog.close());
}

/** Ask before something that cannot be taken back, with the text of the given name; resolves to true only for a clear yes. */
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
    byId("confirm-no").focus(); // Enter in haste keeps what there is
  });
}
