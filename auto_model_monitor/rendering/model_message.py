"""The content of a message about a model in production."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from ..core.alerts import Alert, AlertKind
from ..core.readings import Reading
from ..i18n import ABSENT, Wording, duration_text, metric_text, number_text, zoned_time_text
from ..text.cleaning import for_header, for_name
from .hit import condition
from .mail_card import Card, Figure
from .origin import Origin, mark_of, sender_of, tone_of

_WRITTEN = re.compile(r"(?<![\w.])([-+]?[0-9]*\.?[0-9]+(?:e[-+]?[0-9]+)?)\s?(%|ms|s|min|h)(?![\w.])")
_SCALES = {"%": 0.01, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_DIGITS = 4  # of a share or a time: more are noise of the rows that it was measured on
_LONGEST_MODEL = 40  # characters in a subject
_SERVICE = ("latency", "throughput", "error_rate")
_DATA = ("duplicates", "missing", "out_of_range", "new_categories", "unreadable")
_LABELS = ("labelled", "labels_unmatched")


def is_about_a_model(alert: Alert) -> bool:
    """Return whether an alert is about a model in production: its name, a window, or a crossing."""
    if alert.model is not None or "since" in alert.details:
        return True
    return alert.reading is not None and alert.reading.time is not None


class ModelFacts:
    """The default message about a model in production, as subject, text and card.

    Attributes:
        sentence: what happened.
        brief: the same with the value, for a line that stands alone.

    Args:
        alert: the alert.
        words: the texts.
        origin: where the message comes from.
    """

    def __init__(self, alert: Alert, words: Wording, origin: Origin) -> None:
        self._alert = alert
        self._words = words
        self._origin = origin
        self._scale, self._unit = _unit_of(alert)
        model = for_name(alert.model or "")
        self.sentence = self._sentence(model)
        self.brief = self._sentence(model, "_brief")

    def subject(self) -> str:
        """Return the subject."""
        mark = mark_of(self._alert.level, resolved=self._alert.resolved)
        model = for_header(self._alert.model or "", _LONGEST_MODEL)
        return self._origin.subject(mark, self._with_window(self._sentence(model, "_brief")))

    @property
    def alarm(self) -> str:
        """What happened, and in which window, for a line of a table."""
        return self._with_window(self.brief)

    @property
    def evidence(self) -> str:
        """What the value rests on, and other incidents since the last message, in brackets, if known."""
        reading, words = self._alert.reading, self._words
        found = []
        if reading is not None and reading.rows is not None and self._alert.kind is not AlertKind.STALLED:
            interval, rows = self._interval(reading), f"{reading.rows:,}"
            key = "evidence" if interval else "evidence_rows"
            found.append(words.model_sentences[key].format(interval=interval, rows=rows))
        if others := self._other_incidents():
            found.append(f"{words.labels['other_incidents']} {others}")
        return words.model_sentences["in_brackets"].format(what="; ".join(found)) if found else ""

    @property
    def next_step(self) -> str:
        """What to do; nothing where it is over."""
        return "" if self._alert.resolved else self._next_step()

    def text(self) -> str:
        """Return the content as plain text."""
        words, line = self._words, self._words.line.format
        rows = [line(label=label, value=value) for label, value in [*self._figures(), *self._rows()]]
        is_alarm = self._alert.kind is AlertKind.HIT and not self._alert.resolved
        # The sentence of a breach stands on its line as people have asked for it, without a full stop.
        heading = self.sentence if is_alarm else words.sentence.format(sentence=self.sentence)
        return "\n\n".join([heading, "\n".join(rows)])

    def card(self, notes: Sequence[str]) -> Card:
        """Return the same content as a card."""
        first, *others = self._figures() or [(self._words.score, ABSENT)]
        rows = list(self._rows())
        alert, reading = self._alert, self._alert.reading
        return Card(
            sender=sender_of(alert.level, self._words, resolved=alert.resolved),
            heading=self.sentence,
            score=Figure(
                label=first[0], value=first[1], detail="" if reading is None else for_name(reading.metric)
            ),
            figures=[Figure(label=label, value=value) for label, value in others],
            rows=rows,
            notes=notes,
            tone=tone_of(alert.level, resolved=alert.resolved),
            preheader=" · ".join(f"{label} {value}" for label, value in [*others, *rows]),
            footer=self._origin.footer(self._words),
        )

    def _sentence(self, model: str, style: str = "") -> str:
        alert, words = self._alert, self._words
        kind = f"{alert.kind.value}_resolved" if alert.resolved else alert.kind.value
        sentences = {**words.event_sentences, **words.model_sentences}
        sentence = sentences.get(f"{kind}{style}") or sentences.get(kind) or sentences[alert.kind.value]
        reading = alert.reading
        values = {
            "model": words.model_named.format(model=model) if model else "",
            "metric": ABSENT if reading is None else metric_text(for_name(reading.metric), words),
            "value": ABSENT if reading is None else self._number(reading.value),
            "score": ABSENT if reading is None else self._number(reading.value),
            "threshold": ABSENT if alert.threshold is None else self._number(alert.threshold),
            "condition": condition(alert, words),
            "window": ABSENT if reading is None else for_name(reading.name),
        }
        details = {key: self._detail(key, value) for key, value in alert.details.items() if value is not None}
        return sentence.format_map(_WithDashes({**details, **values})).strip()

    def _with_window(self, what: str) -> str:
        reading = self._alert.reading
        is_window = reading is not None and reading.time is not None
        return f"{what} · {for_name(reading.name)}" if reading is not None and is_window else what

    def _detail(self, key: str, value: str | float) -> str:
        if isinstance(value, str):
            return for_name(value)
        return (
            duration_text(value, self._words.duration_units)
            if key.endswith("_seconds")
            else number_text(value)
        )

    def _figures(self) -> list[tuple[str, str]]:
        alert, words = self._alert, self._words
        figures = []
        if alert.kind is AlertKind.STALLED:
            for key in ("silent_seconds", "limit_seconds"):
                value = alert.details.get(key)
                if value is not None:
                    figures.append((words.labels[key], self._detail(key, value)))
        elif alert.reading is not None:
            figures.append((words.labels["value"], self._number(alert.reading.value)))
        if alert.threshold is not None:
            figures.append((words.threshold, self._number(alert.threshold)))
        baseline = alert.details.get("baseline")
        if isinstance(baseline, (int, float)):
            label = f"{words.labels['baseline']} ({alert.details.get('against')})"
            figures.append((label, self._number(baseline)))
        return figures

    def _rows(self) -> Iterator[tuple[str, str]]:
        words, labels, alert, reading = self._words, self._words.labels, self._alert, self._alert.reading
        since = alert.details.get("since")
        judged = None if alert.kind is AlertKind.STALLED else reading  # a silence is about no metric
        rows = {
            labels["model"]: for_name(alert.model or ""),
            words.metric: "" if judged is None else for_name(judged.metric),
            labels["rows"]: "" if judged is None or judged.rows is None else f"{judged.rows:,}",
            labels["interval"]: "" if judged is None else self._interval(judged),
            labels["window"]: self._window(),
            labels["lasted"]: self._lasted(),
            labels["since_window"]: for_name(since) if isinstance(since, str) else "",
            labels["other_incidents"]: self._other_incidents(),
            words.time: zoned_time_text(alert.time),
            labels["rule"]: for_name(alert.rule),
            words.host: for_name(self._origin.host),
            words.labels["job"]: self._origin.job_text(words),
            labels["source"]: for_name(self._origin.watch_dir),
            labels["next_step"]: self.next_step,
        }
        return ((label, value) for label, value in rows.items() if value)

    def _other_incidents(self) -> str:
        names = self._alert.details.get("other_incidents")
        return for_name(names) if isinstance(names, str) else ""

    def _window(self) -> str:
        """Return the label, which is local to the source, and with its zone when the window ended."""
        reading = self._alert.reading
        if reading is None or reading.time is None:
            return "" if reading is None else for_name(reading.name)
        end = (
            reading.time if reading.time.tzinfo is None else reading.time.astimezone(self._alert.time.tzinfo)
        )
        return self._words.remarked.format(value=for_name(reading.name), remark=f"→ {zoned_time_text(end)}")

    def _lasted(self) -> str:
        """Return how long it lasted, from the end of the first bad window to that of the first good one."""
        alert, reading = self._alert, self._alert.reading
        if not alert.resolved or alert.kind is AlertKind.STALLED or reading is None or reading.time is None:
            return ""
        since = alert.details.get("since")
        begins = next((point.time for point in alert.history if point.name == since), None)
        if begins is None or begins > reading.time:
            return ""
        return duration_text((reading.time - begins).total_seconds(), self._words.duration_units)

    def _interval(self, reading: Reading) -> str:
        if reading.low is None or reading.high is None:
            return ""
        return f"{self._number(reading.low)} – {self._number(reading.high)}"

    def _next_step(self) -> str:
        steps, reading = self._words.next_steps, self._alert.reading
        if self._alert.kind is AlertKind.STALLED:
            return steps["stalled"]
        metric = "" if reading is None else reading.metric
        groups = {"service": _SERVICE, "data": _DATA, "labels": _LABELS}
        return steps[next((key for key, names in groups.items() if metric.startswith(names)), "quality")]

    def _number(self, value: float) -> str:
        if not self._unit or not math.isfinite(value):
            return number_text(value)
        scaled = number_text(value / self._scale, _DIGITS)
        limit = self._alert.threshold
        if limit not in (None, value) and scaled == number_text(limit / self._scale, _DIGITS):
            scaled = number_text(value / self._scale)  # more digits show on which side it is
        return f"{scaled}{'' if self._unit == '%' else ' '}{self._unit}"


class _WithDashes(dict[str, str]):
    """Texts, with a dash for each unknown one."""

    def __missing__(self, key: str) -> str:
        return ABSENT


def _unit_of(alert: Alert) -> tuple[float, str]:
    """Return the unit in which the rule's text states the threshold, as ``90%`` or ``200ms``."""
    limits = [alert.threshold, alert.details.get("limit")]
    for number, unit in _WRITTEN.findall(alert.rule):
        written = float(number) * _SCALES[unit]
        if any(isinstance(limit, (int, float)) and math.isclose(written, limit) for limit in limits):
            return _SCALES[unit], unit
    return 1.0, ""
