"""The language that a person's environment is set to."""

from __future__ import annotations

import os
from collections.abc import Mapping

from .wording import Language

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def locale_language(environ: Mapping[str, str] | None = None) -> Language:
    """Return ``"zh"`` where the locale is Chinese, else ``"en"``.

    Args:
        environ: the environment; by default this process's. The first variable that is set decides, in
            gettext's order: ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``, ``LANG``. Where none is set, as on
            Windows, the system's locale does.
    """
    names = (os.environ if environ is None else environ).get
    name = next(filter(None, map(names, _VARIABLES)), None)
    if name is None and environ is None:
        name = _system_locale()
    return "zh" if (name or "").lower().startswith(("zh", "chinese")) else "en"


def _system_locale() -> str:
    import locale  # not needed where a variable is set

    try:
        return locale.getlocale()[0] or ""
    except ValueError:  # a name that this Python does not know
        return ""
