/** The log of one task: history first, then live, across lost connections. */

import { trainingPath } from "./server.js";

const LONGEST_WAIT = 15_000; // milliseconds between two reconnects by this module

/**
 * Follow a task's log after the entry `after`.
 *
 * `on` has `entry(entry, seq)`, `gap(entry)`, `end(entry)` and `state(word)` with connecting, live,
 * reconnecting or ended. Returns `{stop, pause, restart, last}`. The browser reconnects by itself with
 * Last-Event-ID; where it gives up (a proxy's 502), this module reconnects after the last entry.
 * Entries that a server repeats are skipped.
 */
export function follow(id, after, on) {
  let last = after;
  let source = null;
  let timer = 0;
  let wait = 1000;
  let over = false;

  function stop(word) {
    over = true;
    clearTimeout(timer);
    source?.close();
    if (word) on.state(word);
  }

  function connect() {
    source?.close();
    source = new EventSource(`${trainingPath(id, "logs")}?after=${last}`);
    source.onopen = () => {
      wait = 1000;
      on.state("live");
    };
    source.onmessage = (event) => {
      const seq = Number.parseInt(event.lastEventId, 10);
      if (seq <= last) return;
      if (seq) last = seq;
      on.entry(JSON.parse(event.data), last);
    };
    source.addEventListener("gap", (event) => on.gap(JSON.parse(event.data)));
    source.addEventListener("end", (event) => {
      stop("ended");
      on.end(JSON.parse(event.data));
    });
    source.onerror = () => {
      if (over) return;
      on.state("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    };
  }

  on.state("connecting");
  connect();
  return {
    stop,
    /** Disconnect for a while: a browser has only six connections to a server, for all its pages. */
    pause: () => over || (clearTimeout(timer), source.close()),
    /** Open a new connection, after a pause or instead of one that is dead. */
    restart: () => over || (on.state("reconnecting"), clearTimeout(timer), connect()),
    get last() {
      return last;
    },
  };
}
