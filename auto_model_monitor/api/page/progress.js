/** The progress card: the bar, the figures with their best values, and the time that is left. */

import { byId, make, show, write } from "./elements.js";
import { accuracy, duration, figure } from "./figures.js";
import { inOrder } from "./palette.js";
import { known, t } from "./words.js";

const USUAL = ["val_acc", "train_acc", "val_loss", "train_loss", "learning_rate"]; // their tiles are in the document
const MOST = 6; // tiles

/** The epoch as people count, from 1; 0 before the first. */
export const counted = ({ current_epoch: epoch, first_epoch: first = 1, latest_metrics: latest = {} }) =>
  epoch || (first === 0 && "epoch" in latest) ? epoch + 1 - first : 0;

/** Write the whole card. */
export function writeProgress(task, series) {
  write(byId("percent"), `${task.progress}%`);
  byId("progress").style.width = `${task.progress}%`;
  byId("track").setAttribute("aria-valuenow", task.progress);
  byId("track").dataset.state = task.status;
  const [epoch, total] = [counted(task), task.total_epochs];
  write(byId("epoch"), epoch ? t("epoch_of", { epoch, total: total || "?" }) : t("epochs", { total }));
  const stage = byId("stage");
  show(stage, Boolean(task.stage) && task.status === "running");
  stage.className = `badge ${task.stage}`;
  write(stage, t(task.stage === "completed" ? "stage_completed" : (task.stage ?? "")));
  writeFigures(task, series);
  writeTiming(task, series);
}

/** Show a tile for each usual metric that is there, and for the first of the others as far as there is room. */
function writeFigures(task, series) {
  const latest = task.latest_metrics ?? {};
  const usual = USUAL.filter((metric) => metric in latest);
  for (const metric of USUAL) show(byId(metric.replace("_", "-")).parentElement, metric in latest);
  for (const metric of usual) {
    const id = metric.replace("_", "-");
    writeFigure(metric, task, series, byId(id), byId(`${id}-best`));
  }
  const others = inOrder(Object.keys(latest).filter((metric) => !USUAL.includes(metric) && !/^(epoch|total_epochs|best_.*)$/.test(metric)));
  const room = others.slice(0, Math.max(0, MOST - usual.length));
  const list = byId("figures");
  for (const tile of [...list.querySelectorAll("[data-metric]")]) if (!room.includes(tile.dataset.metric)) tile.remove();
  const rate = byId("learning-rate").parentElement;
  for (const metric of room) {
    let tile = [...list.querySelectorAll("[data-metric]")].find((one) => one.dataset.metric === metric);
    if (!tile) {
      tile = make("div", { "data-metric": metric }, make("dt", { title: metric }), make("dd"), make("dd", { class: "best" }));
      list.insertBefore(tile, rate);
    }
    write(tile.children[0], known(metric) ? t(metric) : metric);
    writeFigure(metric, task, series, tile.children[1], tile.children[2]);
  }
}

/** The server knows the best value and its direction, also while the history still loads. */
function writeFigure(metric, task, series, node, aside) {
  const latest = task.latest_metrics;
  const best = task.best?.[metric];
  const percent = !series.isFraction(metric, latest[metric], best?.value);
  const written = (value) => (metric.endsWith("_acc") ? accuracy(value, percent) : figure(value));
  write(node, latest[metric] === null ? "NaN/∞" : written(latest[metric]));
  write(aside, metric === "learning_rate" ? firstRate(latest, series) : bestText(best, written, task.first_epoch ?? 1));
}

function bestText(best, written, first) {
  if (!best) return "";
  const value = written(best.value);
  return best.epoch === null ? t("best", { value }) : t("best_at", { value, epoch: best.epoch + 1 - first });
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
