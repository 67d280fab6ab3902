"""The predictions of ``demo production``: days on a simulated clock, and a service under load."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..core.clocks import SimulatedClock
from ..sources.predictions import PredictionLog
from .demo_models import Case

_DAY = 86_400.0
_REQUESTS, _THREADS = 300, 32


class ServedModels:
    """Models that answer day after day, and whose labels are known some days later.

    Args:
        folder: the folder of the log.
        clock: moved through each day.
        late: the days until the labels are known.
    """

    def __init__(self, folder: Path, clock: SimulatedClock, late: int = 0) -> None:
        self._folder = folder
        self._clock = clock
        self._late = late
        self._known: deque[list[tuple[str, str, int]]] = deque()
        self._days = 0

    def day(self, cases_of: Mapping[str, Sequence[Case]]) -> None:
        """Log a day's predictions of each model, and then the labels of the day that is ``late`` days ago."""
        self._days += 1
        logs = {model: PredictionLog(self._folder, model=model, clock=self._clock) for model in cases_of}
        answers = [(model, case) for model, cases in cases_of.items() for case in cases]
        known = []
        for number, (model, case) in enumerate(_interleaved(answers)):
            self._clock.advance(_DAY / len(answers))
            with logs[model].prediction(id=f"{self._days}-{number}", features=case.features) as row:
                row.score = case.score
                row.prediction = int(case.score > 0.5)
            known.append((model, f"{self._days}-{number}", case.label))
        self._known.append(known)
        if len(self._known) > self._late:
            for model, name, label in self._known.popleft():
                logs[model].label(id=name, label=label)
        for log in logs.values():
            log.close()


def serve_under_load(folder: Path, clock: SimulatedClock, delay: float) -> None:
    """Answer 300 requests in 32 threads; one in ten waits ``delay`` seconds. A minute passes on the clock."""
    log = PredictionLog(folder, model="car_loan", clock=clock)

    def answer(number: int) -> None:
        with log.prediction(features={"number": number}) as row:
            row.prediction = number % 2
            if number % 10 == 0:
                time.sleep(delay)

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(answer, range(_REQUESTS)))
    log.close()
    clock.advance(60)


def _interleaved(answers: Sequence[tuple[str, Case]]) -> Sequence[tuple[str, Case]]:
    """Return the answers of several models in turn, so that each answers all day long."""
    step = max(1, round(len(answers) ** 0.5))
    return [answer for start in range(step) for answer in answers[start::step]]
