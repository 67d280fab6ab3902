/** The list of the tasks: filtered, in pages, refreshed every few seconds. */

import { byId, make, show, speak, write } from "./elements.js";
import { Row } from "./row.js";
import * as server from "./server.js";
import { t } from "./words.js";

const STATES = ["running", "pending", "completed", "failed", "cancelled"];
const PAGE = 50; // at first
const MAX_LIMIT = 200; // the most that the server returns in one response
const PAUSE = 3000; // milliseconds between two polls
const TYPING = 200; // milliseconds without a key after which a search is sent

/** The list with its filters. Calls `reached(problem)` after each poll, with null for success. */
export class List {
  #rows = new Map(); // id -> Row
  #tasks = new Map(); // id -> the last known state, newest task first
  #states = null; // null: all
  #search = "";
  #typing = 0;
  #timer = 0;
  #polling = null;
  total = 0;

  constructor(reached) {
    this.reached = reached;
    this.rows = byId("rows");
    byId("search").addEventListener("input", () => this.#searchSoon());
    byId("more").addEventListener("click", () => this.#more());
    this.rows.addEventListener("keydown", (event) => this.#walk(event));
    document.addEventListener("visibilitychange", () => document.hidden || this.poll());
    this.#makeFilters();
  }

  /** Ask the server once the user stops typing. */
  #searchSoon() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      const search = byId("search").value.trim();
      if (search === this.#search) return;
      this.#search = search;
      this.#tasks.clear();
      this.poll();
    }, TYPING);
  }

  #makeFilters() {
    const choose = (state) => {
      this.#states = state && [state];
      this.#tasks.clear();
      this.render();
      this.poll();
    };
    this.chips = [null, ...STATES].map((state) => {
      const dot = state ? [make("span", { class: "dot" })] : [];
      const chip = make("button", { type: "button", class: "chip", onclick: () => choose(state) }, ...dot, make("span"));
      if (state) chip.dataset.state = state;
      return chip;
    });
    byId("states").replaceChildren(...this.chips);
  }

  /** Poll now, and then every few seconds while the page is visible. */
  async poll() {
    clearTimeout(this.#timer);
    this.#polling?.abort();
    const polling = (this.#polling = new AbortController());
    try {
      await this.#fetch(polling.signal);
      this.reached(null);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (!server.isAnswer(problem)) throw problem;
      this.reached(problem);
    }
    if (polling !== this.#polling) return;
    this.render();
    if (!document.hidden) this.#timer = setTimeout(() => this.poll(), PAUSE);
  }

  /** Fetch the newest tasks, and those of the older ones that have not ended. */
  async #fetch(signal) {
    const shown = Math.max(PAGE, this.#tasks.size);
    const limit = Math.min(shown, MAX_LIMIT);
    const newest = await server.tasks({ states: this.#states ?? [], search: this.#search, limit }, signal);
    const listed = new Set(newest.items.map((task) => task.task_id));
    const oldest = newest.items.length < limit ? "" : newest.items.at(-1).created_at; // ISO 8601 in UTC: sorts as text
    const older = [...this.#tasks.values()].filter((task) => !listed.has(task.task_id) && task.created_at <= oldest);
    const moving = [];
    if (older.length) {
      const states = (this.#states ?? STATES).filter((state) => state === "running" || state === "pending");
      if (states.length) moving.push(...(await server.tasks({ states, search: this.#search, limit: MAX_LIMIT }, signal)).items);
    }
    const now = new Map(moving.map((task) => [task.task_id, task]));
    this.total = newest.total;
    this.answered = true;
    this.#tasks = new Map([...newest.items, ...older.map((task) => now.get(task.task_id) ?? task)].map((task) => [task.task_id, task]));
  }

  async #more() {
    try {
      const next = await server.tasks({ states: this.#states ?? [], search: this.#search, limit: MAX_LIMIT, offset: this.#tasks.size });
      const last = [...this.#rows.values()].at(-1);
      for (const task of next.items) this.#tasks.set(task.task_id, task);
      this.total = next.total;
      this.render();
      last?.node.nextElementSibling?.firstElementChild.focus({ preventScroll: true });
    } catch (problem) {
      if (!server.isAnswer(problem)) throw problem;
      this.reached(problem);
    }
  }

  /** Take in what is known of one task from elsewhere, such as its own view. */
  learn(task) {
    const known = this.#tasks.get(task.task_id);
    if (!known) return;
    this.#tasks.set(task.task_id, { ...known, ...task });
    if (!this.#states || this.#states.includes(task.status)) this.#rows.get(task.task_id)?.write({ ...known, ...task });
  }

  /** Forget a task that is gone. */
  forget(id) {
    if (this.#tasks.delete(id)) this.total -= 1;
    this.render();
  }

  /** The id of the task to show first: the newest one that runs, else the newest. */
  first() {
    const all = [...this.#tasks.values()];
    return (all.find((task) => task.status === "running") ?? all[0])?.task_id;
  }

  /** Give the focus back to the row that it came from. */
  focus(id) {
    this.#rows.get(id)?.link.focus();
  }

  /** Mark the one that is open. */
  mark(id) {
    this.opened = id;
    for (const [own, row] of this.#rows) {
      if (own === id) row.link.setAttribute("aria-current", "true");
      else row.link.removeAttribute("aria-current");
    }
  }

  /** Bring the rows in line with what is known, touching only what has changed. */
  render() {
    this.#renderFilters();
    const tasks = [...this.#tasks.values()];
    const kept = new Set(tasks.map((task) => task.task_id));
    for (const [id, row] of this.#rows) if (!kept.has(id)) (row.node.remove(), this.#rows.delete(id));
    tasks.forEach((task, at) => {
      let row = this.#rows.get(task.task_id);
      if (!row) this.#rows.set(task.task_id, (row = new Row(task.task_id)));
      row.write(task);
      if (this.rows.children[at] !== row.node) this.rows.insertBefore(row.node, this.rows.children[at] ?? null);
    });
    this.mark(this.opened);
    this.#renderFoot(tasks.length);
  }

  #renderFilters() {
    this.chips.forEach((chip, at) => {
      const state = [null, ...STATES][at];
      write(chip.lastElementChild, t(state ?? "all"));
      chip.setAttribute("aria-pressed", state === (this.#states?.[0] ?? null));
    });
  }

  #renderFoot(matching) {
    const loaded = this.#tasks.size;
    const more = loaded < this.total;
    show(byId("more"), more);
    write(byId("more"), t("more", { shown: loaded, total: this.total }));
    const none = matchMedia("(min-width: 900px)").matches ? "none_yet" : "welcome_empty"; // the rest stands beside it
    write(byId("none"), t(this.#states || this.#search ? "none_match" : none));
    show(byId("none"), matching === 0 && Boolean(this.answered));
  }

  /** The up and down keys move from row to row. */
  #walk(event) {
    const row = event.target.closest("li");
    const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    next.firstElementChild.focus();
  }
}

/** Announce the new state of a task. */
export function announceState(task) {
  speak(t("announced_state", { model: task.model, state: t(task.status) }));
}
