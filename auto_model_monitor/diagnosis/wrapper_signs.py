"""Exceptions that only report another one, and so are never the cause."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

WRAPPER_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.EXCEPTION,
        "wrapper",
        ("", r"^[\w.]{0,80}(?:ChildFailedError|CalledProcessError|RayTaskError|ProcessRaisedException)\b"),
        ("", r"^[\w.]{0,80}(?:_?RemoteTraceback|ProcessExitedException|TuneError|TrainingFailedError)\b"),
        (
            "",
            r"^[\w.]{0,80}(?:TrainingWorkerError|WorkerGroupError|RayActorError|ActorDiedError|ExceptionWrapper)\b",
        ),
        (
            "",
            r"^[\w.]{0,80}(?:BrokenProcessPool|TerminatedWorkerError|InstantiationException)\b(?!.*excessive memory)",
        ),
        ("", r"^[\w.]{0,80}ExceptionGroup\b|^[\w.]{0,80}PapermillExecutionError\b"),
        ("", r"^[\w.]{0,80}(?:SystemExit|EnforceNotMet|UnknownException)\b"),
        ("", r"\bCaught \w{1,120} in (?:DataLoader worker process|replica|pin memory thread)"),
        ("", r"DataLoader worker \(pid(?:\(s\))? [\d, ]{1,120}\) exited unexpectedly"),
        ("", r"abruptly died|One or more (?:of the )?(?:sub)?process(?:es)? (?:died|failed)"),
    ),
    *signs(
        Place.EXCEPTION,
        "messenger",
        ("", r"^_?queue\.(?:Empty|Full)\b|^(?:queue\.)?Empty\b"),
        (
            "",
            r"^(?:ConnectionResetError|BrokenPipeError|ConnectionAbortedError|BlockingIOError)\b(?!.*Resource)",
        ),
        (
            "",
            r"^(?:(?:multiprocess\w{0,80}\.context\.)?TimeoutError|socket\.timeout|EOFError)(?::? *$|: timed out|: The read operation timed out)",
        ),
        ("", r"^(?:ConnectionRefusedError): \[(?:Errno 111|WinError 10061)\]"),
        ("", r"^(?:asyncio\.)?(?:exceptions\.)?CancelledError\b"),
    ),
)
