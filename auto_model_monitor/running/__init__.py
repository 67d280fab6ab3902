"""Wraps a training command: its process, its signals, its log, and what is known at its end."""

from __future__ import annotations

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .command_end import CommandEnd
    from .run_folder import RunFolder, unreported_runs
    from .wrapped_command import WrappedCommand

__all__ = ["CommandEnd", "RunFolder", "WrappedCommand", "unreported_runs"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CommandEnd": "command_end",
        "RunFolder": "run_folder",
        "WrappedCommand": "wrapped_command",
        "unreported_runs": "run_folder",
    },
)
