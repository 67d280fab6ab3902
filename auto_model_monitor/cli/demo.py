"""The demo: a short training in a program of its own, watched as any training is, its mails on the screen."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from ..core.errors import ConfigError, MonitorError
from ..core.messages import Message
from ..i18n import Language
from ..monitor.checkpoints import ModelMonitor
from ..monitor.config import MonitorConfig
from ..notifiers.mailbox import MailboxNotifier
from ..parsers import CustomParser
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal

EPOCHS = 12
THRESHOLD = 0.06
PATTERN = r"val_loss_([0-9.]+)"
_PACE = 0.75  # seconds an epoch
_PATIENCE = 2.0  # seconds in which the watch has to have seen a checkpoint, on a slow machine
_BAR = 24


class Received(NamedTuple):
    """A mail that has arrived, and where it lies."""

    message: Message
    eml: Path
    html: Path


class _ShownMailbox(MailboxNotifier):
    """A mailbox in a folder that also shows what comes in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.arrived: SimpleQueue[Received] = SimpleQueue()

    def send(self, message: Message) -> None:
        super().send(message)
        eml = self.path_of(message)
        html = eml.with_suffix(".html")
        html.write_text(message.html, encoding="utf-8")
        self.arrived.put(Received(message, eml, html))


class _Stage:
    """What is on the screen while the demo plays.

    Attributes:
        shown: how many mails were shown.
    """

    def __init__(self, screen: Terminal, mailbox: _ShownMailbox) -> None:
        self.shown = 0
        self._best = THRESHOLD
        self._screen = screen
        self._mailbox = mailbox

    def opening(self, folder: Path) -> None:
        """Say what is about to happen."""
        screen = self._screen
        screen.say(screen.paint("auto-model-monitor demo", "bold", "cyan"))
        screen.say("A small training writes a checkpoint every epoch. A watch reads the loss in each")
        screen.say(f"name, and sends a mail when it is below {THRESHOLD} and better than in the mail before.")
        screen.say("No account, no server, no network: the mails are files in")
        screen.say(screen.paint(for_terminal(str(folder)), "cyan"))
        screen.say()

    def epoch(self, said: dict[str, Any]) -> None:
        """Show one epoch, with a bar as long as its loss."""
        screen, loss = self._screen, said["loss"]
        length = max(1, min(_BAR, round(loss / 0.12 * _BAR)))
        bar = f"{('▇' if screen.draws else '#') * length:{_BAR}}"
        better = loss < self._best
        note = f"below {THRESHOLD}" if loss < THRESHOLD else ""
        note += ", no new best" if note and not better else ""
        self._best = min(loss, self._best)
        line = f"epoch {said['epoch']:2}/{EPOCHS}  val_loss {loss:.4f}  {bar}  {note}".rstrip()
        screen.say(screen.paint(line, "green") if better else line)

    def mails(self, seconds: float) -> None:
        """Show the mails that arrive within so many seconds, at least those that are there."""
        end = time.monotonic() + seconds
        while True:
            try:
                received = self._mailbox.arrived.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                return
            self._mail(received)

    def _mail(self, received: Received) -> None:
        screen, message = self._screen, received.message
        self.shown += 1
        lines = ["", *map(for_terminal, message.text.splitlines())]
        screen.say()
        screen.box(f"mail {self.shown}", lines, heading=for_terminal(message.subject), colour="green")
        screen.say(f"  mail     {screen.paint(for_terminal(str(received.eml)), 'cyan')}")
        screen.say(f"  preview  {screen.paint(for_terminal(str(received.html)), 'cyan')}")
        screen.say()

    def closing(self, monitor: ModelMonitor, seconds: float) -> None:
        """Sum up, and say what to do next."""
        screen, progress = self._screen, monitor.progress
        best = progress.best
        score = f"; the best was {best.metric} {best.value:g}" if best else ""
        screen.say()
        screen.say(
            screen.paint(f"{progress.seen} checkpoints, {self.shown} mails in {seconds:.0f} s{score}", "bold")
        )
        screen.say("One mail for each new best below the threshold, none for what was worse.")
        screen.say()
        screen.say("Next, with your own training:")
        for line in (
            "auto-model-monitor inspect ./checkpoints --threshold 0.004",
            "auto-model-monitor test-notify --sender you@qq.com",
            "auto-model-monitor watch ./checkpoints --threshold 0.004 --sender you@qq.com",
        ):
            screen.say(f"  {screen.paint(line, 'cyan')}")


def play(
    screen: Terminal, *, language: Language = "zh", fast: bool = False, folder: str | None = None
) -> int:
    """Play the training and its mails; return the status with which the program ends.

    Args:
        screen: where it is shown.
        language: the language of the mails.
        fast: without pauses between the epochs.
        folder: a new or empty folder for everything that is written; by default a temporary one, which
            stays, so that the mails can be opened.

    Raises:
        ConfigError: the folder cannot be used.
        MonitorError: the training of the demo ended too early.
    """
    home = _home(folder)
    checkpoints = home / "checkpoints"
    checkpoints.mkdir()
    mailbox = _ShownMailbox(home / "mailbox")
    stage = _Stage(screen, mailbox)
    stage.opening(home)
    config = MonitorConfig(
        checkpoints,
        THRESHOLD,
        check_interval=0.02 if fast else 0.2,
        log_dir=home / "monitor_logs",
        parser=CustomParser(PATTERN),
        language=language,
    )
    began = time.monotonic()
    with ModelMonitor(config, notifiers=[mailbox]) as monitor:
        for said in _training(checkpoints):
            stage.epoch(said)
            stage.mails(0.0 if fast else _PACE)
            _wait_until_told(monitor, stage, said["epoch"])
    stage.mails(0.0)
    stage.closing(monitor, time.monotonic() - began)
    return 0


def _wait_until_told(monitor: ModelMonitor, stage: _Stage, epoch: int) -> None:
    """Let the watch come after, so that each epoch is looked at by itself on any machine."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if monitor.progress.seen >= epoch and stage.shown >= monitor.progress.alerts:
            return
        stage.mails(0.02)


def _home(folder: str | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    home = Path(folder).expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        used = any(home.iterdir())
    except OSError as error:
        raise ConfigError(
            f"--keep: expected a folder that can be written to, got {folder!r}: {error}"
        ) from None
    if used:
        raise ConfigError(f"--keep: expected a new or an empty folder, got {folder!r}, which holds something")
    return home


def _training(checkpoints: Path) -> Iterator[dict[str, Any]]:
    """Run the training, and yield what it says after each epoch."""
    with _process(checkpoints) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(EPOCHS):
            try:
                process.stdin.write("next\n")
                process.stdin.flush()
            except OSError:
                break
            line = process.stdout.readline()
            if not line:
                break
            yield json.loads(line)
        else:
            return
        raise MonitorError("the training of the demo ended early; what it said stands above")


@contextmanager
def _process(checkpoints: Path) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("demo_training.py")
    # -I keeps this package's folder off the module path; the session keeps Ctrl-C for the demo itself.
    command = [sys.executable, "-I", str(script), str(checkpoints)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
