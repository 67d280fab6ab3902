"""Rendering: from an alert to the message that a person receives. Pure: no I/O, no clock."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..core.alerts import Alert
from ..core.errors import RenderingError
from ..core.messages import Fact, Message
from ..core.slurm_job import SlurmJob
from ..i18n import ABSENT, Language, Wording, wording
from ..text.cleaning import for_body, for_header, for_name
from .chart import picture_html, with_curve
from .curve import Curve
from .event_messages import EventFacts
from .hit import Hit, HitFacts
from .mail_card import card_html, lines_html
from .model_message import ModelFacts, is_about_a_model
from .origin import Origin
from .run_message import RunFacts, is_about_a_command
from .templates import fill, generated, template_problems

if TYPE_CHECKING:
    from .pictures import CurveDrawer

__all__ = ["ContentGenerator", "Renderer", "template_problems"]

#: A user's function: takes the score and the file name, returns (subject, lines), lines or a text.
ContentGenerator = Callable[[float, str], object]

LONGEST_SUBJECT = 500  # characters of a user's own
LARGEST_TEXT = 200_000  # bytes in UTF-8
_LONGEST_REASON = 300  # characters

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Draft:
    """The result of the user's templates or generator; None where the default applies."""

    subject: str | None = None
    text: str | None = None
    notes: list[str] = field(default_factory=list)


class Renderer:
    """Renders alerts as messages, with the default texts or the user's templates or generator.

    When a template or the generator fails, the default text goes out with a note about the failure.

    Args:
        language: the language of all default texts; None for the locale's.
        subject_template: the subject with ``{placeholders}``; None or blank for the default.
        content_template: the same for the content.
        content_generator: called with ``(score, filename)``; returns ``(subject, lines)``, or the
            lines or one text alone. It takes precedence over the templates.
        watch_dir: the directory to name in the mail; it need not exist.
        host: the machine to name in the mail.
        process: the process ID of the watch, for the footer; 0 leaves the footer out.
        job: the Slurm job to name in the mail.
        plots: True shows the scores so far as a picture (extra ``plots``) instead of small bars.

    Raises:
        MissingExtraError: ``plots`` is True and matplotlib is not installed.
    """

    def __init__(
        self,
        *,
        language: Language | None = None,
        subject_template: str | None = None,
        content_template: str | None = None,
        content_generator: ContentGenerator | None = None,
        watch_dir: str = "",
        host: str = "",
        process: int = 0,
        job: SlurmJob | None = None,
        plots: bool = False,
    ) -> None:
        self._words = wording(language)
        self._subject_template = subject_template
        self._content_template = content_template
        self._generator = content_generator
        self._origin = Origin(watch_dir=watch_dir, host=host, process=process, job=job)
        self._drawer = _curve_drawer() if plots else None

    def render(self, alert: Alert) -> Message:
        """Return the message for ``alert``, even if a user's template or generator fails.

        Templates and the generator apply to hits; other alerts have the default texts.
        """
        words, hit, draft = self._words, Hit.of(alert), _Draft()
        if hit is not None and (self._generator is None or self._generate(self._generator, hit, draft)):
            self._fill_templates(hit, draft)
        facts = self._facts_of(alert, hit)
        curve = Curve.of(alert, words)
        picture = self._drawer.picture(curve, draft.notes) if curve and self._drawer else None
        subject = for_header(draft.subject or "", LONGEST_SUBJECT)
        subject = subject or facts.subject()
        if draft.text is None or not draft.text.strip():
            card = with_curve(facts.card(draft.notes), curve, picture)
            curve_text = curve.text(with_rows=not card.table) if curve else ""
            text = _cut("\n\n".join(filter(None, [facts.text(), curve_text, card.footer])), words)
            html = card_html(card, title=subject, lang=words.tag)
        else:
            text = _cut(for_body(draft.text), words)
            chart = picture_html(curve, picture) if curve and picture else ""
            html = lines_html(text, title=subject, lang=words.tag, notes=draft.notes, chart=chart)
        return Message(
            id=alert.id,
            time=alert.time,
            subject=subject,
            text="\n\n".join([text, *draft.notes]),
            html=html,
            level=alert.level,
            facts=self._for_programs(alert, hit),
            pictures=(picture,) if picture else (),
        )

    def render_look(self, alerts: Sequence[Alert]) -> Message:
        """Return one message about several alerts of one look, the worst first; one alert has its own.

        Templates and the generator apply to one alert alone.
        """
        if len(alerts) == 1:
            return self.render(alerts[0])
        from .look_message import look_message  # of several models alone

        return look_message(alerts, self._words, self._origin)

    def undelivered(self, alert: Alert, channel: str, message: Message, reason: str) -> Message:
        """Return the message about one that a notifier refused permanently."""
        details = {"channel": channel, "subject": message.subject, "error": reason}
        return self.render(replace(alert, details={**alert.details, **details}))

    def _facts_of(self, alert: Alert, hit: Hit | None) -> HitFacts | EventFacts | ModelFacts | RunFacts:
        if is_about_a_command(alert):
            return RunFacts(alert, self._words, self._origin)
        if is_about_a_model(alert):
            return ModelFacts(alert, self._words, self._origin)
        if hit is not None:
            return HitFacts(hit, self._words, self._origin)
        return EventFacts(alert, self._words, self._origin)

    def _for_programs(self, alert: Alert, hit: Hit | None) -> dict[str, Fact]:
        """Return the facts of the alert as JSON values."""
        known = self._values(hit) if hit is not None else _known(alert)
        facts = {
            **alert.details,
            **known,
            **self._origin.facts(),
            **_subject(alert),
            **_window(alert),
            **_checkpoint(alert),
            "rule": alert.rule,
            "kind": alert.kind.value,
            "level": alert.level.value,
            "resolved": alert.resolved,
            "timestamp": alert.time.isoformat(timespec="seconds"),
            "comparison": None if alert.comparison is None else alert.comparison.value,
        }
        # JSON has no NaN and no infinity: they become texts.
        return {
            key: repr(v) if isinstance(v, float) and not math.isfinite(v) else v for key, v in facts.items()
        }

    def _generate(self, generator: ContentGenerator, hit: Hit, draft: _Draft) -> bool:
        try:
            draft.subject, draft.text = generated(generator(hit.reading.value, hit.reading.name))
        # SystemExit too: a generator that calls sys.exit() must not end the watch.
        except (Exception, SystemExit) as error:
            _log.exception("the content generator failed on %r", hit.reading.name)
            draft.notes.append(self._words.generator_failed.format(reason=_reason(error)))
            return False
        return True

    def _fill_templates(self, hit: Hit, draft: _Draft) -> None:
        """Fill the templates that the generator left open."""
        words = self._words
        if draft.subject is None and self._subject_template:
            failed = words.subject_template_failed
            draft.subject = self._filled(self._subject_template, hit, failed, draft)
        if draft.text is None and self._content_template:
            failed = words.content_template_failed
            draft.text = self._filled(self._content_template, hit, failed, draft)

    def _filled(self, template: str, hit: Hit, failed: str, draft: _Draft) -> str | None:
        try:
            return fill(template, self._values(hit), ABSENT)
        except RenderingError as error:
            _log.error("a template failed on %r: %s", hit.reading.name, error)
            draft.notes.append(failed.format(reason=_reason(error)))
            return None

    def _values(self, hit: Hit) -> dict[str, str | float | None]:
        return hit.values(self._words, self._origin)


def _curve_drawer() -> CurveDrawer:
    from .pictures import CurveDrawer  # needed with plots alone

    return CurveDrawer()


def _subject(alert: Alert) -> dict[str, Fact]:
    """Return the model and the group that an alert is about, where there are such."""
    names = {"model": alert.model, "group": alert.group}
    return {key: for_name(name) for key, name in names.items() if name is not None}


def _known(alert: Alert) -> dict[str, Fact]:
    """Return the facts of a hit, for an alert of any kind."""
    known: dict[str, Fact] = {"threshold": alert.threshold, "previous_best": alert.previous_best}
    reading = alert.reading
    if reading is not None:
        known |= {
            "filename": for_name(reading.name),
            "score": reading.value,
            "metric": for_name(reading.metric),
        }
        known |= {"epoch": reading.epoch, "step": reading.step}
    return known


def _window(alert: Alert) -> dict[str, Fact]:
    """Return the window of an alert about a model, for programs."""
    reading = alert.reading
    if reading is None or not is_about_a_model(alert):
        return {}
    known = {"window": for_name(reading.name), "rows": reading.rows, "low": reading.low, "high": reading.high}
    return {key: value for key, value in known.items() if value is not None}


def _checkpoint(alert: Alert) -> dict[str, Fact]:
    """Return the file that holds the model, where the training names one."""
    named = alert.reading is not None and alert.reading.checkpoint
    return {"checkpoint": for_name(named)} if named else {}


def _reason(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    # The texts of this package need no type name.
    if not isinstance(error, RenderingError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return for_header(text, _LONGEST_REASON)


def _cut(text: str, words: Wording) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= LARGEST_TEXT:
        return text
    return f"{data[:LARGEST_TEXT].decode('utf-8', 'ignore')}\n{words.cut}"
