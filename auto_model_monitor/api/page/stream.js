/** The log of one task, as it comes: history first, then live, over any number of cut connections. */

import { trainingPath } from "./server.js";

const LONGEST_WAIT = 15_000; // milliseconds between two attempts of our own

/**
 * Follow a task's log after the entry `after`.
 *
 * `heard` has `entry(entry, seq)`, `gap(entry)`, `end(entry)` and `state(word)` with connecting, live,
 * reconnecting or ended. Returns `{stop, restart, last}`. The browser reconnects by itself with
 * Last-Event-ID; only where it gives up (a proxy's 502) do we begin again after the last entry that came.
 * No entry is heard twice, whatever a server repeats.
 */
export function follow(id, after, heard) {
  let last = after;
  let source = null;
  let timer = 0;
  let wait = 1000;
  let over = false;

  function stop(word) {
    over = true;
    clearTimeout(timer);
    source?.close();
    if (word) heard.state(word);
  }

  function connect() {
    source?.close();
    source = new EventSource(`${trainingPath(id, "logs")}?after=${last}`);
    source.onopen = () => {
      wait = 1000;
      heard.state("live");
    };
    source.onmessage = (event) => {
      const seq = Number.parseInt(event.lastEventId, 10);
      if (seq <= last) return;
      if (seq) last = seq;
      heard.entry(JSON.parse(event.data), last);
    };
    source.addEventListener("gap", (event) => heard.gap(JSON.parse(event.data)));
    source.addEventListener("end", (event) => {
      stop("ended");
      heard.end(JSON.parse(event.data));
    });
    source.onerror = () => {
      if (over) return;
      heard.state("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    };
  }

  heard.state("connecting");
  connect();
  return {
    stop,
    /** Hang up for a while: a browser has six connections to a server, for all its pages together. */
    pause: () => over || (clearTimeout(timer), source.close()),
    /** Open a new connection, after a pause or in place of one that is silent though there is more to hear. */
    restart: () => over || (heard.state("reconnecting"), clearTimeout(timer), connect()),
    get last() {
      return last;
    },
  };
}
