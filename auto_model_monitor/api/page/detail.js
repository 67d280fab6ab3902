/** One task: its progress, its curves and its log, combined from three routes of the server. */

import { Curves } from "./curves.js";
import { byId, show, write } from "./elements.js";
import { writeFacts } from "./facts.js";
import { Lines } from "./lines.js";
import { announceState } from "./list.js";
import { writeProgress, writeTiming } from "./progress.js";
import { Series } from "./series.js";
import * as server from "./server.js";
import { follow } from "./stream.js";
import { t } from "./words.js";

const LINES = 2000; // requested of a longer log: the last ones
const PAUSE = 2000; // milliseconds between two polls of a task that has not ended
const SOON = 200; // milliseconds until the poll after an event that changes the task
const HIDDEN_PAUSE = 15_000; // PAUSE while the page is hidden and only its title is visible
const HANG_UP = 60_000; // milliseconds after which a hidden page closes its connection
const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Whether a task has ended. */
export const isFinal = (task) => FINAL.has(task?.status);

/** The view of one task. Calls `changed(task)` for each new state, `gone(id)` when the task no longer exists. */
export class Detail {
  #away = new AbortController(); // aborts the requests of the previous task
  #timer = 0;
  #leaving = 0;
  #stream = null;
  #frame = 0;
  #early = null; // entries that arrive before the history is read, or null
  #soonPolled = false; // a poll is due because of an event
  #lastPolled = -1; // the stream's last entry at the previous poll

  constructor({ changed, gone, reached }) {
    Object.assign(this, { changed, gone, reached });
    this.curves = new Curves(byId("curves"), byId("more-curves"));
    this.lines = new Lines({ frame: byId("lines"), button: byId("latest"), filter: byId("only-metrics") });
    setInterval(() => this.task && !document.hidden && writeTiming(this.task, this.series), 1000);
    document.addEventListener("visibilitychange", () => this.#visible(!document.hidden));
  }

  /** Refresh when the page becomes visible; close the connection when it stays hidden. */
  #visible(visible) {
    clearTimeout(this.#leaving);
    if (!visible) {
      this.#leaving = setTimeout(() => (this.#stream?.pause(), (this.paused = true)), HANG_UP);
      return;
    }
    if (this.paused) this.#stream?.restart();
    this.paused = false;
    if (this.id && !isFinal(this.task)) this.#pollAfter(0);
  }

  /** Close the open task. */
  close() {
    this.#away.abort();
    clearTimeout(this.#timer);
    this.#stream?.stop();
    this.id = this.task = this.#stream = null;
    show(byId("task"), false);
  }

  /** Open a task: its state, then its history, and its log as it grows. */
  async open(id) {
    this.close();
    this.id = id;
    const { signal } = (this.#away = new AbortController());
    this.series = new Series();
    this.#soonPolled = false;
    this.link = "connecting";
    try {
      this.task = await server.task(id, signal);
      this.known = this.task.last_seq; // the history ends here
      this.series = new Series(this.task.first_epoch);
      const begin = Math.max(0, (this.task.last_seq ?? 0) - LINES);
      this.lines.reset(begin);
      this.render();
      show(byId("task"), true);
      this.changed(this.task);
      this.#early = [];
      this.#follow(id, begin);
      this.#pollAfter();
      await this.#history(id, signal);
    } catch (problem) {
      if (problem.name !== "AbortError") this.#failed(problem, () => this.open(id));
    }
  }

  /** Read the metrics up to the last known entry; later entries from the stream wait until then. */
  async #history(id, signal) {
    const last = this.known;
    for await (const rows of server.metricPages(id, signal, last)) {
      for (const row of rows) if (row.seq <= last) this.series.add(row.metric, row.epoch, row.value, row.timestamp);
      this.#soon();
    }
    const early = this.#early;
    this.#early = null;
    for (const entry of early) this.#measure(entry);
  }

  #follow(id, after) {
    const mine = (listener) => (...args) => this.id === id && listener(...args);
    this.#stream = follow(id, after, {
      entry: mine((entry, seq) => this.#entry(entry, seq)),
      gap: mine((entry) => this.lines.add({ ...entry, gap: true })),
      end: mine((entry) => this.#ended(entry)),
      state: mine((word) => ((this.link = word), this.#writeLink())),
    });
  }

  #entry(entry, seq) {
    this.lines.add(entry);
    if (seq <= this.known) return;
    if (this.#early) this.#early.push(entry);
    else this.#measure(entry);
  }

  #measure(entry) {
    const { epoch, total_epochs: total, ...values } = entry.metrics ?? {};
    for (const [metric, value] of Object.entries(values)) this.series.add(metric, epoch, value, entry.timestamp);
    Object.assign(this.task.latest_metrics, entry.metrics);
    if (epoch != null) this.task.current_epoch = epoch;
    if (epoch === 0) this.task.first_epoch = 0;
    if (total) this.task.total_epochs = total;
    if (entry.stage) this.task.stage = entry.stage;
    if (this.task.status === "pending" || entry.stage === "epoch_end" || entry.stage === "validation") this.#pollSoon();
    this.#soon();
  }

  #ended(entry) {
    this.lines.add(entry);
    this.lines.end();
    this.#pollAfter(0);
  }

  /** Poll after a pause, unless the task has ended. */
  #pollAfter(pause = document.hidden ? HIDDEN_PAUSE : PAUSE) {
    clearTimeout(this.#timer);
    if (this.id && !(isFinal(this.task) && pause)) this.#timer = setTimeout(() => this.#poll(), pause);
  }

  /** Poll soon, once for any number of events: the server knows what is best by now. */
  #pollSoon() {
    if (this.#soonPolled) return;
    this.#soonPolled = true;
    this.#pollAfter(SOON);
  }

  /** Poll now. */
  refresh() {
    this.#pollAfter(0);
  }

  async #poll() {
    const { id, task: before } = this;
    this.#soonPolled = false;
    const last = this.#stream?.last;
    try {
      const task = await server.task(id, this.#away.signal);
      this.#reconnectIfDead(last, before.last_seq);
      this.#take(task);
      this.reached(null);
      this.#pollAfter();
    } catch (problem) {
      if (problem.name !== "AbortError") this.#failed(problem, () => (this.#early ? this.open(id) : this.#poll()));
    }
  }

  #take(task) {
    const isNewState = task.status !== this.task.status;
    this.task = task;
    this.render();
    this.changed(task);
    if (isNewState) announceState(task);
  }

  /** Restart a connection that stays silent although the server had more entries two seconds ago. */
  #reconnectIfDead(last, available) {
    const silent = last === this.#lastPolled && last === this.#stream?.last;
    this.#lastPolled = last;
    if (silent && this.link === "live" && !this.paused && available > last) this.#stream.restart();
  }

  #failed(problem, retry) {
    if (problem.status === 404) return this.gone(this.id);
    if (!server.isAnswer(problem)) throw problem;
    this.reached(problem);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(retry, PAUSE);
  }

  /** Write the figures and the curves in the next frame. */
  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.task) this.#writeProgress();
    });
  }

  /** Write everything, for a new task, state or language. */
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
    this.#writeProgress();
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

  #writeProgress() {
    const { task, series } = this;
    writeProgress(task, series);
    this.curves.of(task.task_id, series, isFinal(task) ? null : task.total_epochs);
  }
}
