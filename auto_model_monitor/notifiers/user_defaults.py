"""How a person is reached, once for all their programs: the file that the command ``setup`` writes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from ..core.errors import ConfigError
from ..core.paths import expanded
from ..core.private_files import make_private_directory, open_private
from ..i18n import Language
from .providers import SecurityMode

#: Names another file.
CONFIG = "AUTO_MODEL_MONITOR_CONFIG"

_SECRETS = ("auth_code", "notify")
_HEAD = "# Written by: auto-model-monitor setup. Mode 0600, because it may hold secrets.\n"
_LARGEST = 64 * 1024  # bytes
_HINT = "mend it, or run: auto-model-monitor setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDefaults:
    """The channels that are used where nothing nearer names one.

    Attributes:
        sender: the mailbox that sends.
        receiver: the addresses that receive, separated by commas; None for the sender.
        auth_code: the mailbox's authorisation code.
        smtp_user: the login, where it is not the sender's address.
        smtp_host: the mail server, where the provider is not known.
        smtp_port: its port.
        smtp_security: ``"ssl"``, ``"starttls"`` or ``"none"``.
        notify: the URLs of further channels.
        language: of all messages; None for the locale's.
        keyring: True where the code and the URLs are in the system's keyring, not in the file.
    """

    sender: str | None = None
    receiver: str | None = None
    auth_code: str | None = field(default=None, repr=False)
    smtp_user: str | None = None
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_security: SecurityMode | None = None
    notify: tuple[str, ...] = field(default=(), repr=False)
    language: Language | None = None
    keyring: bool = False

    @property
    def mail(self) -> dict[str, Any]:
        """The settings of the mailbox by their names, without those that are not given and the code."""
        named = ("sender", "receiver", "smtp_user", "smtp_host", "smtp_port", "smtp_security")
        return {name: getattr(self, name) for name in named if getattr(self, name) is not None}


def defaults_path() -> Path:
    """Return the path of the file: ``AUTO_MODEL_MONITOR_CONFIG``, or below the user's configuration."""
    if given := os.environ.get(CONFIG):
        return expanded(given).absolute()
    if os.name == "nt":
        base = os.environ.get("APPDATA") or "~\\AppData\\Roaming"
    else:
        base = os.environ.get("XDG_CONFIG_HOME", "")
        base = base if base.startswith("/") else "~/.config"  # a relative one is to be ignored
    return expanded(base) / "auto-model-monitor" / "config.toml"


def user_defaults() -> UserDefaults | None:
    """Return the user's defaults, None where ``setup`` has written none.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or holds an unknown name or a wrong value.
        MissingExtraError: the secrets are in a keyring, whose package is not installed.
    """
    path = _path_if_any()
    if path is None:
        return None
    settings = _read(path)
    if settings.get("keyring") is True:
        from .keyring_secrets import read_secrets

        settings |= read_secrets(str(path))
    _checked(path, settings)["notify"] = tuple(settings.get("notify", ()))
    defaults = UserDefaults(**settings)
    return defaults if defaults.sender or defaults.notify or defaults.language else None


def language_of_user() -> Language | None:
    """Return the language of the user's defaults, None where they have none; no keyring is asked.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or holds an unknown name or a wrong value.
    """
    path = _path_if_any()
    if path is None:
        return None
    language: Language | None = _checked(path, _read(path)).get("language")
    return language


def write_user_defaults(defaults: UserDefaults) -> Path:
    """Write the file, readable by its owner alone; return its path.

    Raises:
        OSError: it cannot be written.
        ConfigError: the keyring does not keep the secrets.
        MissingExtraError: ``keyring`` is wanted, and its package is not installed.
    """
    path = defaults_path()
    settings = {f.name: getattr(defaults, f.name) for f in fields(defaults)}
    settings = {name: value for name, value in settings.items() if value not in (None, (), False)}
    secrets = {name: settings.pop(name) for name in _SECRETS if defaults.keyring and name in settings}
    make_private_directory(path.parent)
    # What is valid in JSON is valid in TOML here, so that Python 3.10 reads it without a package.
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items()]
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(open_private(new, os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8") as file:
            file.write(_HEAD + "".join(lines))
            file.flush()
            os.fsync(file.fileno())
        if defaults.keyring:
            from .keyring_secrets import write_secrets

            write_secrets(str(path), secrets)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return path


def remove_user_defaults() -> Path | None:
    """Remove the file and what the keyring keeps for it; return its path, None where there is none.

    Raises:
        OSError: it cannot be removed.
    """
    path = _path_if_any()
    if path is None:
        return None
    try:
        in_keyring = _read(path).get("keyring") is True
    except ConfigError:
        in_keyring = False  # a damaged file can be removed all the same
    if in_keyring:
        from .keyring_secrets import remove_secrets

        remove_secrets(str(path))
    path.unlink()
    return path


def _path_if_any() -> Path | None:
    try:
        path = defaults_path()
        return path if path.exists() else None
    except (ConfigError, OSError):
        if os.environ.get(CONFIG):
            raise
        return None  # a process without a home directory has no defaults


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ConfigError(f"{path}: expected the file that setup writes, got: {reason}; {_HINT}") from None
    try:
        return _settings_in(content)
    except ValueError as error:
        raise ConfigError(f"{path}: expected TOML, got: {error}; {_HINT}") from None


def _settings_in(content: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib.loads(content)
    pairs = (line.partition("=") for line in content.splitlines() if line.strip()[:1] not in ("", "#"))
    return {name.strip(): json.loads(value) for name, _, value in pairs}


def _checked(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    problems = [f"{path}: {problem}" for problem in _problems(settings)]
    if problems:
        raise ConfigError(problems)
    return settings


def _problems(settings: Mapping[str, object]) -> list[str]:
    kinds: dict[str, type] = {"smtp_port": int, "keyring": bool, "notify": list}
    known = [f.name for f in fields(UserDefaults)]
    problems = []
    for name, value in settings.items():
        kind = kinds.get(name, str)
        if name not in known:
            problems.append(f"{name}: expected one of {', '.join(known)}, got another name")
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            words = {str: "a text", int: "a whole number", bool: "true or false", list: "a list of URLs"}
            problems.append(f"{name}: expected {words[kind]}, got another value")
        elif isinstance(value, list) and not all(isinstance(url, str) for url in value):
            problems.append(f"{name}: expected a list of URLs, got another list")
    for name, choices in (("smtp_security", get_args(SecurityMode)), ("language", get_args(Language))):
        if isinstance(value := settings.get(name), str) and value not in choices:
            problems.append(f"{name}: expected {' or '.join(map(repr, choices))}, got {value[:20]!r}")
    return problems
