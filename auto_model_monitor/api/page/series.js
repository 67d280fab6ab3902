/** The values of each metric over the epochs, as the curves show them. */

const MOST_DRAWN = 2000;

/** Whether less of a metric is better. */
export const lowerIsBetter = (metric) => /loss|error|perplexity|(^|_)(mae|mse|rmse)$/i.test(metric);

/** All metrics of one task. */
export class Series {
  #metrics = new Map();

  /** Take one value; null is a value that was not finite and makes a gap. */
  add(metric, epoch, value, time) {
    if (metric === "epoch" || metric === "total_epochs") return;
    let kept = this.#metrics.get(metric);
    if (!kept) this.#metrics.set(metric, (kept = { epochs: [], values: [], times: [], best: null }));
    kept.epochs.push(epoch ?? null);
    kept.values.push(value);
    kept.times.push(time);
    if (value === null) return;
    const better = lowerIsBetter(metric) ? value < kept.best?.value : value > kept.best?.value;
    if (!kept.best || better) kept.best = { value, epoch: epoch ?? null };
  }

  get names() {
    return [...this.#metrics.keys()];
  }

  /** The best value of a metric with its epoch, or null. */
  best(metric) {
    return this.#metrics.get(metric)?.best ?? null;
  }

  first(metric) {
    return this.#metrics.get(metric)?.values[0];
  }

  last(metric) {
    return this.#metrics.get(metric)?.values.at(-1);
  }

  /** When the last value of a metric was logged. */
  lastTime(metric) {
    return this.#metrics.get(metric)?.times.at(-1);
  }

  /** Whether every value so far could be a fraction: then it is written as one. */
  isFraction(metric) {
    const best = this.best(metric);
    return best !== null && best.value <= 1;
  }

  /** `{x, y}` of a metric, thinned to what a screen can show without losing a peak. */
  curve(metric) {
    const kept = this.#metrics.get(metric);
    if (!kept) return { x: [], y: [] };
    return thin(positions(kept.epochs), kept.values);
  }

  /** Whether the values spread over more than two decades, so that a log scale shows more. */
  spread(metrics) {
    let [least, most] = [Infinity, 0];
    for (const metric of metrics) {
      for (const value of this.#metrics.get(metric)?.values ?? []) {
        if (value === null) continue;
        if (value <= 0) return false;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    return most / least > 100;
  }
}

/**
 * Where each value stands on the epoch axis: the k-th of n values in epoch e at e - 1 + k/n, so that the
 * one value of a validation stands at e, where the last training value stands too. The epoch that still
 * runs is as long as the one before it. Without epochs the values are counted.
 */
export function positions(epochs) {
  if (epochs.every((epoch) => epoch === null)) return epochs.map((_, index) => index + 1);
  const x = new Array(epochs.length);
  let before = 1;
  for (let from = 0; from < epochs.length; ) {
    let to = from;
    while (to < epochs.length && epochs[to] === epochs[from]) to += 1;
    const count = to === epochs.length ? Math.max(to - from, before) : to - from;
    for (let at = from; at < to; at += 1) x[at] = (epochs[from] ?? 0) - 1 + (at - from + 1) / count;
    before = count;
    from = to;
  }
  return x;
}

/** The least and the greatest value of each of some buckets, in order: peaks stay. */
export function thin(x, y, most = MOST_DRAWN) {
  if (x.length <= most) return { x, y };
  const size = Math.ceil((2 * x.length) / most);
  const kept = { x: [], y: [] };
  for (let from = 0; from < x.length; from += size) {
    const to = Math.min(from + size, x.length);
    let [low, high] = [from, from];
    for (let at = from; at < to; at += 1) {
      if (y[at] === null) continue;
      if (y[low] === null || y[at] < y[low]) low = at;
      if (y[high] === null || y[at] > y[high]) high = at;
    }
    for (const at of new Set([Math.min(low, high), Math.max(low, high)])) {
      kept.x.push(x[at]);
      kept.y.push(y[at]);
    }
  }
  return kept;
}
