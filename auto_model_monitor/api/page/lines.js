/** The live log: only the last lines, and no scrolling while the user reads. */

import { make, show, write } from "./elements.js";
import { clock, moment } from "./figures.js";
import { t } from "./words.js";

const MOST = 2000; // lines kept and shown
const NEAR = 24; // pixels from the end that still count as the end

/** The element of one line. */
function lineOf({ timestamp, level, message, stage, gap }) {
  const badge = stage
    ? make("span", { class: `badge ${stage}` }, t(stage === "completed" ? "stage_completed" : stage))
    : make("span", { class: "badge none" });
  const time = make("time", { datetime: timestamp, title: moment(timestamp) }, clock(timestamp));
  const text = make("span", { class: "message" }, message);
  return make("div", { class: gap ? "entry gap" : "entry", "data-level": level }, time, badge, text);
}

/** The newest entries of one kind; `dropped` counts the removed ones. */
class Ring {
  entries = [];
  dropped = 0;

  push(entry) {
    this.entries.push(entry);
    if (this.entries.length < 2 * MOST) return; // removed by the thousand, which costs less
    this.dropped += this.entries.length - MOST;
    this.entries = this.entries.slice(-MOST);
  }
}

/** The view of a log. */
export class Lines {
  #waiting = []; // entries since the last frame
  #pending = false;
  #follows = true;
  #unread = 0;

  constructor({ frame, button, filter }) {
    Object.assign(this, { frame, button, filter });
    frame.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    button.addEventListener("click", () => this.toEnd());
    filter.addEventListener("change", () => this.render());
    this.reset();
  }

  /** Start another log, whose first `skipped` lines are not requested. */
  reset(skipped = 0) {
    this.all = new Ring();
    this.metric = new Ring();
    this.all.dropped = skipped;
    this.over = false;
    this.render();
    this.toEnd();
  }

  /** Add an entry; the next frame shows it. */
  add(entry) {
    this.all.push(entry);
    const counts = Object.keys(entry.metrics ?? {}).some((name) => name !== "epoch" && name !== "total_epochs");
    if (counts) this.metric.push(entry);
    if (counts || !this.filter.checked) this.#wait(entry);
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => this.#append());
  }

  /** A hidden page has no frames, perhaps for a night, so the waiting entries are limited. */
  #wait(entry) {
    this.#unread += this.#follows ? 0 : 1;
    this.#waiting.push(entry);
    if (this.#waiting.length >= 2 * MOST) this.#waiting = this.#waiting.slice(-MOST);
  }

  /** The log is complete: an empty one stays empty. */
  end() {
    this.over = true;
    this.#head();
  }

  /** Show everything again, after a change of language or filter. */
  render() {
    this.#waiting = [];
    const ring = this.filter.checked ? this.metric : this.all;
    this.head = make("p", { class: "skipped" });
    this.frame.replaceChildren(this.head, ...ring.entries.slice(-MOST).map(lineOf));
    this.#head();
    if (this.#follows) this.toEnd();
    this.#button();
  }

  toEnd() {
    this.#follows = true;
    this.#unread = 0;
    this.frame.scrollTop = this.frame.scrollHeight;
    this.#button();
  }

  #append() {
    this.#pending = false;
    this.frame.append(...this.#waiting.slice(-MOST).map(lineOf));
    this.#waiting = [];
    this.#trim();
    this.#head();
    if (this.#follows) this.frame.scrollTop = this.frame.scrollHeight;
    this.#button();
  }

  /** Remove the oldest lines without moving what is being read. */
  #trim() {
    const surplus = this.frame.childElementCount - 1 - MOST;
    if (surplus <= 0) return;
    const before = this.frame.scrollHeight;
    const range = document.createRange();
    range.setStartAfter(this.head);
    range.setEndAfter(this.frame.children[surplus]);
    range.deleteContents();
    if (!this.#follows) this.frame.scrollTop -= before - this.frame.scrollHeight;
  }

  #head() {
    const missing = this.filter.checked ? 0 : this.all.dropped + Math.max(0, this.all.entries.length - MOST);
    const empty = this.frame.childElementCount === 1;
    const text = missing ? t("skipped", { count: missing }) : t(this.over ? "no_lines_ever" : "no_lines");
    write(this.head, text);
    show(this.head, Boolean(missing) || empty);
  }

  #scrolled() {
    const left = this.frame.scrollHeight - this.frame.scrollTop - this.frame.clientHeight;
    this.#follows = left < NEAR;
    if (this.#follows) this.#unread = 0;
    this.#button();
  }

  #button() {
    show(this.button, !this.#follows);
    const text = this.#unread ? t("latest_new", { count: this.#unread }) : t("latest");
    write(this.button.lastElementChild, text);
  }
}
