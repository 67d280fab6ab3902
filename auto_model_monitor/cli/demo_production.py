"""``auto-model-monitor demo production``: two models in production, a training, a service and a disk."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from queue import Empty
from typing import NamedTuple

from ..core.clocks import Clock, SimulatedClock
from ..core.errors import MonitorError
from ..i18n import Language
from ..monitor.loop import Monitor
from ..parsers import DefaultParser
from ..rendering import Renderer
from ..rules import DiskRule, Rule
from ..sources import Source
from ..sources.checkpoints.directory import DirectorySource
from ..sources.predictions import PredictionSource
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .demo_epochs import demo_epochs
from .demo_files import ShownMailbox
from .demo_models import DiagnosisModel, LoanModel
from .demo_predictions import ServedModels, serve_under_load

DAYS = 30
WRONG_SCALE = range(20, 26)  # days on which the scanner measures too short
FRAUD = range(10, 17)  # days on which online applicants state false incomes
LABELS_LATE = 3  # days
SILENT = range(5, 9)  # days without predictions
_FIRST = datetime(2026, 11, 1, tzinfo=timezone.utc)
_DAY = 86_400.0
_ARRIVAL = 20.0  # seconds in which a mail arrives, on a slow machine
_COLUMNS = 110
_GB = 10**9

_EVENTS = {
    FRAUD.start: "fraud begins: loans that are asked for online state false incomes",
    FRAUD.stop: "the incomes are checked again",
    WRONG_SCALE.start: "a new scanner measures all tumours 40 % too short",
    WRONG_SCALE.stop: "the scanner is calibrated",
}


class _Disk(NamedTuple):
    total: int
    free: int


class ProductionDemo:
    """Plays the stories, and shows a line for what happens and one for each mail.

    Args:
        screen: shows them.
        folder: new or empty; holds every file.
        language: the language of the mails.

    Attributes:
        mails: the number of mails that have arrived.
    """

    def __init__(self, screen: Terminal, folder: Path, language: Language) -> None:
        self.mails = 0
        self._screen = screen
        self._folder = folder
        self._mailbox = ShownMailbox(folder / "mailbox")
        self._renderer = Renderer(language=language)

    def play(self) -> None:
        """Play all stories.

        Raises:
            MissingExtraError: the extra ``production`` is not installed.
            MonitorError: a mail did not arrive.
        """
        screen, began = self._screen, time.monotonic()
        screen.say(screen.paint("auto-model-monitor demo production", "bold", "cyan"))
        screen.say(
            "No account, no server, no network; thirty days pass on a simulated clock. The mails are in"
        )
        screen.say(screen.paint(for_terminal(str(self._mailbox.folder)), "cyan"))
        self._thirty_days()
        self._training()
        self._inference()
        self._operation()
        seconds = time.monotonic() - began
        screen.say()
        screen.say(
            screen.paint(
                f"{self.mails} mails in {seconds:.0f} s: one for each trouble, one for its end", "bold"
            )
        )
        screen.say("Next, with your own models:")
        for line in (
            "auto-model-monitor evaluate train.csv production.csv --label target",
            "auto-model-monitor monitor monitor.toml --check",
        ):
            screen.say(f"  {screen.paint(line, 'cyan')}")

    def _thirty_days(self) -> None:
        self._title("Thirty days of two models; the right answers are known three days late")
        diagnosis, loans = DiagnosisModel(), LoanModel()
        folder, clock = self._new_folder("predictions"), SimulatedClock(_FIRST)
        models = ServedModels(folder, clock, LABELS_LATE)
        source = PredictionSource(
            folder,
            window="1d",
            timezone=timezone.utc,
            late="4d",
            groups=["channel"],
            features=[],
            clock=clock,
        )
        with self._looks_of(source, ["accuracy < 90%", "recall@channel:* < 75%"], clock) as monitor:
            for day in range(1, DAYS + 1):
                if day in _EVENTS:
                    self._screen.say(f"  day {day:2}  {_EVENTS[day]}")
                models.day(
                    {
                        "diagnosis": diagnosis.day(0.6 if day in WRONG_SCALE else 1.0),
                        "car_loan": loans.day(0.6 if day in FRAUD else 0.0),
                    }
                )
                self._look(monitor, f"day {day:2}")

    def _training(self) -> None:
        self._title("Training: the checkpoints of the next version, one mail when the loss is low enough")
        checkpoints = self._new_folder("checkpoints")
        clock = SimulatedClock(_FIRST)
        source = DirectorySource(checkpoints, DefaultParser(metric="val_loss"), clock=clock)
        with self._looks_of(source, ["val_loss < 0.06 once"], clock) as monitor:
            for results in demo_epochs(checkpoints):
                clock.advance(600)
                self._look(monitor, f"epoch {results['epoch']}")

    def _inference(self) -> None:
        self._title("Inference: a service under load, whose database is slow for a minute")
        folder, clock = self._new_folder("served"), SimulatedClock(_FIRST)
        source = PredictionSource(folder, window="1min", timezone=timezone.utc, clock=clock)
        with self._looks_of(source, ["latency_p95 > 200ms"], clock) as monitor:
            for minute, delay in enumerate((0.0, 0.3, 0.0), start=1):
                serve_under_load(folder, clock, delay)
                self._look(monitor, f"minute {minute}")

    def _operation(self) -> None:
        self._title("Operation: a disk that fills up, and a model that is no longer asked")
        folder, clock, loans = self._new_folder("operated"), SimulatedClock(_FIRST), LoanModel()
        models = ServedModels(folder, clock)
        free = iter((40, 30, 20, 10, 4, 3, 30, 30, 30, 30))
        disk = DiskRule("5GB", folder, usage=lambda _: _Disk(100 * _GB, next(free) * _GB))
        source = PredictionSource(folder, window="1d", timezone=timezone.utc, clock=clock)
        with self._looks_of(source, [disk, "stalled 2d"], clock) as monitor:
            for day in range(1, 11):
                if day in SILENT:
                    clock.advance(_DAY)
                else:
                    models.day({"car_loan": loans.day()})
                self._look(monitor, f"day {day:2}")

    @contextmanager
    def _looks_of(self, source: Source, rules: Sequence[Rule | str], clock: Clock) -> Iterator[Monitor]:
        """Yield a monitor that looks when it is asked to, because the time is simulated."""
        ways = [self._mailbox]
        monitor = Monitor(source, rules, ways, renderer=self._renderer, clock=clock, log_dir=None)
        try:
            yield monitor
        finally:
            monitor.close(_ARRIVAL)

    def _look(self, monitor: Monitor, when: str) -> None:
        """Look once, and show the mail about what is found."""
        if not monitor.check():
            return
        try:
            received = self._mailbox.arrived.get(timeout=_ARRIVAL)
        except Empty:
            raise MonitorError("the demo's mail did not arrive") from None
        self.mails += 1
        subject = for_terminal(received.message.subject)
        self._screen.say(self._screen.paint(f"  {when}  mail {self.mails}: {subject}", "green"))

    def _new_folder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    def _title(self, text: str) -> None:
        self._screen.say()
        self._screen.say(self._screen.paint(text, "bold"))
