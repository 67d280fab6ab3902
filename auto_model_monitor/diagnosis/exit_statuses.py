"""What an exit status alone says."""

from __future__ import annotations

_SIGNALS = {
    1: "hangup",
    2: "interrupted",
    4: "native_crash",
    6: "native_crash",
    7: "shm",
    8: "native_crash",
    9: "killed",
    11: "native_crash",
    12: "time_limit",  # LSF
    15: "terminated",
    24: "time_limit",
}
_STATUSES = {101: "native_crash", 124: "time_limit", 126: "permission", 127: "missing_module"}
_LARGEST_SIGNAL = 64
_ACCESS_VIOLATION = 0xC0000005
_CTRL_C = 0xC000013A


def signal_of(exit_code: int | None) -> int | None:
    """Return the signal that an exit status names as -n, 128 + n or 256 - n; None for none."""
    if exit_code is None:
        return None
    for signal in (-exit_code, exit_code - 128, 256 - exit_code):
        if 0 < signal <= _LARGEST_SIGNAL:
            return signal
    return None


def cause_of_status(exit_code: int | None) -> str:
    """Return the cause that an exit status stands for, ``unknown`` where it says nothing."""
    if exit_code is None:
        return "unknown"
    if exit_code % 2**32 in (_ACCESS_VIOLATION, _CTRL_C):
        return "native_crash" if exit_code % 2**32 == _ACCESS_VIOLATION else "interrupted"
    if exit_code in _STATUSES:
        return _STATUSES[exit_code]
    return _SIGNALS.get(signal_of(exit_code) or 0, "unknown")
