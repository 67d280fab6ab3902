"""What a watch continues from after a restart."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from ..core.alerts import Alert
from ..core.readings import ReadingBatch
from ..delivery.outbox import Outbox
from ..rules import Resumable, Rule
from ..sources import Continues, ContinuesRun, Identified, Source
from ..text.cleaning import for_log_line

logger = logging.getLogger(__name__)


class Resumption(Protocol):
    """Restores the state of rules from an outbox."""

    @abstractmethod
    def resume(self, rules: Sequence[Rule], outbox: Outbox, source: Source, readings: ReadingBatch) -> None:
        """Restore what is to be restored; called at every poll, before the rules see its readings."""
        ...


class ResumeState:
    """Decides at the first readings whether the run before continues, and starts a new one where not.

    A source that :class:`.Continues` decides by what it reads, as a log is emptied in place and replaced in
    the middle of a training; one that :class:`.ContinuesRun` by its counters; any other by its identity.

    Attributes:
        resumed: the rules that continue from an alert about a reading, and that alert.

    Args:
        resume: False always starts a new run.
    """

    def __init__(self, *, resume: bool = True) -> None:
        self.resumed: list[tuple[Rule, Alert]] = []
        self._resume = resume
        self._begun = False

    def resume(self, rules: Sequence[Rule], outbox: Outbox, source: Source, readings: ReadingBatch) -> None:
        """Restore the rules from their last alerts, once, or record that a new run starts."""
        if self._begun and not readings.new_run:
            return
        identity = str(source.identity) if isinstance(source, Identified) else ""
        before = outbox.identity()
        # An empty log may be of either run; where nothing tells them apart, nothing new is no other one.
        is_open = isinstance(source, Continues) or before == identity == ""
        if not len(readings) and (isinstance(source, ContinuesRun) or (is_open and before is not None)):
            return
        last = [(rule, outbox.last_alert(rule.name)) for rule in rules]
        may_continue = not self._begun and self._resume and len(readings) > 0
        continues = may_continue and _continues(source, identity, outbox, [alert for _, alert in last])
        self._begun = True
        if not continues:
            self.resumed.clear()
            outbox.start_run(identity)
            return
        for rule, alert in last:
            if alert is not None and isinstance(rule, Resumable):
                rule.resume(alert)
                if alert.reading is not None:
                    self.resumed.append((rule, alert))
                what = for_log_line(alert.reading.name if alert.reading else alert.rule)
                text = "resuming after the alert of %s at %s (resume=False or --fresh starts a new run)"
                logger.info(text, what, alert.time.strftime("%Y-%m-%d %H:%M:%S"))


def _continues(source: Source, identity: str, outbox: Outbox, alerts: Sequence[Alert | None]) -> bool:
    readings = [alert.reading for alert in alerts if alert is not None and alert.reading is not None]
    if isinstance(source, Continues) and readings:
        return any(map(source.continues, readings))
    before = outbox.identity()
    if isinstance(source, ContinuesRun):
        return before is not None and source.continues_run(before)
    return before == identity
