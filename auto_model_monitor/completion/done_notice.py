"""Notify when a training has finished, crashed or was interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar, cast

from ..core.clocks import Clock, SystemClock
from ..core.errors import ConfigError
from ..core.script import script_name
from ..delivery.outbox import Outbox
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.loop import Monitor
from ..monitor.message_renderer import MessageRenderer
from ..notifiers import Notifier
from .completion_notifier import CompletionNotifier
from .training_run import TrainingRun

__all__ = ["Completion", "notify_when_done"]

P = ParamSpec("P")
T = TypeVar("T")

_running: ContextVar[tuple[tuple[object, TrainingRun], ...]] = ContextVar("auto_model_monitor", default=())


def notify_when_done(
    config: MonitorConfig,
    *,
    name: str | None = None,
    min_seconds: float = 0.0,
    monitor: Monitor | None = None,
    log_file: str | os.PathLike[str] | None = None,
    notifiers: Sequence[Notifier] | None = None,
    outbox: Outbox | None = None,
    renderer: MessageRenderer | None = None,
    clock: Clock | None = None,
    grace: float = 4.0,
) -> Completion:
    """Notify when a training finishes, crashes or is interrupted: a decorator and a context manager.

    Put it around a function, a method or a coroutine function, or use it in a ``with``; one object serves any
    number of calls, also nested ones. The training's result and its errors pass through unchanged; errors of
    the notification never reach the training.

    - Finished: it returned, or called ``sys.exit()`` without a code or with 0. Level ``info``.
    - Crashed: it raised, or exited with another code. Level ``critical``, with the end of the traceback.
    - Interrupted: Ctrl-C, SIGTERM, SIGHUP, or a cancelled task. Level ``warning``. To be reported, these
      signals raise ``SystemExit(128 + number)`` while the training runs in the main thread, unless the
      program handles them itself. SIGKILL and a segmentation fault cannot be reported from within the
      process; a watch beside the training detects the silence.

    In a distributed training only the process of rank 0 reports: the variables of torchrun, Paddle, Ascend,
    Horovod, Open MPI, MVAPICH, PMIx, MPICH, Slurm and others decide. When another process crashes first, its
    error is the one that is reported; the processes leave their errors in ``log_dir``.

    The alert is committed to ``outbox.db`` in the config's ``log_dir`` before anything is sent. What cannot
    be delivered within ``grace`` seconds stays pending, and is sent when a training with the same ``log_dir``
    and ``watch_dir`` begins or ends. With ``monitor`` the monitor delivers the alert, in its next run if
    necessary.

    A coroutine function returns immediately; the interpreter waits for the delivery at exit.

    Example:
        >>> @notify_when_done(MonitorConfig("checkpoints", 0.004))
        ... def train() -> None: ...

    Args:
        config: the directory with the checkpoints, the recipients and the language.
        name: the training's name; by default the function's name, or the script's.
        min_seconds: shorter runs are not reported, however they end.
        monitor: the monitor of the same training: it polls once more, names its best score, and delivers the
            alert to its notifiers.
        log_file: the training's log, whose last lines accompany a crash or an interruption; by default the
            file that the root logger writes to, if any. No logger is changed.
        notifiers: instead of the config's mailbox.
        outbox: instead of ``outbox.db`` in the config's ``log_dir``.
        renderer: instead of the default messages.
        clock: instead of the system clock.
        grace: seconds for the delivery at the end.

    Raises:
        ConfigError: ``config`` is no MonitorConfig, as when the decorator's parentheses are missing, or a
            part lacks a member of its contract.
    """
    if not isinstance(config, MonitorConfig):
        raise ConfigError(
            "config: expected a MonitorConfig, as in @notify_when_done(MonitorConfig('checkpoints')), "
            f"got a {type(config).__name__}"
        )
    notifier = CompletionNotifier(
        config,
        monitor=monitor,
        log_file=log_file,
        notifiers=notifiers,
        outbox=outbox,
        renderer=renderer,
        clock=clock or SystemClock(),
        grace=grace,
    )
    return Completion(notifier, name, min_seconds)


class Completion:
    """Reports the end of a function or a ``with`` block; returned by :func:`notify_when_done`.

    Args:
        notifier: sends the alert.
        name: the training's name; by default the function's or the script's.
        min_seconds: shorter runs are not reported.
    """

    def __init__(
        self, notifier: CompletionNotifier, name: str | None = None, min_seconds: float = 0.0
    ) -> None:
        self._notifier = notifier
        self._name = name
        self._min_seconds = min_seconds

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function with a report of its end.

        Raises:
            TypeError: ``function`` is a class, a generator function or not callable.
        """
        import inspect

        _check_function(function)
        name = self._name or getattr(function, "__name__", None) or script_name()
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: P.args, **kwargs: P.kwargs) -> object:
                with self._run(name, waits=False):
                    return await function(*args, **kwargs)

            return cast("Callable[P, T]", awaited)

        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._run(name):
                return function(*args, **kwargs)

        return called

    def __enter__(self) -> Completion:
        run = self._run(self._name or script_name())
        run.__enter__()
        _running.set((*_running.get(), (self, run)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Report the end; an error of the block propagates."""
        runs = _running.get()
        mine = max((n for n, (owner, _) in enumerate(runs) if owner is self), default=None)
        if mine is not None:
            _running.set((*runs[:mine], *runs[mine + 1 :]))
            runs[mine][1].__exit__(kind, error, trace)

    def _run(self, name: str, *, waits: bool = True) -> TrainingRun:
        return TrainingRun(self._notifier, name, self._min_seconds, waits=waits)


def _check_function(function: object) -> None:
    import inspect

    got = ""
    if inspect.isclass(function):
        got = f"the class {function.__name__}"
    elif inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        got = "a generator function, which ends whenever its caller stops iterating"
    elif not callable(function):
        got = f"a {type(function).__name__}"
    if got:
        expected = "a function, a method or a coroutine function"
        raise TypeError(
            f"notify_when_done: expected {expected}, got {got}; put `with notify_when_done(...)` inside"
        )
