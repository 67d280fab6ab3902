"""The language that a person's environment is set to."""

from __future__ import annotations

import os
from collections.abc import Mapping

from .wording import Language


def locale_language(environ: Mapping[str, str] | None = None) -> Language:
    """Return ``"zh"`` where the locale is Chinese, else ``"en"``.

    Args:
        environ: the environment; by default this process's. ``LC_ALL`` wins over ``LC_MESSAGES``, and
            this over ``LANG``.
    """
    environ = os.environ if environ is None else environ
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").lower().startswith("zh") else "en"
