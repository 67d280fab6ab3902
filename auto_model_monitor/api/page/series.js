/** The values of each metric over the epochs, as the curves show them. */

const MOST_DRAWN = 2000;
const MOST_KEPT = 40_000; // of one metric; beyond that, every second one is dropped

/** All metrics of one task. */
export class Series {
  #metrics = new Map();

  /** `first_epoch` is the number that the log gives its first epoch, 0 or 1. */
  constructor(first_epoch = 1) {
    this.first_epoch = first_epoch;
  }

  /** Add one value; null stands for one that is not finite and makes a gap. */
  add(metric, epoch, value, time) {
    if (metric === "epoch" || metric === "total_epochs") return;
    let kept = this.#metrics.get(metric);
    if (!kept) this.#metrics.set(metric, (kept = { epochs: [], values: [], numbers: [], count: 0, most: null }));
    kept.first ??= value;
    kept.epochs.push(epoch ?? null);
    kept.values.push(value);
    kept.numbers.push((kept.count += 1));
    kept.time = time;
    if (kept.values.length > MOST_KEPT) {
      for (const name of ["epochs", "values", "numbers"]) kept[name] = kept[name].filter((_, at) => at % 2);
    }
    if (epoch === 0) this.first_epoch = 0;
    if (value !== null) kept.most = Math.max(kept.most ?? value, value);
  }

  get names() {
    return [...this.#metrics.keys()];
  }

  /** Whether a metric has a finite value. */
  hasNumber(metric) {
    return this.#metrics.get(metric)?.most != null;
  }

  first(metric) {
    return this.#metrics.get(metric)?.first;
  }

  last(metric) {
    return this.#metrics.get(metric)?.values.at(-1);
  }

  /** The time of the last value of a metric. */
  lastTime(metric) {
    return this.#metrics.get(metric)?.time;
  }

  /** Whether all values so far, and those given, can be fractions, and are written as such. */
  isFraction(metric, ...values) {
    return [this.#metrics.get(metric)?.most, ...values].every((value) => value == null || value <= 1);
  }

  /** `{x, y}` of a metric, thinned to what a screen can show without losing a peak. */
  curve(metric) {
    const kept = this.#metrics.get(metric);
    if (!kept) return { x: [], y: [] };
    return thin(positions(kept.epochs, kept.numbers, this.first_epoch), kept.values);
  }

  /** Whether the values span more than two decades, so that a log scale shows more. */
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
 * The position of each value on the epoch axis: k/n into its epoch for the k-th of its n values, so that the
 * only value of a validation is at its end, like the last training value. The first epoch is from 0 to 1,
 * whether the log calls it 0 or 1, and holds what was logged before it. The running epoch is taken to be as
 * long as the one before it. Without epochs the position is the value's number: `numbers` also counts values
 * that were dropped.
 */
export function positions(epochs, numbers = epochs.map((_, at) => at + 1), first = 1) {
  const known = epochs.find((epoch) => epoch !== null);
  if (known === undefined) return numbers;
  const x = new Array(epochs.length);
  let before = 1;
  for (let from = 0; from < epochs.length; ) {
    const epoch = epochs[from] ?? known;
    let [own, to] = [from, from]; // `own`: where the epoch itself begins, after what was logged before it
    while (to < epochs.length && (epochs[to] ?? known) === epoch) own = epochs[to++] === null ? to : own;
    const length = numbers[to - 1] - numbers[from] + 1;
    const count = to === epochs.length ? Math.max(length, before) : length;
    for (let at = from; at < to; at += 1) x[at] = epoch - first + (numbers[at] - numbers[from] + 1) / count;
    before = own < to ? count - (numbers[own] - numbers[from]) : count;
    from = to;
  }
  return x;
}

/** Reduce to the least and the greatest value of each bucket, in order, so that peaks stay. */
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
  if (kept.x.at(-1) !== x.at(-1)) (kept.x.push(x.at(-1)), kept.y.push(y.at(-1)));
  return kept;
}
