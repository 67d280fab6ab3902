/** The HTTP API, as the page uses it. Addresses are relative, so that it also works below a path prefix. */

const BASE = "api/v2/";

/** The address of a training, or of one of its views. */
export const trainingPath = (id, view = "") => `${BASE}training/${encodeURIComponent(id)}${view && `/${view}`}`;

/** The server answered with a problem: `status` and, for a 422, `errors` by field. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

/** Whether this is one of the two, and not a bug of the page. */
export const isAnswer = (problem) => problem instanceof Refused || problem instanceof Unreachable;

/**
 * Ask the server and return its JSON, or null for an empty response.
 * Throws Refused or Unreachable; an AbortError passes through.
 */
export async function ask(path, { method = "GET", json, signal } = {}) {
  const options = { method, signal, headers: { accept: "application/json" }, cache: "no-store" };
  if (method !== "GET") {
    options.headers["content-type"] = "application/json";
    options.body = json === undefined ? undefined : JSON.stringify(json);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Unreachable(problem.message);
  }
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

/** Request a page of the tasks: `{items, total, limit, offset}`. */
export function tasks({ states = [], limit = 50, offset = 0, ...filters }, signal) {
  const query = new URLSearchParams({ limit, offset });
  for (const state of states) query.append("status", state);
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  return ask(`${BASE}training?${query}`, { signal });
}

export const task = (id, signal) => ask(trainingPath(id, "details"), { signal });
export const trainers = () => ask(`${BASE}trainers`);
export const start = (request) => ask(`${BASE}training/start`, { method: "POST", json: request });
export const cancel = (id) => ask(trainingPath(id, "cancel"), { method: "POST" });
export const remove = (id) => ask(trainingPath(id), { method: "DELETE" });

/** Yield the metric rows of a task up to an entry, page by page: `{seq, timestamp, epoch, metric, value}`. */
export async function* metricPages(id, signal, last) {
  let after = 0;
  while (after != null && after < last) {
    const page = await ask(`${trainingPath(id, "metrics")}?limit=10000&after=${after}`, { signal });
    yield page.items;
    after = page.next;
  }
}
