"""Watches a command that runs, and reports its start, its alerts and its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from ..core.alerts import Alert, AlertKind, Detail, Level
from ..core.clocks import SystemClock
from ..core.host import host_name
from ..core.paths import expanded
from ..core.slurm_job import SlurmJob, slurm_job
from ..log_parser import LogPattern
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.loop import Monitor
from ..monitor.resume import ResumeState
from ..monitor.watch_outbox import WatchOutbox
from ..notifiers import Notifier
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..rules import DampedRule, GpuRule, Rule
from ..running import CommandEnd, RunFolder
from ..sources.logs.log_file import LogFileSource
from ..sources.side_files.run_source import RunSource
from ..text.cleaning import for_header, for_shell, without_secrets
from .former_runs import FormerRuns, run_key
from .run_report import RunCourse, end_alert
from .stop_rules import StopRules

logger = logging.getLogger(__name__)

_LONGEST_COMMAND = 300  # characters
_MARGIN = 5.0  # seconds beyond the grace to read the rest, and to build and commit the message


class WrappedRun:
    """The watch of one command: its metrics, its rules, and the messages about it.

    No error leaves it: the training goes on whatever happens here.

    Args:
        command: the words of the command.
        name: what messages call it.
        config: the language, the interval and the directory of the outbox.
        rules: what decides on alerts.
        stop_rules: what ends the training.
        notifiers: how people receive the messages.
        folder: the run's files; None where the disk cannot hold them, so that only the end is reported.
        stop: ends the training, with a reason.
        since: when it started, in seconds since 1970 UTC, by the clock of the disk.
        watch_dirs: directories that are looked into besides the working directory.
        patterns: formats of the log besides those that are known.
        metric: the metric that is meant where a rule names none.
        digest: seconds for which messages of level ``info`` are collected into one.
        plots: whether the course is drawn as a picture.
        timeout: the seconds that the command has; None for no limit.
        notify_start: whether the start is a message, too.
        grace: seconds for the delivery at the end.
    """

    def __init__(
        self,
        *,
        command: Sequence[str],
        name: str,
        config: MonitorConfig,
        rules: Sequence[Rule],
        stop_rules: Sequence[Rule],
        notifiers: Sequence[Notifier],
        folder: RunFolder | None,
        stop: Callable[[str], None],
        since: float,
        watch_dirs: Sequence[str] = (),
        patterns: Sequence[LogPattern | str] = (),
        metric: str | None = None,
        digest: float = 0.0,
        plots: bool = False,
        timeout: float | None = None,
        notify_start: bool = False,
        grace: float = 10.0,
    ) -> None:
        self._command = list(command)
        self._name = name
        self._config = config
        self._folder = folder
        self._timeout = timeout
        self._notify_start = notify_start
        self._grace = grace
        self._clock = SystemClock()
        self._log_dir = expanded(config.log_dir).absolute()
        self._stop_rules = StopRules(stop_rules, stop)
        self._notifiers = notifiers
        here = os.getcwd()  # noqa: PTH109
        log = os.devnull if folder is None else folder.log_file
        self._source = RunSource(
            name,
            LogFileSource(log, patterns, metric=metric),
            list(dict.fromkeys([here, *map(os.path.abspath, watch_dirs)])),
            since=since,
            without=[str(self._log_dir)],
            metric=metric,
        )
        self._job = slurm_job()
        self._renderer_of_former_runs = self._renderer(here, plots=plots)  # they ran in other jobs
        self._monitor = Monitor(
            self._source,
            rules,
            notifiers,
            renderer=self._renderer(here, plots=plots, job=self._job),
            check_interval=config.check_interval,
            log_dir=self._log_dir,
            outbox=WatchOutbox(self._log_dir, run_key(folder)),
            resume_state=ResumeState(resume=False),
            digest=digest,
            words=DeliveryMessageRenderer(language=config.language, host=host_name(), job=self._job),
            listeners=[self._stop_rules],
        )
        self._monitor.grace = grace
        self._settling: Thread | None = None

    def start(self) -> None:
        """Watch in the background, and settle what earlier runs left."""
        self._monitor.check()  # claims the outbox, and takes note of what is there already
        if self._notify_start:
            self._monitor.report(self._started())
        self._monitor.start()
        self._settling = _in_background(self._settle_former_runs, "what earlier runs left")

    def report_short_time(self) -> None:
        """Report that the time limit of the Slurm job is near: the signal that was asked for has come."""
        if self._job is None:
            return
        details = self._named()
        left = 0.0 if self._job.ends is None else self._job.ends - self._clock.now().timestamp()
        if left > 0:
            details["left_seconds"] = round(left, 3)
        alert = Alert(
            rule="time left",
            time=self._clock.now(),
            kind=AlertKind.TIME_SHORT,
            level=Level.WARNING,
            details=details,
        )
        self._monitor.report(alert)

    def end(self, end: CommandEnd) -> dict[str, str]:
        """Report the end, and give the delivery its seconds.

        Returns:
            what is not delivered yet, with the reason; the outbox keeps it.
        """
        thread = _in_background(lambda: self._end(end), "the end of the training")
        thread.join(self._grace + _MARGIN)
        if self._settling is not None:  # a short command must not cut off the messages about earlier ones
            self._settling.join(self._grace + _MARGIN)
        if thread.is_alive():
            return {"the message of the end": f"not delivered within {self._grace + _MARGIN:g} s"}
        return dict(self._monitor.delivery_queue.undelivered)

    def _end(self, end: CommandEnd) -> None:
        self._source.finish()
        self._monitor.check()
        course = RunCourse(
            history=self._monitor.history,
            score=self._source.score,
            checkpoint=self._source.checkpoints.last(),
            stopped_by=self._stop_rules.alert,
            limit=self._timeout,
            cards=_cards(self._monitor.rules),
        )
        alert = end_alert(
            end,
            course,
            name=self._name,
            command=self._command,
            time=self._clock.now(),
            language=self._config.language,
        )
        if self._monitor.report(alert) and self._folder is not None:
            with suppress(OSError):  # its files were deleted, or the disk is full: the outbox has the alert
                self._folder.claim_report()
        self._monitor.stop()

    def _started(self) -> Alert:
        details = {**self._named(), "rules": ", ".join(rule.name for rule in self._monitor.rules)}
        return Alert(rule="started", time=self._clock.now(), kind=AlertKind.STARTED, details=details)

    def _renderer(self, directory: str, *, plots: bool, job: SlurmJob | None = None) -> Renderer:
        return Renderer(
            language=self._config.language,
            watch_dir=directory,
            host=host_name(),
            process=os.getpid(),
            job=job,
            plots=plots,
        )

    def _named(self) -> dict[str, Detail]:
        command = for_header(without_secrets(for_shell(self._command)), _LONGEST_COMMAND)
        return {"name": self._name, "command": command}

    def _settle_former_runs(self) -> None:
        former = FormerRuns(
            Path(self._log_dir),
            self._notifiers,
            self._renderer_of_former_runs,
            language=self._config.language,
            clock=self._clock,
        )
        former.settle(self._grace)


def _cards(rules: Sequence[Rule]) -> str:
    """Return the use and the memory of the cards that a rule has read."""
    plain = (rule.rule if isinstance(rule, DampedRule) else rule for rule in rules)
    return next((rule.course.text() for rule in plain if isinstance(rule, GpuRule)), "")


def _in_background(call: Callable[[], None], what: str) -> Thread:
    def guarded() -> None:
        try:
            call()
        except BaseException:  # in our own thread nothing may propagate
            logger.exception("%s could not be reported; the training is not affected", what)

    thread = Thread(target=guarded, name=f"auto_model_monitor {what}", daemon=True)
    thread.start()
    return thread
