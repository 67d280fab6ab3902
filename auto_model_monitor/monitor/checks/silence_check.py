"""Whether a watch of a directory can match anything at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...core.alerts import Alert
from ...core.near_names import is_misspelt, may_follow
from ...core.readings import ReadingBatch
from ...log_parser.metric_names import metric_in_logs
from ...parsers import BaseParser
from ...parsers.checkpoint_names import is_of_another_kind, resembles_checkpoint, stands_beside_others
from ...sources.side_files import is_side_file
from ...sources.side_files.directory_with_side_files import DirectoryWithSideFiles
from .silence_reasons import Unmatched, metrics_in_names, reason_for

logger = logging.getLogger(__name__)

_SOON = 30.0  # seconds after the first name without a score; with most intervals, one more poll
_LATEST = 60.0  # seconds by which it must be known
_ENOUGH = 3  # checkpoints without a score
_ENOUGH_NAMES = 10  # names of any kind


class SilenceCheck:
    """Warns once, early, that no name in a directory holds a score, with what would help.

    An empty directory, settings, code, and a lone ``last.ckpt`` are no reason: names with a score may follow.

    Args:
        source: the directory.
        parser: reads its names.
        metrics: those that the rules name.
        check_interval: seconds between two polls.
    """

    def __init__(
        self,
        source: DirectoryWithSideFiles,
        parser: BaseParser,
        metrics: Sequence[str],
        *,
        check_interval: float,
    ) -> None:
        self._source = source
        self._parser = parser
        self._metrics = metrics
        self._interval = check_interval
        self._since: float | None = None
        self._looked_at: tuple[int, int] | None = None
        self._is_below = False
        self._is_done = False

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Judge the names so far after a poll."""
        self._is_done = self._is_done or len(readings) > 0 or self._source.names.has_unreadable
        if self._is_done:
            return
        unmatched = self._unmatched()
        if unmatched is None:
            return
        self._since = readings.seconds if self._since is None else self._since
        waited = readings.seconds - self._since
        if self._may_follow(unmatched) and len(unmatched.names) < _ENOUGH_NAMES:
            return
        if self._is_certain(unmatched) or waited >= _SOON or self._interval > _LATEST:
            self._warn(unmatched)

    def warn_at_the_end(self) -> None:
        """Warn if there is a reason to, however few the names are."""
        unmatched = None if self._is_done else self._unmatched()
        if unmatched is not None:
            self._warn(unmatched)

    def _unmatched(self) -> Unmatched | None:
        """Return the names and metrics that show that something is wrong, None where nothing does."""
        unscored, found = self._source.names.unscored, self._source.found
        names = [name for name in sorted(unscored) if not is_side_file(name.rpartition("/")[2])]
        checkpoints = [name for name in names if resembles_checkpoint(name)]
        if all(map(stands_beside_others, checkpoints)) and len(checkpoints) < 2:
            checkpoints = []
        others = [name for name in names if not is_of_another_kind(name)]
        if not checkpoints and len(others) >= _ENOUGH_NAMES:
            checkpoints = others
        unmatched = Unmatched(
            directory=Path(self._source.name),
            names=checkpoints,
            folders=names,
            files=dict(found),
            metrics=self._metrics,
            parser=self._parser,
        )
        if checkpoints or self._is_misspelt(found) or self._has_scores_below(unmatched):
            return unmatched
        return None

    def _is_misspelt(self, found: Mapping[str, str]) -> bool:
        missing = [m for m in self._metrics if m not in found and metric_in_logs(m) not in found]
        return any(is_misspelt(metric, found) for metric in missing)

    def _may_follow(self, unmatched: Unmatched) -> bool:
        """Return whether the files lack the metric because no validation has ended yet."""
        found = [*unmatched.files, *metrics_in_names(unmatched.names)]
        return bool(unmatched.files and self._metrics) and all(may_follow(m, found) for m in self._metrics)

    def _has_scores_below(self, unmatched: Unmatched) -> bool:
        """Look into the folders, once for each state of the directory."""
        state = (len(unmatched.folders), len(unmatched.files))
        if state != self._looked_at:
            self._looked_at, self._is_below = state, unmatched.count_below() > 0
        return self._is_below

    def _is_certain(self, unmatched: Unmatched) -> bool:
        if len(unmatched.names) >= _ENOUGH or self._is_misspelt(unmatched.files):
            return True
        return any(is_misspelt(metric, metrics_in_names(unmatched.names)) for metric in self._metrics)

    def _warn(self, unmatched: Unmatched) -> None:
        self._is_done = True
        logger.warning("%s: %s", self._source.name, reason_for(unmatched))
