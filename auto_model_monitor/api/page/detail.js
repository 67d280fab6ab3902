/** One task: where it stands, its curves and its log, brought together from the three views of the server. */

import { writeCourse, writeTiming } from "./course.js";
import { Curves } from "./curves.js";
import { byId, show, write } from "./elements.js";
import { writeFacts } from "./facts.js";
import { Lines } from "./lines.js";
import { tellState } from "./list.js";
import { Series } from "./series.js";
import * as server from "./server.js";
import { follow } from "./stream.js";
import { t } from "./words.js";

const LINES = 2000; // of a longer log, the last so many are asked for
const PAUSE = 2000; // milliseconds between two looks at a task that has not ended
const SOON = 200; // milliseconds after news that the server knows more about
const HIDDEN_PAUSE = 15_000; // the same while nobody sees the page but for its title
const HANG_UP = 60_000; // milliseconds after which a hidden page gives its connection back
const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Whether a task has ended. */
export const isFinal = (task) => FINAL.has(task?.status);

/** The view of one task at a time. `changed(task)` hears of it, `gone(id)` when there is no such task any more. */
export class Detail {
  #away = new AbortController(); // ends whatever was asked for the task before
  #timer = 0;
  #leaving = 0;
  #stream = null;
  #frame = 0;
  #early = null; // entries that came before the history was read, or null
  #heard = -1; // where the stream was at the look before

  constructor({ changed, gone, reached }) {
    Object.assign(this, { changed, gone, reached });
    this.curves = new Curves(byId("curves"), byId("more-curves"));
    this.lines = new Lines({ frame: byId("lines"), button: byId("latest"), filter: byId("only-metrics") });
    setInterval(() => this.task && !document.hidden && writeTiming(this.task, this.series), 1000);
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
  }

  /** Whoever comes back to the page sees what is; whoever leaves it for long needs no connection. */
  #seen(visible) {
    clearTimeout(this.#leaving);
    if (!visible) {
      this.#leaving = setTimeout(() => (this.#stream?.pause(), (this.paused = true)), HANG_UP);
      return;
    }
    if (this.paused) this.#stream?.restart();
    this.paused = false;
    if (this.id && !isFinal(this.task)) this.#again(0);
  }

  /** Leave the task that is open. */
  close() {
    this.#away.abort();
    clearTimeout(this.#timer);
    this.#stream?.stop();
    this.id = this.task = this.#stream = null;
    show(byId("task"), false);
  }

  /** Open a task: what it is, then its history, and its log as it comes. */
  async open(id) {
    this.close();
    this.id = id;
    const { signal } = (this.#away = new AbortController());
    this.series = new Series();
    this.link = "connecting";
    try {
      this.task = await server.task(id, signal);
      this.known = this.task.last_seq; // the history holds it up to here
      const begin = Math.max(0, (this.task.last_seq ?? 0) - LINES);
      this.lines.reset(begin);
      this.render();
      show(byId("task"), true);
      this.changed(this.task);
      this.#early = [];
      this.#follow(id, begin);
      this.#again();
      await this.#history(id, signal);
    } catch (problem) {
      if (problem.name !== "AbortError") this.#failed(problem, () => this.open(id));
    }
  }

  /** Read the metrics up to the entry that was the last one; those of later ones are heard, and wait so long. */
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
    if (seq <= this.known) return;
    if (this.#early) this.#early.push(entry);
    else this.#measure(entry);
  }

  #measure(entry) {
    const { epoch, total_epochs: total, ...values } = entry.metrics ?? {};
    for (const [metric, value] of Object.entries(values)) this.series.add(metric, epoch, value, entry.timestamp);
    Object.assign(this.task.latest_metrics, entry.metrics);
    if (epoch) this.task.current_epoch = epoch;
    if (total) this.task.total_epochs = total;
    if (entry.stage) this.task.stage = entry.stage;
    if (this.task.status === "pending" || entry.stage === "epoch_end") this.#again(SOON);
    this.#soon();
  }

  #ended(entry) {
    this.lines.add(entry);
    this.lines.end();
    this.#again(0);
  }

  /** Look again after a pause, while there is something to wait for. */
  #again(pause = document.hidden ? HIDDEN_PAUSE : PAUSE) {
    clearTimeout(this.#timer);
    if (this.id && !(isFinal(this.task) && pause)) this.#timer = setTimeout(() => this.#look(), pause);
  }

  /** Look now at what has become of the task. */
  refresh() {
    this.#again(0);
  }

  async #look() {
    const { id, task: before } = this;
    const heard = this.#stream?.last;
    try {
      const task = await server.task(id, this.#away.signal);
      this.#wake(heard, before.last_seq);
      this.#take(task);
      this.reached(null);
      this.#again();
    } catch (problem) {
      if (problem.name !== "AbortError") this.#failed(problem, () => (this.#early ? this.open(id) : this.#look()));
    }
  }

  #take(task) {
    const news = task.status !== this.task.status;
    this.task = task;
    this.render();
    this.changed(task);
    if (news) tellState(task);
  }

  /** A connection that hears nothing, though there was more to hear two seconds ago, is dead, whatever it thinks. */
  #wake(heard, there) {
    const silent = heard === this.#heard && heard === this.#stream?.last;
    this.#heard = heard;
    if (silent && this.link === "live" && !this.paused && there > heard) this.#stream.restart();
  }

  #failed(problem, retry) {
    if (problem.status === 404) return this.gone(this.id);
    if (!server.isAnswer(problem)) throw problem;
    this.reached(problem);
    clearTimeout(this.#timer);
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
    writeCourse(task, series);
    this.curves.of(task.task_id, series, isFinal(task) ? null : task.total_epochs);
  }
}
