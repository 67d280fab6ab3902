"""The content of a mail about the start or the end of a command that ``run`` wraps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..core.alerts import Alert, AlertKind, Detail, Level
from ..i18n import ABSENT, Wording, duration_text, number_text, zoned_time_text
from ..text.cleaning import for_body, for_header, for_name
from .mail_card import Card, Figure, block_html, note_html
from .origin import MARKS, Origin, Tone

#: What stands before the name of a metric in the details of an alert: its last and its best value, and the
#: epoch of the best.
LAST, BEST, BEST_EPOCH = "last.", "best.", "best_epoch."
_MOST_METRICS = 6
_LONGEST_ERROR = 200  # characters of a heading


def is_about_a_command(alert: Alert) -> bool:
    """Return whether an alert is about the start or the end of a wrapped command."""
    return "command" in alert.details


class RunFacts:
    """The mail about the start or the end of a wrapped command, as subject, text and card.

    Attributes:
        sentence: what happened.

    Args:
        alert: the alert; its details hold ``command`` and what is known besides: ``name``, ``ran_seconds``,
            ``exit_status``, ``error`` (the cause in words), ``confidence``, ``evidence``, ``line``, ``rank``,
            ``frame``, ``remedy``, ``also_seen``, ``checkpoint``, ``checkpoint_seconds``, ``log``,
            ``log_file``, ``signal``, ``signal_sender``, ``stopped_by``, ``limit_seconds``, ``left_seconds``,
            and the metrics with :data:`LAST`, :data:`BEST` and :data:`BEST_EPOCH` before their names.
        words: the texts.
        origin: where the mail comes from.
    """

    def __init__(self, alert: Alert, words: Wording, origin: Origin) -> None:
        self._alert = alert
        self._words = words
        self._origin = origin
        self._labels = words.labels
        self._written = {key: self._text(key, value) for key, value in alert.details.items() if value != ""}
        error = for_header(self._written.get("error", ""), _LONGEST_ERROR)
        sentence = words.event_sentences[self._sentence_key()]
        self.sentence = sentence.format_map(_Known({**self._written, "error": error}))

    def _sentence_key(self) -> str:
        key = f"run_{self._alert.kind.value}"
        is_unknown = self._alert.kind is AlertKind.TIME_SHORT and "left_seconds" not in self._written
        return f"{key}_unknown" if is_unknown else key

    def subject(self) -> str:
        """Return the subject."""
        best = self._best_text() if self._alert.kind is AlertKind.FINISHED else ""
        end = self._words.heading_end
        space = " " if end.isascii() else ""  # a Chinese colon is as wide as one with its space
        sentence = f"{self.sentence}{end}{space}{best}" if best else self.sentence
        return self._origin.subject(MARKS[self._tone()], sentence)

    def text(self) -> str:
        """Return the content as plain text."""
        words, line = self._words, self._words.line.format
        figures = [line(label=one.label, value=self._named(one)) for one in self._figures()]
        advice = [words.block.format(label=label, text=text) for label, text, _ in self._advice()]
        table = [" | ".join(row) for row in self._table()]
        rows = [line(label=label, value=value) for label, value in self._rows()]
        blocks = [words.block.format(label=label, text=text) for label, text in self._blocks()]
        heading = words.sentence.format(sentence=self.sentence)
        parts = [heading, "\n".join(figures), *advice, "\n".join(table), "\n".join(rows), *blocks]
        return "\n\n".join(filter(None, parts))

    def card(self, notes: Sequence[str]) -> Card:
        """Return the same content as a card."""
        first, *others = self._figures()
        advice = [
            block_html(label, text) if is_quoted else note_html(label, text)
            for label, text, is_quoted in self._advice()
        ]
        seen = [text for _, text, _ in self._advice()] or [f"{one.label} {one.value}" for one in others]
        return Card(
            sender=self._sender(),
            heading=self.sentence,
            score=first,
            figures=others,
            advice="\n".join(advice),
            table=self._table(),
            rows=list(self._rows()),
            notes=notes,
            blocks=self._blocks(),
            tone=self._tone(),
            preheader=" · ".join(seen),
            footer=self._footer(),
        )

    def _tone(self) -> Tone:
        tones: Mapping[Level, Tone] = {Level.WARNING: "warning", Level.CRITICAL: "critical"}
        return tones.get(self._alert.level, "calm")

    def _sender(self) -> str:
        words = self._words
        return {"warning": words.warning, "critical": words.critical}.get(self._tone(), words.sender)

    def _footer(self) -> str:
        # What has ended needs no hint about how to end it.
        return self._origin.footer(self._words) if self._alert.kind is AlertKind.STARTED else ""

    def _figures(self) -> list[Figure]:
        """Return the main figure and those beside it: of what is finished the best score, else the time."""
        ran = self._figure("ran_seconds", detail=self._written.get("name", ""))
        best, reading = self._figure("best_value", self._best()), self._alert.reading
        if best is not None and reading is not None:
            best = Figure(label=best.label, value=best.value, detail=for_name(reading.metric))
        found = [best, ran] if self._alert.kind is AlertKind.FINISHED else [ran, best]
        if reading is not None:
            last = self._written.get(f"{LAST}{reading.metric}", "")
            found.append(self._figure("last_value", last, detail=for_name(reading.metric)))
        found.append(self._figure("exit_status"))
        found.append(self._figure("left_seconds", detail=self._written.get("name", "")))
        known = [figure for figure in found if figure is not None]
        return known[:4] or [Figure(label=self._labels["name"], value=self._written.get("name", ABSENT))]

    def _named(self, figure: Figure) -> str:
        """Return a figure's value behind its metric: in a text nothing else beside it names it."""
        reading = self._alert.reading
        of_metric = reading is not None and figure.detail == for_name(reading.metric)
        return f"{figure.detail} {figure.value}" if of_metric else figure.value

    def _figure(self, key: str, value: str | None = None, *, detail: str = "") -> Figure | None:
        value = self._written.get(key, "") if value is None else value
        return Figure(label=self._labels[key], value=value, detail=detail) if value else None

    def _best(self) -> str:
        reading = self._alert.reading
        return "" if reading is None else self._written.get(f"{BEST}{reading.metric}", "")

    def _best_text(self) -> str:
        reading, best = self._alert.reading, self._best()
        return f"{for_name(reading.metric)} {best}" if reading is not None and best else ""

    def _advice(self) -> Iterator[tuple[str, str, bool]]:
        """Yield label and text of what to do and why, and whether the text is quoted from the output."""
        written, labels = self._written, self._labels
        if "remedy" in written:
            yield labels["remedy"], written["remedy"], False
        if "evidence" in written:
            line = written.get("line")
            label = labels["evidence"] if line is None else labels["evidence_at"].format(line=line)
            yield " · ".join(filter(None, [label, self._how_sure()])), self._evidence(), True
        if "frame" in written:
            yield labels["frame"], written["frame"], True

    def _evidence(self) -> str:
        """Return the evidence; of an exit status alone that status, as the last lines are shown below."""
        is_status = self._written.get("confidence") == "exit code" and "log" in self._written
        return (is_status and self._written.get("exit_status")) or self._written["evidence"]

    def _how_sure(self) -> str:
        rank = self._written.get("rank")
        sure = self._written.get("confidence", "")
        named = self._labels.get(f"confidence_{sure.replace(' ', '_')}", "")
        return " · ".join(filter(None, [named, f"{self._labels['rank']} {rank}" if rank else ""]))

    def _table(self) -> list[Sequence[str]]:
        """Return the last and the best value of each metric, below a header."""
        written, labels, words = self._written, self._labels, self._words
        names = [key.removeprefix(LAST) for key in written if key.startswith(LAST)]
        rows: list[Sequence[str]] = []
        for name in names[:_MOST_METRICS]:
            best, epoch = written.get(f"{BEST}{name}", ""), written.get(f"{BEST_EPOCH}{name}")
            if best and epoch is not None:
                best = labels["at_epoch"].format(value=best, epoch=epoch)
            rows.append((for_name(name), written[f"{LAST}{name}"], best))
        return [(words.metric, labels["last_value"], labels["best_value"]), *rows] if rows else []

    def _rows(self) -> Iterator[tuple[str, str]]:
        labels, words, written = self._labels, self._words, self._written
        checkpoint = written.get("checkpoint", "")
        if checkpoint and "checkpoint_seconds" in written:
            age = written["checkpoint_seconds"]
            checkpoint = labels["checkpoint_at"].format(path=checkpoint, age=age)
        is_done = self._alert.kind is AlertKind.FINISHED
        rows = {
            labels["checkpoint" if is_done else "resume_from"]: checkpoint,
            labels["gpus"]: written.get("gpus", ""),
            labels["also_seen"]: written.get("also_seen", ""),
            labels["stopped_by"]: written.get("stopped_by", ""),
            labels["signal"]: self._signal(),
            labels["rules"]: written.get("rules", ""),
            words.time: zoned_time_text(self._alert.time),
            words.epoch: written.get("epoch", ""),
            words.step: written.get("step", ""),
            words.host: for_name(self._origin.host),
            labels["job"]: self._origin.job_text(words),
            words.directory: for_name(self._origin.watch_dir),
            labels["command"]: written["command"],
            labels["log_file"]: written.get("log_file", ""),
        }
        return ((label, value) for label, value in rows.items() if value)

    def _signal(self) -> str:
        name, sender = self._written.get("signal", ""), self._written.get("signal_sender", "")
        return self._labels["from_signal"].format(signal=name, sender=sender) if name and sender else name

    def _blocks(self) -> list[tuple[str, str]]:
        return [(self._labels["log"], self._written["log"])] if "log" in self._written else []

    def _text(self, key: str, value: Detail) -> str:
        if isinstance(value, str):
            return for_body(value).strip("\n") if key in ("log", "evidence", "remedy") else for_name(value)
        if value is None:
            return ""
        if key.endswith("_seconds"):
            return duration_text(value, self._words.duration_units)
        return number_text(value)


class _Known(dict[str, str]):
    """Texts, with a dash for each unknown one."""

    def __missing__(self, key: str) -> str:
        return ABSENT
