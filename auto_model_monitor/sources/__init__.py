"""Sources: where readings come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from datetime import tzinfo
from typing import Protocol, runtime_checkable

from ..core.readings import Reading, ReadingBatch


class Source(Protocol):
    """Returns what is new since the last poll.

    A source of which a watch resumes after a restart is also :class:`Identified` or :class:`Continues`.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What is watched, as a person would call it, such as the directory's path."""
        ...

    @abstractmethod
    def read(self) -> ReadingBatch:
        """Return what is new since the last call.

        Raises:
            SourceError: it cannot be read now; the next call may succeed.
        """
        ...


@runtime_checkable
class Identified(Protocol):
    """A source that distinguishes what it watches from a replacement of the same name."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """The identity; a watch resumes after a restart only where it is the same."""
        ...


@runtime_checkable
class InTimeZone(Protocol):
    """A source whose windows are those of a time zone."""

    @property
    @abstractmethod
    def timezone(self) -> str | tzinfo | None:
        """The zone, or its name; None for that of this machine."""
        ...


@runtime_checkable
class Continues(Protocol):
    """A source that recognises, after its first readings, the run of an earlier alert; overrides identity."""

    @abstractmethod
    def continues(self, reading: Reading) -> bool:
        """Return whether the run that the source reads is that of ``reading``, which an alert holds."""
        ...


@runtime_checkable
class ContinuesRun(Protocol):
    """A source that recognises by its counters the run that an identity of its own stands for."""

    @abstractmethod
    def continues_run(self, identity: str) -> bool:
        """Return, after the first readings, whether they continue the run that began with ``identity``."""
        ...


@runtime_checkable
class HasMore(Protocol):
    """A source that returns one run at a time, and so may have more to return than the last poll got."""

    @property
    @abstractmethod
    def has_more(self) -> bool:
        """Whether a further poll finds more immediately."""
        ...


@runtime_checkable
class NamesMetrics(Protocol):
    """A source that has names of its own for the usual metrics."""

    @abstractmethod
    def metric_name(self, metric: str) -> str:
        """Return the name under which the source reports a metric: ``val_loss`` for ``eval_loss``."""
        ...


@runtime_checkable
class OffersMetrics(Protocol):
    """A source that knows its metrics before there is enough data for them."""

    @property
    @abstractmethod
    def metric_names(self) -> Collection[str]:
        """The metrics that it can produce; ``recall@sex:*`` stands for one of each group of a column.

        There are none while that is not known yet.

        Raises:
            SourceError: the source cannot be read now.
        """
        ...


@runtime_checkable
class ChoosesSource(Protocol):
    """A source that reads one of several others, such as the files in a directory instead of its names."""

    @property
    @abstractmethod
    def current(self) -> Source:
        """The source of the last readings; a watch resumes by it after a restart."""
        ...
