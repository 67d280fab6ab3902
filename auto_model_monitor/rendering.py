"""Rendering: from an alert to the message that a person receives. Pure: no I/O, no clock."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .alerts import Alert
from .comparison import Comparison
from .errors import RenderingError
from .mail_card import Card, Figure, card_html, lines_html
from .messages import Fact, Message
from .templates import fill, generated, template_problems
from .wording import (
    ABSENT,
    Language,
    Wording,
    clean_name,
    clean_text,
    exact_gain,
    number_text,
    one_line,
    percent_text,
    time_text,
    wording,
    zoned_time_text,
)

__all__ = ["ContentGenerator", "Renderer", "template_problems"]

#: What users hand in: takes the score and the file's name, returns (subject, lines), lines or a text.
ContentGenerator = Callable[[float, str], object]

LONGEST_SUBJECT = 500  # characters
LARGEST_TEXT = 200_000  # bytes in UTF-8
_LONGEST_REASON = 300  # characters

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Draft:
    """What the user's own templates or generator gave; None where the default stands."""

    subject: str | None = None
    text: str | None = None
    notes: list[str] = field(default_factory=list)


class Renderer:
    """Puts alerts into words, by default or as the user's templates or generator say.

    A template or a generator that fails costs nobody the mail: the default goes out, with a line that
    says so.
    """

    def __init__(
        self,
        *,
        language: Language = "zh",
        subject_template: str | None = None,
        content_template: str | None = None,
        content_generator: ContentGenerator | None = None,
        watch_dir: str = "",
        host: str = "",
    ) -> None:
        """Take the language and the user's wishes.

        Args:
            language: the language of everything that the user did not word.
            subject_template: the subject with ``{placeholders}``; None or blank for the default.
            content_template: the same for the content.
            content_generator: called with ``(score, filename)``; returns ``(subject, lines)``, or the
                lines or one text alone. It goes before the templates.
            watch_dir: the directory to name in the mail; it is not looked at.
            host: the machine to name in the mail.
        """
        self._words = wording(language)
        self._subject_template = subject_template
        self._content_template = content_template
        self._generator = content_generator
        self._watch_dir = watch_dir
        self._host = host

    def render(self, alert: Alert) -> Message:
        """Return the message for ``alert``, whatever a user's template or generator does."""
        words = self._words
        draft = _Draft()
        if self._generator is None or self._generate(self._generator, alert, draft):
            self._fill_templates(alert, draft)
        subject = one_line(draft.subject or "", LONGEST_SUBJECT)
        subject = subject or one_line(_default_subject(alert, words), LONGEST_SUBJECT)
        if draft.text is None or not draft.text.strip():
            facts = _Facts(alert, words, host=self._host, watch_dir=self._watch_dir)
            text = _cut(facts.text(), words)
            html = card_html(facts.card(draft.notes), title=subject, lang=words.tag)
        else:
            text = _cut(clean_text(draft.text), words)
            html = lines_html(text, title=subject, lang=words.tag, notes=draft.notes)
        text = "\n\n".join([text, *draft.notes])
        return Message(
            id=alert.id,
            time=alert.time,
            subject=subject,
            text=text,
            html=html,
            level=alert.level,
            facts=self._facts(alert),
        )

    def _facts(self, alert: Alert) -> dict[str, Fact]:
        """Return the placeholders' values and what else a program asks for, as JSON can hold them."""
        value = alert.reading.value
        return {
            "rule": alert.rule,
            **self._values(alert),
            "timestamp": alert.time.isoformat(timespec="seconds"),
            "comparison": alert.comparison.value,
            # JSON has no NaN and no infinity: those are written as texts.
            "score": value if math.isfinite(value) else repr(value),
        }

    def _generate(self, generator: ContentGenerator, alert: Alert, draft: _Draft) -> bool:
        try:
            draft.subject, draft.text = generated(generator(alert.reading.value, alert.reading.name))
        # SystemExit too: a generator that calls sys.exit() must not end the watch.
        except (Exception, SystemExit) as error:
            _log.exception("the content generator failed on %r", alert.reading.name)
            draft.notes.append(self._words.generator_failed.format(reason=_reason(error)))
            return False
        return True

    def _fill_templates(self, alert: Alert, draft: _Draft) -> None:
        """Fill the templates for what the generator, if any, did not give."""
        words = self._words
        if draft.subject is None and self._subject_template:
            failed = words.subject_template_failed
            draft.subject = self._filled(self._subject_template, alert, failed, draft)
        if draft.text is None and self._content_template:
            failed = words.content_template_failed
            draft.text = self._filled(self._content_template, alert, failed, draft)

    def _filled(self, template: str, alert: Alert, failed: str, draft: _Draft) -> str | None:
        try:
            return fill(template, self._values(alert), ABSENT)
        except RenderingError as error:
            _log.error("a template failed on %r: %s", alert.reading.name, error)
            draft.notes.append(failed.format(reason=_reason(error)))
            return None

    def _values(self, alert: Alert) -> dict[str, str | float | None]:
        reading, previous = alert.reading, alert.previous_best
        return {
            "filename": clean_name(reading.name),
            "score": reading.value,
            "threshold": alert.threshold,
            "condition": _condition(alert, self._words),
            "timestamp": time_text(alert.time),
            "metric": clean_name(reading.metric),
            "epoch": reading.epoch,
            "step": reading.epoch if reading.step is None else reading.step,
            "previous_best": previous,
            "improvement": None if previous is None else _gain(alert, previous),
            "watch_dir": clean_name(self._watch_dir) or None,
            "host": clean_name(self._host) or None,
            "path": clean_name(reading.path) or None,
        }


class _Facts:
    """What the default mail says of an alert, as text and as a card."""

    def __init__(self, alert: Alert, words: Wording, *, host: str, watch_dir: str) -> None:
        self._words = words
        self._down = alert.comparison is Comparison.LOWER
        self._heading = words.heading.format(condition=_condition(alert, words))
        self._file = (words.file, clean_name(alert.reading.name))
        self._score = (words.score, number_text(alert.reading.value))
        self._threshold = (words.threshold, number_text(alert.threshold))
        self._time = (words.time, zoned_time_text(alert.time))
        self._metric = (words.metric, clean_name(alert.reading.metric))
        best = alert.previous_best
        self._best = None if best is None else number_text(best)
        self._change = self._change_from(alert, alert.threshold if best is None else best)
        rows = {
            words.epoch: _whole(alert.reading.epoch),
            words.step: _whole(alert.reading.step),
            words.host: clean_name(host),
            words.directory: clean_name(watch_dir),
        }
        self._rows = [(label, value) for label, value in rows.items() if value]

    def text(self) -> str:
        """Return the content as plain text: first the five lines that users of 0.2 know."""
        words = self._words
        first = (self._file, self._score, self._threshold, self._time)
        rest = (self._metric, (words.previous, self._previous()), *self._rows)
        heading = self._heading + words.heading_end
        return "\n".join([heading, *map(self._line, first), "", *map(self._line, rest)])

    def card(self, notes: Sequence[str]) -> Card:
        """Return the same content as a card."""
        words = self._words
        figures = [Figure(label=self._threshold[0], value=self._threshold[1])]
        figures.append(Figure(label=words.previous, value=self._best or words.none))
        if self._change:
            label = self._change.label
            figures.append(replace(self._change, label=label[:1].upper() + label[1:]))
        return Card(
            sender=words.sender,
            heading=self._heading,
            score=Figure(label=self._score[0], value=self._score[1], detail=self._metric[1]),
            figures=figures,
            rows=[self._file, self._time, *self._rows],
            notes=notes,
        )

    def _line(self, row: tuple[str, str]) -> str:
        label, value = row
        return self._words.line.format(label=label, value=value)

    def _change_from(self, alert: Alert, base: float) -> Figure | None:
        gain = _gain(alert, base)
        if gain == 0 or not math.isfinite(gain):
            return None
        # Always an improvement when a threshold rule speaks; another rule may say that it got worse.
        down = self._down == (gain > 0)
        words = self._words
        if alert.previous_best is None:
            label = words.below_by if down else words.above_by
        else:
            label = words.down_by if down else words.up_by
        detail = percent_text(gain, base) or ""
        return Figure(label=label, value=number_text(abs(gain)), detail=detail)

    def _previous(self) -> str:
        words, change = self._words, self._change
        best = self._best or words.none
        if change is None:
            return best
        amount = change.value
        if change.detail:
            amount = words.amount.format(change=change.value, percent=change.detail)
        pattern = words.since if self._best else words.first
        return pattern.format(best=best, label=change.label, amount=amount)


def _condition(alert: Alert, words: Wording) -> str:
    return words.below if alert.comparison is Comparison.LOWER else words.above


def _default_subject(alert: Alert, words: Wording) -> str:
    return words.subject.format(
        metric=alert.reading.metric,
        score=number_text(alert.reading.value),
        condition=_condition(alert, words),
        threshold=number_text(alert.threshold),
    )


def _gain(alert: Alert, base: float) -> float:
    value = alert.reading.value
    return exact_gain(alert.comparison.gain(value, base), value, base)


def _whole(number: int | None) -> str:
    return "" if number is None else str(number)


def _reason(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    # Our own texts need no name before them.
    if not isinstance(error, RenderingError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return one_line(text, _LONGEST_REASON)


def _cut(text: str, words: Wording) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= LARGEST_TEXT:
        return text
    return f"{data[:LARGEST_TEXT].decode('utf-8', 'ignore')}\n{words.cut}"
