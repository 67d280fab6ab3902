/** One task: where it stands, its curves and its log, brought together from the three views of the server. */

import { Curves } from "./curves.js";
import { byId, show, write } from "./elements.js";
import { writeFacts } from "./facts.js";
import { accuracy, duration, figure } from "./figures.js";
import { Lines } from "./lines.js";
import { tellState } from "./list.js";
import { Series } from "./series.js";
import * as server from "./server.js";
import { follow } from "./stream.js";
import { t } from "./words.js";

const LINES = 2000; // of a longer log, the last so many are asked for
const PAUSE = 2000; // milliseconds between two looks at a task that has not ended
const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Whether a task has ended. */
export const isFinal = (task) => FINAL.has(task?.status);

/** The view of one task at a time. `changed(task)` hears of it, `gone(id)` when there is no such task any more. */
export class Detail {
  #away = new AbortController(); // ends whatever was asked for the task before
  #timer = 0;
  #stream = null;
  #frame = 0;

  constructor({ changed, gone, reached }) {
    Object.assign(this, { changed, gone, reached });
    this.curves = new Curves(byId("curves"), byId("more-curves"));
    this.lines = new Lines({ frame: byId("lines"), button: byId("latest"), filter: byId("only-metrics") });
    setInterval(() => document.hidden || this.#writeTiming(), 1000);
    document.addEventListener("visibilitychange", () => document.hidden || (this.id && !isFinal(this.task) && this.#look()));
  }

  /** Leave the task that is open. */
  close() {
    this.#away.abort();
    clearTimeout(this.#timer);
    this.#stream?.stop();
    this.id = this.task = this.#stream = null;
    show(byId("task"), false);
  }

  /** Open a task: what it is, then its history, then its log as it comes. */
  async open(id) {
    this.close();
    this.id = id;
    const { signal } = (this.#away = new AbortController());
    this.series = new Series();
    this.link = "connecting";
    try {
      this.task = await server.task(id, signal);
      const begin = Math.max(0, (this.task.last_seq ?? 0) - LINES);
      this.lines.reset(begin);
      this.render();
      show(byId("task"), true);
      this.changed(this.task);
      this.known = await this.#history(id, signal);
      this.#follow(id, begin);
      this.#again();
    } catch (problem) {
      if (problem.name !== "AbortError") this.#failed(problem, () => this.open(id));
    }
  }

  /** Read the metrics that there are and return up to which entry. */
  async #history(id, signal) {
    let seen = this.task.last_seq ?? 0;
    for await (const rows of server.metricPages(id, signal)) {
      for (const row of rows) this.series.add(row.metric, row.epoch, row.value, row.timestamp);
      seen = Math.max(seen, rows.at(-1)?.seq ?? 0);
      this.#soon();
    }
    return seen;
  }

  #follow(id, after) {
    const mine = (heard) => (...args) => this.id === id && heard(...args);
    this.#stream = follow(id, after, {
      entry: mine((entry, seq) => this.#entry(entry, seq)),
      gap: mine((entry) => this.lines.add({ ...entry, gap: true })),
      end: mine((entry) => this.#ended(entry)),
      state: mine((word) => ((this.link = word), this.#writeLink())),
    });
  }

  #entry(entry, seq) {
    this.lines.add(entry);
    if (seq <= this.known) return; // the history had it
    const { epoch, total_epochs: total, ...values } = entry.metrics ?? {};
    for (const [metric, value] of Object.entries(values)) this.series.add(metric, epoch, value, entry.timestamp);
    Object.assign(this.task.latest_metrics, entry.metrics);
    if (epoch) this.task.current_epoch = epoch;
    if (total) this.task.total_epochs = total;
    if (entry.stage) this.task.stage = entry.stage;
    if (this.task.status === "pending" || entry.stage === "epoch_end") this.#again(0);
    this.#soon();
  }

  #ended(entry) {
    this.lines.add(entry);
    this.lines.end();
    this.#again(0);
  }

  /** Look again after a pause, while there is something to wait for. */
  #again(pause = PAUSE) {
    clearTimeout(this.#timer);
    if (this.id && !(isFinal(this.task) && pause)) this.#timer = setTimeout(() => this.#look(), pause);
  }

  /** Look now at what has become of the task. */
  refresh() {
    this.#again(0);
  }

  async #look() {
    const { id, task: before } = this;
    if (document.hidden) return;
    try {
      const task = await server.task(id, this.#away.signal);
      this.#wake(before.last_seq);
      this.#take(task);
      this.reached(null);
      this.#again();
    } catch (problem) {
      if (problem.name !== "AbortError") this.#failed(problem, () => this.#look());
    }
  }

  #take(task) {
    const news = task.status !== this.task.status;
    this.task = task;
    this.render();
    this.changed(task);
    if (news) tellState(task);
  }

  /** A connection that hears nothing of entries that were there two seconds ago is dead, whatever it thinks. */
  #wake(lastSeq) {
    if (this.link === "live" && lastSeq > this.#stream.last) this.#stream.restart();
  }

  #failed(problem, retry) {
    if (problem.status === 404) return this.gone(this.id);
    if (!server.isAnswer(problem)) throw problem;
    this.reached(problem);
    this.#timer = setTimeout(retry, PAUSE);
  }

  /** Write the figures and the curves with the next frame. */
  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.task) this.#writeCourse();
    });
  }

  /** Write everything, for another task, another state or another language. */
  render() {
    const { task } = this;
    if (!task) return;
    write(byId("model"), task.model);
    byId("model").title = task.model;
    byId("state").dataset.state = task.status;
    const cancelling = task.cancelling && !isFinal(task);
    write(byId("state"), t(cancelling ? "cancelling" : task.status));
    write(byId("where"), [task.device, task.trainer].filter(Boolean).join(" · "));
    show(byId("cancel"), !isFinal(task));
    byId("cancel").disabled = cancelling;
    show(byId("again"), isFinal(task) && Boolean(task.request));
    show(byId("delete"), isFinal(task));
    show(byId("reason"), Boolean(task.reason) && (task.status === "failed" || task.status === "cancelled"));
    byId("reason").dataset.state = task.status;
    write(byId("reason"), task.reason ?? "");
    this.#writeLink();
    this.#writeCourse();
    writeFacts(task);
  }

  /** The language or the theme has changed. */
  renderAll() {
    this.render();
    if (this.task) this.lines.render();
    this.curves.redraw();
  }

  #writeLink() {
    byId("link").dataset.link = this.link;
    write(byId("link"), t(`link_${this.link}`));
  }

  #writeCourse() {
    const { task, series } = this;
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
    this.#writeFigures();
    this.#writeTiming();
    this.curves.of(task.task_id, series, isFinal(task) ? null : total);
  }

  #writeFigures() {
    const { series } = this;
    const latest = this.task.latest_metrics ?? {};
    for (const metric of ["val_acc", "train_acc", "val_loss", "train_loss", "learning_rate"]) {
      const percent = !series.isFraction(metric);
      const written = (value) => (metric.endsWith("_acc") ? accuracy(value, percent) : figure(value));
      const id = metric.replace("_", "-");
      write(byId(id), metric in latest ? (latest[metric] === null ? "NaN/∞" : written(latest[metric])) : "–");
      const { value, epoch } = series.best(metric) ?? {};
      const best = value === undefined ? "" : epoch === null ? t("best", { value: written(value) }) : t("best_at", { value: written(value), epoch });
      write(byId(`${id}-best`), metric === "learning_rate" ? this.#firstRate() : best);
    }
  }

  #firstRate() {
    const first = this.series.first("learning_rate");
    const changed = typeof first === "number" && first !== this.task.latest_metrics?.learning_rate;
    return changed ? t("started_with", { value: figure(first) }) : "";
  }

  #writeTiming() {
    if (!this.task) return;
    const { status, created_at: created, started_at: started, finished_at: finished, progress } = this.task;
    const since = (from, to = Date.now()) => duration((typeof to === "number" ? to : Date.parse(to)) - Date.parse(from));
    const parts = [];
    if (status === "pending") parts.push(t("waits", { time: since(created) }));
    else if (started && finished) parts.push(t("took", { time: since(started, finished) }));
    else if (started) parts.push(t("runs", { time: since(started) }));
    const left = status === "running" && progress > 0 ? this.#end() - Date.now() : Number.NaN;
    if (left > 0) parts.push(t("left", { time: duration(left, true) }));
    write(byId("timing"), parts.join(" · "));
  }

  /** When the training will end if it goes on as until its last validation: milliseconds since 1970. */
  #end() {
    const started = Date.parse(this.task.started_at);
    const validated = this.series.lastTime("val_acc") ?? this.series.lastTime("val_loss");
    return started + ((Date.parse(validated) - started) * 100) / this.task.progress;
  }
}
