"""Why a training failed, as the end of a task's reason."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from ..diagnosis import Diagnosis, diagnose
from ..i18n import cause_text
from ..text.cleaning import from_terminal, without_secrets
from .log_files import end_of_log

logger = logging.getLogger(__name__)

_TAIL_BYTES = 256 << 10  # of the log, in which the cause is looked for
_LONGEST = 500  # characters
_RANK = re.compile(r"\[rank[0-9]+\]: ?")  # torchrun's prefix of each line
_SUPERVISOR = "auto-model-monitor: "
_WITHOUT_A_NAME = ("code_error", "unknown", "none")  # the line itself says more


def failure_reason(log: Path, status: int | None = None) -> str:
    """Return ``": "``, the cause of a failure, the line that shows it and what to do; empty without a log.

    Without a cause it is the log's last line.

    Args:
        log: the file.
        status: the exit status, or minus the signal's number; None or 0 if the failure is known otherwise.
    """
    text = _end_of(log)
    found = _diagnosed(text, status or 1)
    if found is None or found.line is None or not found.evidence.strip():
        return _last_line(text)
    line = _shortened(_RANK.sub("", without_secrets(found.evidence.strip().splitlines()[0])))
    if found.cause in _WITHOUT_A_NAME:
        return f": {line}"
    return f": {cause_text(found.cause, 'en')}: {line.rstrip('.')}. {found.remedy}".rstrip()


def last_line(log: Path) -> str:
    """Return ``": "`` and a log's last line, which is not empty; empty if there is none."""
    return _last_line(_end_of(log))


def _end_of(log: Path) -> str:
    try:
        return end_of_log(log, _TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _diagnosed(text: str, status: int) -> Diagnosis | None:
    try:
        return diagnose(text, status, language="en")
    except Exception:
        logger.exception("the cause of a failure could not be looked for; the reason has the last line")
        return None


def _last_line(text: str) -> str:
    for raw in reversed(text.split("\n")):
        line = _RANK.sub("", from_terminal(raw).rstrip())
        if line.strip():
            return f": {_shortened(line.strip().removeprefix(_SUPERVISOR))}"
    return ""


def _shortened(line: str) -> str:
    line = from_terminal(line).strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
