"""Secrets in the system's keyring: macOS Keychain, Windows Credential Locker, Secret Service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.extras import extra

_SERVICE = "auto-model-monitor"


def has_keyring() -> bool:
    """Return whether the package is installed and finds a keyring on this system."""
    try:
        import keyring
    except ModuleNotFoundError:
        return False
    return bool(keyring.get_keyring().priority >= 1)


def read_secrets(name: str) -> dict[str, Any]:
    """Return the secrets that are kept under a name.

    Raises:
        ConfigError: the keyring is locked or has none.
        MissingExtraError: its package is not installed.
    """
    with extra("keyring"):
        import keyring
    try:
        text = keyring.get_password(_SERVICE, name)
    except Exception as error:  # each backend has errors of its own
        text = None
        reason = type(error).__name__
    else:
        reason = "nothing"
    if text is None:
        raise ConfigError(
            f"{name}: expected its secrets in the keyring, got {reason}; "
            "unlock it, or run: auto-model-monitor setup --no-keyring"
        )
    secrets: dict[str, Any] = json.loads(text)
    return secrets


def write_secrets(name: str, secrets: Mapping[str, object]) -> None:
    """Keep secrets under a name, and read them back.

    Raises:
        ConfigError: the keyring does not keep them.
        MissingExtraError: its package is not installed.
    """
    with extra("keyring"):
        import keyring
    text = json.dumps(secrets, ensure_ascii=False)
    try:
        keyring.set_password(_SERVICE, name, text)
        kept = keyring.get_password(_SERVICE, name)
        reason = "another text back"
    except Exception as error:  # each backend has errors of its own
        kept, reason = None, type(error).__name__
    if kept != text:
        hint = "run: auto-model-monitor setup --no-keyring"
        raise ConfigError(f"keyring: expected it to keep the secrets, got {reason}; {hint}")


def remove_secrets(name: str) -> None:
    """Forget what is kept under a name, if anything is and the keyring can be reached."""
    try:
        import keyring

        keyring.delete_password(_SERVICE, name)
    except Exception:  # each backend has errors of its own; the file that points there goes away
        return
