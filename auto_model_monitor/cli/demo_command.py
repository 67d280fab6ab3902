"""``auto-model-monitor demo``: watch a short training, or two models in production, and show the mails."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from queue import Empty
from typing import Any

from ..i18n import Language
from ..i18n.locale_language import locale_language
from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..parsers import CustomParser
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import INTERRUPTED, SUCCESS, Command
from .demo_epochs import EPOCHS, demo_epochs
from .demo_files import Received, ShownMailbox, folder_for
from .option_parser import OptionParser, add_settings

THRESHOLD = 0.06
PATTERN = r"val_loss_([0-9.]+)"
_PACE = 0.75  # seconds an epoch
_TIMEOUT = 2.0  # seconds in which the watch sees a checkpoint, on a slow machine
_BAR = 24


class _Stage:
    """Shows the demo on the screen.

    Attributes:
        shown: the number of mails shown.
    """

    def __init__(self, screen: Terminal, mailbox: ShownMailbox) -> None:
        self.shown = 0
        self._best = THRESHOLD
        self._screen = screen
        self._mailbox = mailbox

    def opening(self, folder: Path) -> None:
        """Show what is about to happen."""
        screen = self._screen
        screen.say(screen.paint("auto-model-monitor demo", "bold", "cyan"))
        screen.say("A small training writes a checkpoint every epoch. A watch reads the loss in each")
        screen.say(f"name, and sends a mail when it is below {THRESHOLD} and better than in the mail before.")
        screen.say("No account, no server, no network: the mails are files in")
        screen.say(screen.paint(for_terminal(str(folder)), "cyan"))
        screen.say()

    def epoch(self, results: dict[str, Any]) -> None:
        """Show one epoch, with a bar as long as its loss."""
        screen, loss = self._screen, results["loss"]
        length = max(1, min(_BAR, round(loss / 0.12 * _BAR)))
        bar = f"{('▇' if screen.draws else '#') * length:{_BAR}}"
        better = loss < self._best
        note = f"below {THRESHOLD}" if loss < THRESHOLD else ""
        note += ", no new best" if note and not better else ""
        self._best = min(loss, self._best)
        line = f"epoch {results['epoch']:2}/{EPOCHS}  val_loss {loss:.4f}  {bar}  {note}".rstrip()
        screen.say(screen.paint(line, "green") if better else line)

    def mails(self, seconds: float) -> None:
        """Show the mails that arrive within some seconds, at least those that have arrived."""
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
        """Sum up, and show the next steps."""
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
            "auto-model-monitor setup",
            "auto-model-monitor run --rule 'val_loss < 0.004' -- python train.py",
            "auto-model-monitor watch ./checkpoints --rule 'val_loss < 0.004'",
        ):
            screen.say(f"  {screen.paint(line, 'cyan')}")


def add_options(parser: OptionParser) -> None:
    """Add the options of ``demo``."""
    parser.add_argument(
        "story",
        nargs="?",
        choices=("training", "production"),
        default="training",
        metavar="STORY",
        help="training (the default), or production: two models and thirty days (extra production)",
    )
    parser.add_argument("--fast", action="store_true", help="play without pauses")
    add_settings(parser, "language", language="the language of the mails, zh or en (default: the locale's)")
    parser.add_argument(
        "--keep", metavar="DIR", help="a new or empty folder for every file (default: a temporary one)"
    )


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Play a training and its mails, or thirty days in production."""
    language = options.language or locale_language()
    try:
        if options.story == "production":
            from .demo_production import ProductionDemo  # it imports rooms that the other demo does not need

            ProductionDemo(screen, folder_for(options.keep), language).play()
        else:
            play(screen, language=language, fast=options.fast, folder=options.keep)
    except KeyboardInterrupt:
        screen.say()
        screen.say("Interrupted; the training of the demo has ended too.")
        return INTERRUPTED
    return SUCCESS


def play(
    screen: Terminal, *, language: Language | None = None, fast: bool = False, folder: str | None = None
) -> None:
    """Play the training and its mails.

    Args:
        screen: shows it.
        language: the language of the mails; None for the locale's.
        fast: without pauses between the epochs.
        folder: a new or empty folder for every file; by default a temporary one, which is kept, so that
            the mails can be opened.

    Raises:
        ConfigError: the folder cannot be used.
        MonitorError: the training of the demo ended too early.
    """
    home = folder_for(folder)
    checkpoints = home / "checkpoints"
    checkpoints.mkdir()
    mailbox = ShownMailbox(home / "mailbox")
    stage = _Stage(screen, mailbox)
    stage.opening(home)
    config = MonitorConfig(
        checkpoints,
        THRESHOLD,
        check_interval=0.02 if fast else 0.2,
        log_dir=home / "monitor_logs",
        parser=CustomParser(PATTERN),
        language=language or locale_language(),
    )
    began = time.monotonic()
    with ModelMonitor(config, notifiers=[mailbox]) as monitor:
        for results in demo_epochs(checkpoints):
            stage.epoch(results)
            stage.mails(0.0 if fast else _PACE)
            _wait_for_mails(monitor, stage, results["epoch"])
    stage.mails(0.0)
    stage.closing(monitor, time.monotonic() - began)


def _wait_for_mails(monitor: ModelMonitor, stage: _Stage, epoch: int) -> None:
    """Wait until the watch has seen the epoch, so that each is polled by itself on any machine."""
    end = time.monotonic() + _TIMEOUT
    while time.monotonic() < end:
        if monitor.progress.seen >= epoch and stage.shown >= monitor.progress.alerts:
            return
        stage.mails(0.02)


COMMAND = Command(
    usage="demo [STORY] [options]",
    summary="see it work in fifteen seconds, without an account or a network",
    essential=("--fast", "--language", "--keep"),
    examples=("demo", "demo production", "demo --language zh", "demo --fast --keep ./demo"),
    status="0 it has played; 1 it could not; 2 wrong usage; 130 ended by Ctrl-C.",
    add_options=add_options,
    run=run,
)
