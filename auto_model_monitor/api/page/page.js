/** The page: connects the list, the detail, the form and the switches. */

import { Detail } from "./detail.js";
import { closable, confirmed } from "./dialogs.js";
import { byId, show, write } from "./elements.js";
import { Form } from "./form.js";
import { List } from "./list.js";
import * as server from "./server.js";
import { settings } from "./settings.js";
import { t } from "./words.js";

const wide = matchMedia("(min-width: 900px)");
let trouble = null; // why the server cannot be reached, or null

const list = new List((problem) => {
  reached(problem);
  if (!problem) welcome();
});
const detail = new Detail({
  changed: (task) => (list.learn(task), writeTitle()),
  gone: (id) => (list.forget(id), refused({ message: t("gone") }), leave()),
  reached,
});
const form = new Form((task) => {
  list.poll();
  location.hash = encodeURIComponent(task.task_id);
});

/** Show that the server does not answer, or that it answers again. */
function reached(problem) {
  trouble = problem;
  if (problem?.status === 401) notice(t("unauthorised"));
  else if (problem instanceof server.Unreachable) notice(t("unreachable"));
  else if (problem) refused(problem);
  else if (byId("notice").dataset.kind !== "refusal") notice("");
}

function notice(text, kind = "") {
  byId("notice").dataset.kind = kind;
  write(byId("notice"), text);
  show(byId("notice"), Boolean(text));
}

/** Show for a while what the server refused. */
function refused(problem) {
  notice(problem instanceof server.Refused ? t("refused", { detail: problem.message }) : problem.message, "refusal");
  setTimeout(() => byId("notice").dataset.kind === "refusal" && notice(""), 8000);
}

function leave() {
  history.replaceState(null, "", location.pathname + location.search);
  route();
}

/** Open the task in the address; on a wide screen without one, the most interesting task. */
function route() {
  let id = "";
  try {
    id = decodeURIComponent(location.hash.slice(1));
  } catch {
    // the address was typed
  }
  byId("panes").classList.toggle("opened", Boolean(id));
  const left = detail.id;
  if (id !== left) id ? detail.open(id) : detail.close();
  list.mark(id);
  if (!wide.matches && id !== left) id ? byId("main").focus() : list.focus(left); // the other pane is hidden
  welcome();
  writeTitle();
}

/** Fill the empty detail pane: how to start a training, or the newest one. */
function welcome() {
  const first = list.first();
  if (!detail.id && first && wide.matches && !location.hash) {
    detail.open(first);
    list.mark(first);
  }
  show(byId("welcome"), !detail.id && Boolean(list.answered));
  write(byId("welcome-text"), t(first || list.total ? "welcome" : "welcome_empty"));
}

function writeTitle() {
  const { task } = detail;
  const mark = task?.status === "running" ? `${task.progress}% ` : task ? `${t(task.status)} · ` : "";
  document.title = `${mark}${task ? `${task.model} · ` : ""}auto_model_monitor`;
}

/** Ask for confirmation, act, and refresh. */
async function act(what, action, after) {
  const { task } = detail;
  const text = what === "cancel" && task?.status === "pending" ? "cancel_pending" : what;
  if (!task || !(await confirmed(what, text, { model: task.model }))) return;
  try {
    await action(task.task_id);
    after(task.task_id);
  } catch (problem) {
    if (!server.isAnswer(problem)) throw problem;
    problem instanceof server.Refused ? refused(problem) : reached(problem);
  }
}

function gone(id) {
  list.forget(id);
  leave();
  list.poll();
}

byId("new").addEventListener("click", () => form.open());
byId("again").addEventListener("click", () => form.open(detail.task.request));
byId("cancel").addEventListener("click", () => act("cancel", server.cancel, () => (detail.refresh(), list.poll())));
byId("delete").addEventListener("click", () => act("delete", server.remove, gone));
byId("skip").addEventListener("click", (event) => (event.preventDefault(), byId("main").focus()));
closable(byId("confirm"));
addEventListener("hashchange", route);
settings(() => {
  list.render();
  detail.renderAll();
  form.translate();
  if (trouble) reached(trouble);
  welcome();
  writeTitle();
});
route();
list.poll();
