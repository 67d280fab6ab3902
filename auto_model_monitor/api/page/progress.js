/** The progress card: the bar, the figures with their best values, and the time that is left. */

import { byId, show, write } from "./elements.js";
import { accuracy, duration, figure } from "./figures.js";
import { t } from "./words.js";

const FIGURES = ["val_acc", "train_acc", "val_loss", "train_loss", "learning_rate"];

/** Write the whole card. */
export function writeProgress(task, series) {
  write(byId("percent"), `${task.progress}%`);
  byId("progress").style.width = `${task.progress}%`;
  byId("track").setAttribute("aria-valuenow", task.progress);
  byId("track").dataset.state = task.status;
  const [epoch, total] = [task.current_epoch, task.total_epochs];
  write(byId("epoch"), epoch ? t("epoch_of", { epoch, total: total || "?" }) : t("epochs", { total }));
  const stage = byId("stage");
  show(stage, Boolean(task.stage) && task.status === "running");
  stage.className = `badge ${task.stage}`;
  write(stage, t(task.stage === "completed" ? "stage_completed" : (task.stage ?? "")));
  for (const metric of FIGURES) writeFigure(metric, task.latest_metrics ?? {}, series);
  writeTiming(task, series);
}

function writeFigure(metric, latest, series) {
  const percent = !series.isFraction(metric);
  const written = (value) => (metric.endsWith("_acc") ? accuracy(value, percent) : figure(value));
  const id = metric.replace("_", "-");
  write(byId(id), metric in latest ? (latest[metric] === null ? "NaN/∞" : written(latest[metric])) : "–");
  const aside = metric === "learning_rate" ? firstRate(latest, series) : best(series.best(metric), written);
  write(byId(`${id}-best`), aside);
}

function best(found, written) {
  if (!found) return "";
  const value = written(found.value);
  return found.epoch === null ? t("best", { value }) : t("best_at", { value, epoch: found.epoch });
}

function firstRate(latest, series) {
  const first = series.first("learning_rate");
  const changed = typeof first === "number" && first !== latest.learning_rate;
  return changed ? t("started_with", { value: figure(first) }) : "";
}

/** Write the time that the task has taken and the time that is left. */
export function writeTiming(task, series) {
  const { status, created_at: created, started_at: started, finished_at: finished } = task;
  const since = (from, to = Date.now()) => duration(to - Date.parse(from));
  const parts = [];
  if (status === "pending") parts.push(t("waits", { time: since(created) }));
  else if (started && finished) parts.push(t("took", { time: since(started, Date.parse(finished)) }));
  else if (started) parts.push(t("runs", { time: since(started) }));
  const left = status === "running" && task.progress > 0 ? end(task, series) - Date.now() : Number.NaN;
  if (left > 0) parts.push(t("left", { time: duration(left, true) }));
  write(byId("timing"), parts.join(" · "));
}

/** The estimated end, from the pace until the last validation: milliseconds since 1970. */
function end(task, series) {
  const started = Date.parse(task.started_at);
  const validated = series.lastTime("val_acc") ?? series.lastTime("val_loss");
  return started + ((Date.parse(validated) - started) * 100) / task.progress;
}
