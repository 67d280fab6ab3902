"""The errors of a distributed training's other processes, left in files for the one that reports.

When one process crashes, the others fail at their next exchange with it, or their launcher ends them. What
process 0 sees then is a consequence; the first error is the cause.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from ..core.alerts import AlertKind
from ..core.host import host_name
from ..core.private_files import make_private_directory, open_private
from .ending import Ending

_EARLY = 60.0  # seconds by which another process may crash before this one has started
_LARGEST = 65_536  # bytes of a record
_LAUNCHES = (
    *("TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"),
    *("SLURM_JOB_ID", "SLURM_STEP_ID", "PMIX_NAMESPACE"),
)
_CONSEQUENCE = re.compile(
    r"nccl|gloo|hccl|bkcl|\bmpi\b|horovod|Dist(?:Backend|Store|Network)Error|TCPStore|rendezvous|collective"
    r"|all_?(?:reduce|gather)|barrier|watchdog|\bpeer|socket|broken ?pipe|connection|timed? ?out|EOFError",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashRecord:
    """What one process left.

    Attributes:
        rank: its rank.
        host: its machine.
        parent: the process ID of its launcher.
        launch: what distinguishes this launch from others, as far as the launcher says.
        time: when, in seconds since 1970 UTC.
        error: the exception in one line.
        traceback: the last lines of the traceback.
    """

    rank: int
    host: str
    parent: int
    launch: str
    time: float
    error: str
    traceback: str

    @property
    def is_consequence(self) -> bool:
        """Whether the error looks like that of a process that waits for another one."""
        return bool(_CONSEQUENCE.search(self.error))


class CrashedRanks:
    """The records of the processes that train in one directory.

    Args:
        log_dir: where the records are.
        key: what distinguishes this training from others with the same ``log_dir``.
    """

    def __init__(self, log_dir: Path, key: str) -> None:
        self._log_dir = log_dir
        self._prefix = f"crash-{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}-rank"

    def add(self, rank: int, ending: Ending) -> None:
        """Leave the error of this process.

        Raises:
            OSError: the file cannot be written.
        """
        record = CrashRecord(
            rank=rank,
            host=host_name(),
            parent=os.getppid(),
            launch=_launch(),
            time=time.time(),
            error=ending.error,
            traceback=ending.traceback,
        )
        make_private_directory(self._log_dir)
        path = self._log_dir / f"{self._prefix}{rank}.json"
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        file = open_private(draft, os.O_WRONLY | os.O_TRUNC)
        with open(file, "w", encoding="utf-8", errors="backslashreplace") as text:  # noqa: PTH123  # a descriptor
            json.dump(asdict(record), text)
        draft.replace(path)

    def first_error(self, own: Ending, started: float, ended: float) -> Ending | None:
        """Return the end that counts, None to look again soon: the cause may be on its way.

        Args:
            own: how this process ended.
            started: when it started, in seconds since 1970 UTC.
            ended: when it ended.
        """
        is_consequence = own.kind is AlertKind.INTERRUPTED or bool(_CONSEQUENCE.search(own.error))
        records = [record for record in self._records() if _is_of_this_run(record, started)]
        records = [record for record in records if is_consequence or record.time <= ended]
        first = min(records, key=lambda record: (record.is_consequence, record.time), default=None)
        if first is None or (first.is_consequence and not is_consequence):
            return None if is_consequence else own
        error = f"{first.error} (rank {first.rank} on {first.host})"
        return replace(own, kind=AlertKind.CRASHED, error=error, traceback=first.traceback, cause="")

    def clear(self) -> None:
        """Delete the records: their training has ended."""
        for path in self._log_dir.glob(f"{self._prefix}*.json"):
            path.unlink(missing_ok=True)

    def _records(self) -> Iterator[CrashRecord]:
        for path in self._log_dir.glob(f"{self._prefix}*.json"):
            try:
                file = open_private(path, os.O_RDONLY)
                with open(file, "rb") as content:  # noqa: PTH123  # a descriptor
                    yield _checked(json.loads(content.read(_LARGEST)))
            except (OSError, ValueError, TypeError, RecursionError):
                continue  # being deleted, or not of this version


def _checked(found: dict[str, object]) -> CrashRecord:
    record = CrashRecord(**found)  # type: ignore[arg-type]
    kinds = {"rank": int, "host": str, "parent": int, "launch": str, "error": str, "traceback": str}
    if not all(isinstance(found[name], kind) for name, kind in kinds.items()):
        raise TypeError("a field of another type")
    return replace(record, time=float(record.time))


def _is_of_this_run(record: CrashRecord, started: float) -> bool:
    if record.launch != _launch() or record.time < started - _EARLY:
        return False
    is_of_this_launcher = record.host != host_name() or record.parent == os.getppid()
    return record.time >= started or is_of_this_launcher


def _launch() -> str:
    return "\n".join(os.environ.get(name, "") for name in _LAUNCHES)
