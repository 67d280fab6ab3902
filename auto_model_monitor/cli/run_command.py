"""``auto-model-monitor run``: run a training's command, and report how it goes and how it ends."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import time
from contextlib import suppress
from threading import Thread

from ..core.errors import ConfigError
from ..runtime.ranks import is_rank_zero
from ..settings.run_settings import RUN_SETTINGS
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import Command
from .option_parser import OptionParser, add_channels, add_config, add_settings
from .reference_notes import CHANNEL_NOTES, RULES
from .watch_command import show_mailboxes

_START = 5.0  # seconds that a watch may still need to start when the command has ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..completion.wrapped_run import WrappedRun
    from ..running import CommandEnd, RunFolder, WrappedCommand
    from ..settings import RunParts


def add_options(parser: OptionParser) -> None:
    """Add the options of ``run``."""
    parser.takes_command = True
    add_settings(parser, "rules", "stop_on", table=RUN_SETTINGS, rules=_RULES_HELP)
    add_channels(parser)
    add_config(parser)
    group = parser.add_argument_group("the training")
    add_settings(group, "name", "timeout", "keep_running", "log_file", "max_log", table=RUN_SETTINGS)
    group = parser.add_argument_group("reading")
    add_settings(group, "watch_dirs", table=RUN_SETTINGS)
    add_settings(
        group,
        *("log_patterns", "metric", "check_interval", "log_dir"),
        metric="the metric of rules that name none, and of the course in the message of the end",
        check_interval="seconds between two looks (default: 5)",
        log_dir="the directory of the runs, run logs and outbox (default: monitor_logs)",
    )
    group = parser.add_argument_group("messages")
    add_settings(group, "notify_start", table=RUN_SETTINGS)
    add_settings(group, "digest", "plots")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Run the command; return its exit status."""
    gc.disable()  # what is imported now stays; passes over it would take a tenth of the start
    try:
        from ..settings import run_parts_of, run_settings_of

        parts = run_parts_of(run_settings_of(vars(options), errors), errors)
        is_silent = not is_rank_zero()
        if not is_silent:
            show_mailboxes([notifier.name for notifier in parts.notifiers], errors)
        return _Wrapper(parts, errors, is_silent=is_silent).run()
    finally:
        gc.enable()


class _Wrapper:
    """Runs the command with its watch; an error of the watch never reaches the command.

    Args:
        parts: what the run is composed of.
        errors: where the command's own errors appear.
        is_silent: another process of the same training, the one of rank 0, reports.
    """

    def __init__(self, parts: RunParts, errors: Terminal, *, is_silent: bool = False) -> None:
        self._parts = parts
        self._errors = errors
        self._warnings = _Warnings()
        self._watch: WrappedRun | None = None
        self._is_silent = is_silent
        self._starts: Thread | None = None
        self._short_time: Thread | None = None

    def run(self) -> int:
        """Run the command; return the exit status of this program."""
        from ..running import WrappedCommand

        parts = self._parts
        WrappedCommand(parts.command, folder=None)  # refuses a system that cannot run it
        folder = self._folder()
        command = WrappedCommand(
            parts.command,
            folder=folder,
            max_log=parts.max_log,
            timeout=parts.timeout,
            keep_running=parts.keep_running,
            on_signal=self._on_signal,
        )
        since = _time_of(folder)
        command.start()
        # In a thread: signals wait for wait(), and a disk that hangs must not hold them up.
        if not self._is_silent:
            self._starts = Thread(target=self._start_watch, args=(command, folder, since), daemon=True)
            self._starts.start()
        end = command.wait()
        if end.problem:
            self._say(end.problem)
        if end.requested:  # else its KeyboardInterrupt is a riddle to who looks at the terminal
            self._say("stopped by the rule " + end.reason if end.reason else "stopped at its --timeout")
        for thread in (self._starts, self._short_time):
            if thread is not None:
                thread.join(_START)
        if self._watch is not None:
            self._end(self._watch, end)
        if folder is not None:
            folder.release()
        return end.exit_code

    def _on_signal(self, number: int) -> None:
        # What `#SBATCH --signal=B:USR1@300` sends when the time of the job is nearly over.
        if number == signal.SIGUSR1 and self._starts is not None and self._short_time is None:
            self._short_time = Thread(target=self._report_short_time, daemon=True)
            self._short_time.start()

    def _report_short_time(self) -> None:
        assert self._starts is not None
        self._starts.join()
        if self._watch is not None:
            self._watch.report_short_time()

    def _folder(self) -> RunFolder | None:
        from ..core.paths import expanded
        from ..running import RunFolder

        parts = self._parts
        path = None if parts.log_file is None else str(expanded(parts.log_file))
        if path is not None and os.path.lexists(path) and not os.path.islink(path):  # noqa: PTH114
            raise ConfigError(f"log_file: expected a path at which nothing is, got {path!r}")
        try:
            folder = RunFolder.create(expanded(parts.config.log_dir))
        except OSError as error:
            self._say(f"the output is not kept, and only the end is reported: {error}")
            return None
        with suppress(OSError):  # the disk is full; the message of a later start has the command's name
            folder.write_name(parts.name)
        if self._is_silent:
            with suppress(OSError):
                folder.claim_report()  # the next start does not report it either
        elif path is not None:
            self._link(folder.log_file, path)
        return folder

    def _link(self, log: str, path: str) -> None:
        """Make the path that was asked for lead to the log."""
        try:
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108 - the link of an earlier run
            os.symlink(log, path)  # noqa: PTH211
        except OSError as error:
            self._say(f"the output is kept in {log} alone: {error}")

    def _start_watch(self, command: WrappedCommand, folder: RunFolder | None, since: float) -> None:
        """Watch the command, which runs already."""
        logging.getLogger("auto_model_monitor").addHandler(self._warnings)
        logging.getLogger().addHandler(logging.NullHandler())  # the screen is the command's
        try:
            from ..completion.wrapped_run import WrappedRun

            parts = self._parts
            watch = WrappedRun(
                command=parts.command,
                name=parts.name,
                config=parts.config,
                rules=parts.rules,
                stop_rules=parts.stop_rules,
                notifiers=parts.notifiers,
                folder=folder,
                stop=command.stop,
                since=since,
                watch_dirs=parts.watch_dirs,
                patterns=parts.patterns,
                metric=parts.metric,
                digest=parts.digest,
                plots=parts.plots,
                timeout=parts.timeout,
                notify_start=parts.notify_start,
            )
            watch.start()
            self._watch = watch
        except Exception as error:
            self._say(f"the training runs without a watch, because of a bug, please report it: {error!r}")
        finally:
            gc.freeze()
            gc.enable()

    def _end(self, watch: WrappedRun, end: CommandEnd) -> None:
        try:
            left = watch.end(end)
        except KeyboardInterrupt:  # a person who presses Ctrl-C now does not want to wait
            left = {"the message of the end": "interrupted"}
        for text in self._warnings.texts:
            self._say(text)
        if left:
            where = f"{os.fspath(self._parts.config.log_dir)}/outbox.db"
            what = "; ".join(f"{name} ({reason})" for name, reason in left.items())
            self._say(f"{what}; it stays in {where}, and the next run here sends it")

    def _say(self, text: str) -> None:
        with suppress(OSError):  # the reader has closed the pipe, or the terminal is gone
            self._errors.say(f"auto-model-monitor: {for_terminal(text)}")


class _Warnings(logging.Handler):
    """Keeps the first warnings of the watch until the command has ended."""

    _MOST = 5

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        if len(self.texts) < self._MOST:
            error = record.exc_info and record.exc_info[1]
            self.texts.append(record.getMessage() + (f": {error!r}" if error else ""))


def _time_of(folder: RunFolder | None) -> float:
    """Return the time by the clock of the disk, which may be that of another machine."""
    now = time.time() if folder is None else os.stat(folder.path).st_mtime  # noqa: PTH116
    return now - 0.05  # a kernel stamps files with the time of its last tick


_RULES_HELP = (
    "alert when it is met, such as 'val_loss < 0.004'; repeatable (default: nan, and stalled 5x); the end is "
    "always reported"
)

COMMAND = Command(
    usage="run [options] -- COMMAND ...",
    summary="run a training's command, and report alerts and how it ends",
    essential=("--rule", "--stop-on", "--sender", "--notify", "--name", "--timeout", "--config"),
    examples=(
        "run -- python train.py --lr 0.1",
        'run --rule "val_acc >= 90" --sender you@qq.com -- python train.py',
        'run --stop-on "plateau 30" --timeout 12h --notify @urls -- torchrun --nproc-per-node 8 train.py',
    ),
    status="that of the command, 128 + n where signal n ended it, 126 or 127 where it\n"
    "cannot be started, 75 where a rule of --stop-on ended it, 124 where its time\nwas over; "
    "2 wrong usage or configuration.",
    notes=f"""\
The command has its own input, output and signals, as if it ran alone. Its output
is kept in LOG_DIR/runs/N/output.log, and read as the command logs reads it, with
the files of numbers and the checkpoints that it writes below the working
directory. Of a distributed training, as under srun, mpirun or torchrun, the
process of rank 0 alone reads and reports. Inside a Slurm job USR1 is passed on,
and becomes a message with the time that is left: #SBATCH --signal=USR1@300 where
srun starts this command, --signal=B:USR1@300 where the script execs it.
Without --sender and --notify mails are written as .eml files into
LOG_DIR/mailbox. A table [run] in the file of --config holds the same settings,
and command = ["python", "train.py"].

{RULES}

{CHANNEL_NOTES}""",
    add_options=add_options,
    run=run,
)
