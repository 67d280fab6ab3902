"""The result of a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["proof", "likely", "exit code"]

#: The ids of the causes; ``none`` is a success, ``unknown`` a failure without evidence.
CAUSES = (
    *("gpu_oom", "host_oom", "killed", "shm", "comm_timeout", "comm_failure", "port_in_use", "gpu_kernel"),
    *("label_range", "gpu_hardware", "gpu_env", "nan", "disk_full", "permission", "file_not_found"),
    *("checkpoint_corrupt", "checkpoint_mismatch", "bad_data", "missing_module", "version_conflict"),
    *("shape_mismatch", "device_mismatch", "dtype_mismatch", "network", "auth", "os_limits", "time_limit"),
    *("terminated", "interrupted", "hangup", "native_crash", "hang", "config", "multiprocessing"),
    *("code_error", "unknown", "none"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why a training ended.

    Attributes:
        cause: one of :data:`CAUSES`.
        confidence: ``proof`` where the text or the kernel states the cause, ``likely`` where it suggests it,
            ``exit code`` where only the exit status does.
        evidence: the line that shows the cause, as the terminal showed it; for ``unknown`` the last lines.
        line: the number of that line, from 1; None where no line shows the cause.
        rank: the process that failed first, such as ``3`` or ``worker-1``; None where none is named.
        frame: the last place in the user's own files: ``train.py:22 in load: img = Image.open(path)``.
        remedy: what to do, in the language asked for, empty for ``none``.
        also_seen: other causes that the output shows, the likeliest first.
    """

    cause: str
    confidence: Confidence
    evidence: str
    line: int | None
    rank: str | None
    frame: str | None
    remedy: str
    also_seen: tuple[str, ...] = ()
