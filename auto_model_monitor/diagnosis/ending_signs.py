"""Signs of an end from outside: schedulers, signals, crashes of native code."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

ENDING_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.VERDICT,
        "time_limit",
        ("due to time limit", r"DUE TO TIME LIMIT"),
        ("walltime", r"(?i)walltime.{0,40}exceeded"),
        ("term_runlimit", r"TERM_RUNLIMIT"),
        ("run time limit", r"(?i)reaching LSF run time limit"),
        ("deadlineexceeded", r"DeadlineExceeded"),
    ),
    *signs(
        Place.VERDICT,
        "terminated",
        ("due to preemption|due to node", r"DUE TO (?:PREEMPTION|NODE FAILURE)"),
        ("evicted", r"\bEvicted\b"),
        ("node_fail", r"\bNODE_FAIL\b"),
    ),
    *signs(
        Place.EXCEPTION,
        "interrupted",
        ("", r"^KeyboardInterrupt\b"),
        ("", r"got signal: 2\b"),
    ),
    *signs(Place.EXCEPTION, "hangup", ("", r"got signal: 1$")),
    *signs(Place.EXCEPTION, "terminated", ("", r"got signal: 15\b")),
    *signs(
        Place.FAULT,
        "native_crash",
        ("fatal python error", r"Fatal Python error: (?:Segmentation fault|Aborted|Illegal|Floating|Bus)"),
        (
            "invalid pointer|double free",
            r"(?:free|realloc|munmap_chunk)\(\): invalid|double free or corruption",
        ),
        ("malloc", r"malloc(?:_consolidate)?\(\): "),
        ("stack smashing", r"stack smashing detected"),
        ("access violation", r"access violation"),
    ),
    *signs(
        Place.ENDING,
        "native_crash",
        ("segmentation fault", r"Segmentation fault"),
        ("core dumped", r"(?:Aborted|Illegal instruction|Floating point exception) +\(core dumped\)"),
    ),
    *signs(Place.ENDING, "shm", ("bus error", r"^Bus error|Bus error +\(core dumped\)")),
    *signs(Place.ENDING, "killed", ("killed", r"^Killed$|line \d+: +\d+ Killed ")),
    *signs(Place.ENDING, "terminated", ("terminated", r"^Terminated$"), ("cancelled at", r"CANCELLED AT")),
    *signs(Place.ENDING, "hangup", ("hangup", r"^Hangup$")),
)
