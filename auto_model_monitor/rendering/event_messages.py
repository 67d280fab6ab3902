"""The content of a mail about any event except a score beyond a threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..core.alerts import Alert, AlertKind, Detail
from ..i18n import ABSENT, Wording, duration_text, number_text, size_text, zoned_time_text
from ..text.cleaning import for_body, for_header, for_name
from .hit import condition, whole_text
from .mail_card import Card, Figure
from .origin import Origin, mark_of, sender_of, tone_of

# The main figure of each kind, and the figures beside it if they are known.
_FIGURES: Mapping[AlertKind, tuple[str, ...]] = {
    AlertKind.HIT: ("score", "threshold", "held_checkpoints"),
    AlertKind.NOT_FINITE: ("score",),
    AlertKind.STALLED: ("silent_seconds", "usual_gap_seconds", "limit_seconds"),
    AlertKind.PLATEAU: ("best", "score", "checkpoints_since_best"),
    AlertKind.DIVERGED: ("recent_median", "best", "factor"),
    AlertKind.DISK: ("free_bytes", "hours_left", "total_bytes"),
    AlertKind.GPU_IDLE: ("idle_seconds", "limit_seconds"),
    AlertKind.GPU_MEMORY: ("used_percent", "limit_percent"),
    AlertKind.GPU_TEMPERATURE: ("celsius", "limit_celsius"),
    AlertKind.FINISHED: ("ran_seconds", "best"),
    AlertKind.CRASHED: ("ran_seconds", "best"),
    AlertKind.INTERRUPTED: ("ran_seconds", "best"),
    AlertKind.PREEMPTED: ("ran_seconds", "best"),
    AlertKind.TIMED_OUT: ("ran_seconds", "best"),
    AlertKind.STOPPED: ("ran_seconds", "best"),
    AlertKind.UNDELIVERED: ("channel",),
    AlertKind.STARTED: ("rules",),
    AlertKind.TIME_SHORT: ("left_seconds",),
}
_OF_CARDS = (AlertKind.GPU_IDLE, AlertKind.GPU_MEMORY, AlertKind.GPU_TEMPERATURE)
# The small text beside the main figure.
_BESIDE = {
    AlertKind.DISK: "path",
    **dict.fromkeys(_OF_CARDS, ""),
    AlertKind.STALLED: "",
    AlertKind.STARTED: "",
} | dict.fromkeys(
    (
        *(AlertKind.FINISHED, AlertKind.CRASHED, AlertKind.INTERRUPTED),
        *(AlertKind.PREEMPTED, AlertKind.TIMED_OUT, AlertKind.STOPPED, AlertKind.TIME_SHORT),
    ),
    "name",
)
_UNITS = {"factor": "×", "percent": "%", "celsius": " °C"}  # by the end of the key of a detail
_BLOCKS = ("traceback", "log")
_LONGEST_METRIC = 32  # characters in a subject


class EventFacts:
    """The default mail about an alert of any kind, as subject, text and card.

    Attributes:
        sentence: what happened.

    Args:
        alert: the alert.
        words: the texts.
        origin: where the mail comes from.
    """

    def __init__(self, alert: Alert, words: Wording, origin: Origin) -> None:
        self._alert = alert
        self._origin = origin
        self._words = words
        self._written = _Written({**_details(alert.details, words), **_known(alert, words)})
        self._written["disk_soon"] = _soon(self._written, words)
        self.sentence = _sentence(alert, words).format_map(self._written)
        self._rows = list(self._placed())
        self._blocks = [(words.labels[key], self._written[key]) for key in _BLOCKS if key in self._written]

    def subject(self) -> str:
        """Return the subject."""
        written = _Written(self._written)
        written["metric"] = for_header(written["metric"], _LONGEST_METRIC)
        sentence = _sentence(self._alert, self._words).format_map(written)
        return self._origin.subject(mark_of(self._alert.level, resolved=self._alert.resolved), sentence)

    def text(self) -> str:
        """Return the content as plain text."""
        words, line = self._words, self._words.line.format
        figures = [line(label=figure.label, value=figure.value) for figure in self._figures()]
        rows = [line(label=label, value=value) for label, value in self._rows]
        blocks = [words.block.format(label=label, text=text) for label, text in self._blocks]
        heading = words.sentence.format(sentence=self.sentence)
        return "\n\n".join(filter(None, [heading, "\n".join(figures), "\n".join(rows), *blocks]))

    def card(self, notes: Sequence[str]) -> Card:
        """Return the same content as a card."""
        first, *others = self._figures()
        return Card(
            sender=sender_of(self._alert.level, self._words, resolved=self._alert.resolved),
            heading=self.sentence,
            score=first,
            figures=others,
            rows=self._rows,
            notes=notes,
            blocks=self._blocks,
            tone=tone_of(self._alert.level, resolved=self._alert.resolved),
            preheader=" · ".join([*(f"{f.label} {f.value}" for f in others), *(v for _, v in self._rows)]),
            footer=self._origin.footer(self._words),
        )

    def _figures(self) -> list[Figure]:
        kind = self._alert.kind
        first, *others = _FIGURES[kind]
        beside = self._written.get(_BESIDE.get(kind, "metric"), "")
        return [
            Figure(label=self._label(first), value=self._written[first], detail=beside),
            *(Figure(label=self._label(k), value=self._written[k]) for k in others if k in self._written),
        ]

    def _label(self, key: str) -> str:
        words = self._words
        return {"score": words.score, "threshold": words.threshold}.get(key) or words.labels[key]

    def _placed(self) -> Iterator[tuple[str, str]]:
        words, reading = self._words, self._alert.reading
        rows = {
            self._where(): "" if reading is None else for_name(reading.name),
            words.labels["subject"]: self._written.get("subject", ""),
            words.labels["error"]: self._written.get("error", ""),
            **{words.labels[key]: self._written.get(key, "") for key in ("cause", "frame", "remedy")},
            words.time: zoned_time_text(self._alert.time),
            words.metric: self._written.get("metric", ""),
            words.epoch: "" if reading is None else whole_text(reading.epoch),
            words.step: "" if reading is None else whole_text(reading.step),
            words.labels["checkpoint_file"]: "" if reading is None else for_name(reading.checkpoint),
            words.host: for_name(self._origin.host),
            words.labels["job"]: self._origin.job_text(words),
            words.directory: for_name(self._origin.watch_dir),
        }
        return ((label, value) for label, value in rows.items() if value)

    def _where(self) -> str:
        """Return the label of the place of the reading."""
        words, reading = self._words, self._alert.reading
        in_log = reading is not None and reading.in_log
        if self._alert.kind is AlertKind.STALLED and not self._alert.resolved:
            return words.labels["last_in_log" if in_log else "last_file"]
        return words.log if in_log else words.file


def _sentence(alert: Alert, words: Wording) -> str:
    kind = alert.kind.value
    key = f"{kind}_resolved" if alert.resolved else kind
    keys = [f"{key}_in_log", f"{kind}_in_log"] if alert.reading is not None and alert.reading.in_log else []
    keys += [key, kind]
    return next(words.event_sentences[key] for key in keys if key in words.event_sentences)


class _Written(dict[str, str]):
    """Formatted values, with a dash for each unknown one."""

    def __missing__(self, key: str) -> str:
        return ABSENT


def _known(alert: Alert, words: Wording) -> dict[str, str]:
    known = {"condition": condition(alert, words)}
    if alert.reading is not None:
        known |= {"metric": for_name(alert.reading.metric), "score": number_text(alert.reading.value)}
    if alert.threshold is not None:
        known["threshold"] = number_text(alert.threshold)
    if alert.previous_best is not None:
        known["best"] = number_text(alert.previous_best)
    return known


def _details(details: Mapping[str, Detail], words: Wording) -> dict[str, str]:
    return {key: _detail(key, value, words) for key, value in details.items() if value is not None}


def _detail(key: str, value: str | float, words: Wording) -> str:
    if isinstance(value, str):
        return for_body(value).rstrip() if key in _BLOCKS else for_name(value)
    if key.endswith("_seconds"):
        return duration_text(value, words.duration_units)
    if key == "hours_left":
        return duration_text(value * 3600, words.duration_units)
    unit = next((unit for end, unit in _UNITS.items() if key.endswith(end)), None)
    if unit is not None:
        return f"{number_text(value)}{unit}"
    return size_text(value) if key.endswith("_bytes") else number_text(value)


def _soon(written: Mapping[str, str], words: Wording) -> str:
    return words.disk_soon.format_map(written) if "hours_left" in written else ""
