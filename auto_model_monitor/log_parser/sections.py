"""Headings, such as ``Test Error:``, which name the split of what stands below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .entries import Number
from .layout import Layout
from .layout_detection import detect_layout
from .values import is_full, whole

_MOST_LINES = 12  # without a metric, after which a heading is forgotten
_ENDS = frozenset({"}", "},", "]", "],"})


class Section:
    """What the last heading of a log says about the lines below it.

    A heading names the split of metrics whose lines name none, each of them once. It ends at the next
    heading, where an epoch, a step or another split is named, where a metric comes a second time, at a
    closing brace, and after twelve lines without a metric. Steps ``n/N`` that do not continue those of the
    training count how much of an evaluation is done: the metrics of its last one are those of the whole.

    Attributes:
        split: the split, the empty string for none.
        counter: the step that the log named last outside an evaluation.
    """

    def __init__(self) -> None:
        self.split = ""
        self.counter = ""
        self._total = ""  # the steps of the evaluation below the heading
        self._seen: set[str] = set()
        self._lines = 0

    def begin(self, split: str) -> None:
        """Begin below a heading; the empty string ends what the last one said."""
        self.split = split
        self._total = ""
        self._seen.clear()
        self._lines = _MOST_LINES

    def layout(self, blank: str, layout: Layout | None, parts: list[str]) -> Layout | None:
        """Return the layout of a line that stands below the heading.

        Args:
            blank: the line without its numbers.
            layout: what it would be without a heading.
            parts: the line: words, number, words, number, …, words.
        """
        if layout is None or not (layout.slots or layout.stage):
            self._lines -= 1
            if not self._lines or blank.strip() in _ENDS:
                self.begin("")
            return layout
        below = detect_layout(blank, self.split)
        names = {slot.metric for slot in below.slots} if below is not None else set()
        counter = parts[2 * layout.step + 1] if layout.step >= 0 else ""
        evaluates = layout.epoch < 0 and self._counts_evaluation(counter)
        if evaluates and not is_full(counter, first=1):
            return Layout()
        counts = max(layout.epoch, layout.step) >= 0 and not evaluates
        if counts or below is None or not self._seen.isdisjoint(names) or _split_of(names) != self.split:
            self.begin("")
            return layout
        self._seen |= names
        self._lines = _MOST_LINES
        return below._replace(step=-1)

    def _counts_evaluation(self, counter: str) -> bool:
        """Return whether a step is of the evaluation below the heading, and none of the training."""
        _, _, total = counter.partition("/")
        if not total or self._seen or self.split == "train":
            return False
        reached, last = whole(counter), whole(self.counter)
        same = total != self._total and total == self.counter.partition("/")[2]
        if same and (reached is None or last is None or reached > last):
            return False
        self._total = total
        self._lines = _MOST_LINES
        return True

    def state(self) -> dict[str, Any]:
        """Return what JSON can hold and :meth:`resume` takes."""
        return {
            "split": self.split,
            "seen": sorted(self._seen),
            "lines": self._lines,
            "counter": self.counter,
            "total": self._total,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Continue where another reader of the same log stopped."""
        self.begin(state.get("split", ""))
        self._seen.update(state.get("seen", ()))
        self._lines = state.get("lines", _MOST_LINES)
        self.counter, self._total = state.get("counter", ""), state.get("total", "")


class KerasRounds:
    """Tells Keras' ``evaluate()`` from its ``fit()``, which prints the same lines below ``Epoch 3/10``."""

    def __init__(self) -> None:
        self.open: bool | None = None  # None before the first epoch, where both may be
        self._last: dict[str, Number] = {}

    def is_evaluation(self, metrics: dict[str, Number], *, full: bool) -> bool:
        """Return whether a line of those metrics is of an evaluation.

        Args:
            metrics: its metrics, as those of an epoch.
            full: its counter has reached its end.
        """
        if self.open is False and not any(name.startswith("val_") for name in metrics):
            return metrics != self._last
        if full and self.open:
            self.open = False
            self._last = metrics
        return False


def _split_of(names: Iterable[str]) -> str:
    """Return the only split of some metrics, ``val`` where they name none, as ``mAP`` does; empty for two."""
    found = {split for split in ("train", "val", "test") for name in names if name.startswith(f"{split}_")}
    return "".join(found) if len(found) == 1 else "" if found else "val"
