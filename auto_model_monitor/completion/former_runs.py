"""What earlier runs of the same directory still owe: the message about an end, and pending deliveries."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from ..core.clocks import Clock
from ..core.command_names import command_name
from ..core.errors import OutboxError, SourceError
from ..core.metric_history import MetricHistory
from ..delivery.outbox.pending_watches import pending_watches
from ..delivery.queue import DeliveryQueue
from ..i18n import Language
from ..monitor.message_renderer import MessageRenderer
from ..monitor.watch_outbox import WatchOutbox
from ..notifiers import Notifier
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..running import CommandEnd, RunFolder, unreported_runs
from ..sources.logs.log_file import LogFileSource
from .run_report import RULE, RunCourse, end_alert

logger = logging.getLogger(__name__)

_KEY = "run\n"  # what the keys of runs in an outbox begin with
_LOST = 137  # the exit status of what was killed together with what records the end
_MOST = 20  # runs that one start reports


def run_key(folder: RunFolder | None) -> str:
    """Return the key under which an outbox keeps the alerts of a run."""
    return f"{_KEY}{'' if folder is None else folder.path}"


class FormerRuns:
    """Reports the ends that no wrapper could report, and delivers what earlier runs left pending.

    Args:
        log_dir: the directory of the runs and of the outbox.
        notifiers: how people receive the messages.
        renderer: renders the alerts.
        language: of the causes and remedies.
        clock: the time.
    """

    def __init__(
        self,
        log_dir: Path,
        notifiers: Sequence[Notifier],
        renderer: MessageRenderer,
        *,
        language: Language,
        clock: Clock,
    ) -> None:
        self._log_dir = log_dir
        self._notifiers = notifiers
        self._renderer = renderer
        self._language = language
        self._clock = clock

    def settle(self, grace: float) -> None:
        """Report and deliver what is left, each within ``grace`` seconds; leave what runs alone."""
        for folder in list(unreported_runs(self._log_dir))[-_MOST:]:
            try:
                self._settle(run_key(folder), grace, folder)
            except Exception:  # what one damaged run holds must not silence the others
                logger.exception("the end of the run in %s could not be reported", folder.path)
        for key in pending_watches(self._log_dir / "outbox.db", _KEY):
            self._settle(key, grace)

    def _settle(self, key: str, grace: float, folder: RunFolder | None = None) -> None:
        box = WatchOutbox(self._log_dir, key)
        try:
            box.claim()
        except OutboxError:  # it is running, or another process settles it
            return
        words = DeliveryMessageRenderer(language=self._language)
        queue = DeliveryQueue(self._notifiers, self._clock, words=words)
        try:
            if folder is not None:
                self._report(box, queue, folder)
            queue.open(box.open())
        finally:
            queue.close(grace, box.release)

    def _report(self, box: WatchOutbox, queue: DeliveryQueue, folder: RunFolder) -> None:
        """Commit the message about an end, unless the wrapper did before it was killed."""
        outbox = box.open()
        if outbox.last_alert(RULE) is None:
            end = folder.end() or _lost(folder)
            alert = end_alert(
                end,
                _course(folder),
                name=folder.name or command_name(folder.command or ["?"]),
                command=folder.command,
                time=self._clock.now(),
                language=self._language,
            )
            message = self._renderer.render(alert)
            now = self._clock.now().timestamp()
            outbox.add(alert, message, queue.names_for(message.level), now)
        with suppress(OSError):
            folder.claim_report()


def _course(folder: RunFolder) -> RunCourse:
    """Return what the output shows of the metrics."""
    history, score = MetricHistory(), ""
    source = LogFileSource(folder.log_file)
    source.finish()
    with suppress(SourceError):
        while not source.ended:
            batch = source.read()
            history.add(batch)
            score = batch.score or score
    return RunCourse(history=history, score=score)


def _lost(folder: RunFolder) -> CommandEnd:
    """Return the end of a run that was killed together with what records its end, as by a reboot."""
    path = Path(folder.path)
    started, ended = (_written(path / name) for name in ("command", "output.log"))
    return CommandEnd(exit_code=_LOST, status=-9, started=started, ended=max(started, ended), folder=folder)


def _written(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except OSError:
        return datetime.fromtimestamp(0, timezone.utc)
