"""Rendering: from an alert to the message that a person receives. Pure: no I/O, no clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .alerts import Alert
from .comparison import Comparison
from .errors import RenderingError
from .mail_card import Card, Figure, card_html, lines_html
from .messages import Message
from .templates import fill, template_problems
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

#: What users hand in: gets the score and the file's name, returns (subject, lines), lines or a text.
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

    A template or a generator that fails costs nobody the mail: the default goes out, with a line that says so.
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
            content_generator: beats the templates; gets ``(score, filename)`` and returns
                ``(subject, lines)``, or the lines or one text alone.
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
        """Return the message for ``alert``; never raises for what a user's template or generator does."""
        words = self._words
        draft = self._draft(alert)
        subject = one_line(draft.subject or "", LONGEST_SUBJECT)
        if not subject:
            subject = one_line(_default_subject(alert, words), LONGEST_SUBJECT)
        if draft.text is None:
            facts = _Facts(alert, words, host=self._host, watch_dir=self._watch_dir)
            text = facts.text()
            html = card_html(facts.card(draft.notes), title=subject, lang=words.tag)
        else:
            text = _capped(clean_text(draft.text), words)
            html = lines_html(text, title=subject, lang=words.tag, notes=draft.notes)
        text = "\n\n".join([text, *draft.notes])
        return Message(id=alert.id, time=alert.time, subject=subject, text=text, html=html)

    def _draft(self, alert: Alert) -> _Draft:
        draft = _Draft()
        if self._generator is not None and not self._generate(self._generator, alert, draft):
            return draft
        words = self._words
        if draft.subject is None and self._subject_template:
            draft.subject = self._fill(
                self._subject_template, alert, words.subject_template_failed, draft
            )
        if draft.text is None and self._content_template:
            draft.text = self._fill(
                self._content_template, alert, words.content_template_failed, draft
            )
            if draft.text is not None and not draft.text.strip():
                draft.text = None
        return draft

    def _generate(self, generator: ContentGenerator, alert: Alert, draft: _Draft) -> bool:
        try:
            result = generator(alert.reading.value, alert.reading.name)
            draft.subject, draft.text = _generated(result, self._words)
        # SystemExit too: a generator that calls sys.exit() must not end the watch.
        except (Exception, SystemExit) as error:
            _log.exception("the content generator failed on %r; the default mail is sent", alert.reading.name)
            draft.notes.append(self._words.generator_failed.format(reason=_reason(error)))
            return False
        return True

    def _fill(self, template: str, alert: Alert, failed: str, draft: _Draft) -> str | None:
        try:
            return fill(template, self._values(alert), ABSENT)
        except RenderingError as error:
            _log.error("a template failed on %r; the default is sent: %s", alert.reading.name, error)
            draft.notes.append(failed.format(reason=_reason(error)))
            return None

    def _values(self, alert: Alert) -> dict[str, str | float | None]:
        reading = alert.reading
        previous = alert.previous_best
        gain = None if previous is None else _gain(alert, previous)
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
            "improvement": gain,
            "watch_dir": clean_name(self._watch_dir) or None,
            "host": clean_name(self._host) or None,
            "path": clean_name(reading.path) or None,
        }


class _Facts:
    """What the default mail says of an alert, as text and as a card."""

    def __init__(self, alert: Alert, words: Wording, *, host: str, watch_dir: str) -> None:
        self._alert = alert
        self._words = words
        self._condition = _condition(alert, words)
        reading = alert.reading
        self._name = clean_name(reading.name)
        self._score = number_text(reading.value)
        self._threshold = number_text(alert.threshold)
        self._time = zoned_time_text(alert.time)
        self._metric = clean_name(reading.metric)
        rows = [
            (words.epoch, "" if reading.epoch is None else str(reading.epoch)),
            (words.step, "" if reading.step is None else str(reading.step)),
            (words.host, clean_name(host)),
            (words.directory, clean_name(watch_dir)),
        ]
        self._rows = [(label, value) for label, value in rows if value]

    def text(self) -> str:
        """Return the content as plain text: first the five lines that users of 0.2 know."""
        words = self._words
        first = [
            (words.file, self._name),
            (words.score, self._score),
            (words.threshold, self._threshold),
            (words.time, self._time),
        ]
        rest = [(words.metric, self._metric), (words.previous, self._previous()), *self._rows]
        heading = words.heading.format(condition=self._condition) + words.heading_end
        return "\n".join([heading, *self._lines(first), "", *self._lines(rest)])

    def card(self, notes: Sequence[str]) -> Card:
        """Return the same content as a card."""
        words = self._words
        previous = self._alert.previous_best
        return Card(
            sender=words.sender,
            heading=words.heading.format(condition=self._condition),
            score=Figure(label=words.score, value=self._score, detail=self._metric),
            figures=(
                Figure(label=words.threshold, value=self._threshold),
                Figure(
                    label=words.previous, value=words.none if previous is None else number_text(previous)
                ),
                *self._change(),
            ),
            rows=[(words.file, self._name), (words.time, self._time), *self._rows],
            notes=notes,
        )

    def _lines(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        return [self._words.line.format(label=label, value=value) for label, value in pairs]

    def _change(self) -> tuple[Figure, ...]:
        words, previous = self._words, self._alert.previous_best
        base = self._alert.threshold if previous is None else previous
        gain = _gain(self._alert, base)
        if gain == 0 or gain != gain:
            return ()
        down = (gain > 0) == (self._alert.comparison is Comparison.LOWER)
        if previous is None:
            label = words.below_by if down else words.above_by
        else:
            label = words.down if down else words.up
        percent = percent_text(gain, base) or ""
        return (Figure(label=label, value=number_text(abs(gain)), detail=percent),)

    def _previous(self) -> str:
        words, previous = self._words, self._alert.previous_best
        change = self._change()
        if not change:
            if previous is None:
                return words.first.format(condition=self._condition)
            return words.unchanged.format(previous=number_text(previous))
        figure = change[0]
        amount = figure.value
        if figure.detail:
            amount = words.amount.format(change=figure.value, percent=figure.detail)
        if previous is None:
            return words.first_by.format(condition=self._condition, word=figure.label, amount=amount)
        pattern = words.changed_down if figure.label == words.down else words.changed_up
        return pattern.format(previous=number_text(previous), amount=amount)


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


def _generated(result: object, words: Wording) -> tuple[str | None, str]:
    """Return the subject, if any, and the text of what a generator returned."""
    subject, contents = None, result
    if isinstance(result, tuple) and len(result) == 2:
        head, tail = result
        if isinstance(head, str | None) and isinstance(tail, str | list | tuple):
            subject, contents = head, tail
    if isinstance(contents, list | tuple):
        contents = "\n".join(map(str, contents))
    if not isinstance(contents, str) or not contents.strip():
        raise RenderingError(words.generator_result.format(got=one_line(repr(result), 80)))
    return subject, contents


def _reason(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type(error).__name__
    return one_line(f"{name}: {text}" if text else name, _LONGEST_REASON)


def _capped(text: str, words: Wording) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= LARGEST_TEXT:
        return text
    return f"{data[:LARGEST_TEXT].decode('utf-8', 'ignore')}\n{words.cut}"
