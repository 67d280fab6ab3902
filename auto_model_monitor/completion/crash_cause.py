"""What the traceback and the log of a crashed training say about its cause."""

from __future__ import annotations

import logging

from ..diagnosis import diagnose
from ..i18n import Language, cause_text
from ..i18n.locale_language import locale_language
from ..text.cleaning import without_secrets

logger = logging.getLogger(__name__)

_HEAD = "Traceback (most recent call last):"
_WITHOUT_A_NAME = ("code_error", "unknown", "none")  # the exception itself says more


def crash_cause(traceback: str, log: str, language: Language | None) -> dict[str, str]:
    """Return the cause's name, the place in the user's own files and what to do, as far as they are known.

    Args:
        traceback: its last lines.
        log: the last lines of the log.
        language: the language of the texts; None is the locale's.
    """
    language = language or locale_language()
    whole = traceback if _HEAD in traceback else f"{_HEAD}\n{traceback}"
    try:
        found = diagnose(f"{log}\n{whole}\n", 1, language=language)
    except Exception:
        logger.exception("the cause of the crash could not be looked for; the message omits it")
        return {}
    texts = {"frame": without_secrets(found.frame or "")}
    if found.cause not in _WITHOUT_A_NAME:
        texts |= {"cause": cause_text(found.cause, language), "remedy": found.remedy}
    return {key: text for key, text in texts.items() if text}
