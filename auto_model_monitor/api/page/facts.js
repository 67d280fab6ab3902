/** The section at the bottom: a task's settings and its transitions. */

import { byId, make, write } from "./elements.js";
import { moment } from "./figures.js";
import { trainingPath } from "./server.js";
import { known, t } from "./words.js";

const TIMES = ["created_at", "started_at", "finished_at"];

/** The pairs to show: the task's own, then the request's. */
function pairs(task) {
  const request = Object.entries(task.request ?? {}).filter(([name, value]) => value !== null && !["trainer"].includes(name));
  const times = TIMES.filter((name) => task[name]).map((name) => [name, moment(task[name])]);
  const exit = task.exit_code == null ? [] : [["exit_code", task.exit_code]];
  return [["task_id", task.task_id], ["trainer", task.trainer ?? ""], ...request, ...times, ...exit].map(([name, value]) => [known(name) ? t(name) : name, String(value)]);
}

function copyButton(text) {
  const button = make("button", { type: "button", class: "plain tiny" }, t("copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(text);
    write(button, t("copied"));
  });
  return button;
}

/** Write the section, if it changed. */
export function writeFacts(task) {
  const list = byId("pairs");
  const all = pairs(task);
  const history = (task.transitions ?? []).map(({ status, time, reason }) => ({ status, time: moment(time), reason: reason ?? "" }));
  const content = JSON.stringify([all, history, document.documentElement.lang]);
  if (list.dataset.content === content) return;
  list.dataset.content = content;
  list.replaceChildren(...all.map(([name, value], at) => make("div", {}, make("dt", {}, name), make("dd", {}, value, ...(at === 0 ? [copyButton(value)] : [])))));
  byId("transitions").replaceChildren(...history.map(({ status, time, reason }) => {
    const state = make("span", { class: "state", "data-state": status }, t(status));
    return make("li", {}, state, make("time", { class: "quiet" }, time), make("span", { class: "why" }, reason));
  }));
  byId("csv").href = `${trainingPath(task.task_id, "metrics")}?format=csv`;
  byId("csv").download = `${task.task_id}.csv`;
  byId("whole").href = `${trainingPath(task.task_id, "logs")}?format=text`;
  byId("json").href = trainingPath(task.task_id, "metrics");
}
