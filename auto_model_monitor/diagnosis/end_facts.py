"""What a wrapper knows about the end of a command beyond its output."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EndFacts:
    """What was measured when the command ended; None and empty where it was not.

    Attributes:
        exit_code: the exit status as a shell states it, or negative for a signal.
        signal: the number of the signal that ended the command.
        signal_sender: who sent the signal, such as ``systemd (pid 1)``.
        peak_memory: the most resident memory of the command and its children, in bytes.
        oom_kills: how many processes the kernel killed in the command's cgroup for lack of memory.
        shm_full: whether ``/dev/shm`` was full.
        disk_full: a file system that was full, as its path.
        last_step: the last step that the command reported.
        losses: the last readings of the loss, oldest first.
    """

    exit_code: int | None = None
    signal: int | None = None
    signal_sender: str | None = None
    peak_memory: int | None = None
    oom_kills: int = 0
    shm_full: bool = False
    disk_full: str | None = None
    last_step: int | None = None
    losses: tuple[float, ...] = ()
