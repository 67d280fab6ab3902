/** Numbers and times, written for people. */

import { language, t } from "./words.js";

/** A number with at most `digits` significant digits; a dash if it is not finite. */
export function figure(value, digits = 4) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 2).replace(/(\.\d*?)0+e/, "$1e").replace(".e", "e");
  return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size + 1))))));
}

/** An accuracy: 82.45 is a percentage, 0.8245 a fraction, as it was logged. */
export function accuracy(value, percent = value > 1) {
  if (typeof value !== "number") return "–";
  return percent ? `${value.toFixed(2)}%` : value.toFixed(4);
}

/** A duration, given in milliseconds; an estimate is rounded to minutes or ten seconds. */
export function duration(milliseconds, estimate = false) {
  const step = estimate ? (milliseconds > 90_000 ? 60 : 10) : 1;
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000 / step) * step);
  const [d, h, m, s] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d) return t("days", { d, h });
  if (h) return t("hours", { h, m });
  if (m && !s && estimate) return t("whole_minutes", { m });
  return m ? t("minutes", { m, s }) : t("seconds", { s });
}

/** The time since something, to the minute, so that a list does not flicker. */
export function ago(when) {
  const minutes = Math.floor((Date.now() - Date.parse(when)) / 60_000);
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "always", style: "short" });
  if (!(minutes >= 1)) return t("now");
  if (minutes < 60) return format.format(-minutes, "minute");
  if (minutes < 60 * 24) return format.format(-Math.floor(minutes / 60), "hour");
  return format.format(-Math.floor(minutes / 60 / 24), "day");
}

/** A moment in full, in the reader's time zone. */
export function moment(when) {
  const date = new Date(when ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? "–" : date.toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium" });
}

/** The time of day of a log line. */
export function clock(when) {
  const date = new Date(when);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en-GB");
}
