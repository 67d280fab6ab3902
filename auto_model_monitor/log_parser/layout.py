"""Where the numbers of a line format are."""

from __future__ import annotations

from typing import NamedTuple

from .entries import Stage

#: What stands for a number in a line whose numbers were taken out.
BLANK = "\0"
#: Metrics of one line that are read.
MOST_METRICS = 1000


class MetricSlot(NamedTuple):
    """Where one metric stands.

    Attributes:
        metric: its name.
        position: which number of the line it is, counted from 0; -1 for ``constant``.
        sign: what is written before the number: a sign, a leading dot, or nothing.
        other: another number to take where this one is none, -1 for none: ``9856/10000 (98%)``.
        fraction: a whole number is not taken: it may count something.
        group: what changes together with it on a progress bar.
        constant: the value, where a word such as ``nan`` stands for it.
    """

    metric: str
    position: int
    sign: str = ""
    other: int = -1
    fraction: bool = False
    group: str = ""
    constant: float = 0.0


class Layout(NamedTuple):
    """What the lines of one format hold.

    Attributes:
        slots: the metrics.
        stage: the stage that such a line belongs to.
        epoch: the number that is the epoch, or ``epoch/total``; -1 for none.
        total: the number that is the number of epochs, -1 for none.
        step: the number that is the step, -1 for none.
        whole: a counter ``n/N``, -1 for none: the line counts only where n has reached N.
        bar: it is a progress bar, which continues to show old measurements.
        repeats: it repeats, with other digits, what another line may hold.
        ahead: it may stand before the line that names its epoch.
        heading: the line holds no metric, and names the split of those below it.
        keras: the counter ``n/N`` of a line that Keras prints for an epoch, and for an evaluation as well.
        columns: the line heads a table: the names of its columns, the empty string for one that is no metric.
    """

    slots: tuple[MetricSlot, ...] = ()
    stage: Stage | None = None
    epoch: int = -1
    total: int = -1
    step: int = -1
    whole: int = -1
    bar: bool = False
    repeats: bool = False
    ahead: bool = False
    heading: str = ""
    keras: int = -1
    columns: tuple[str, ...] = ()
