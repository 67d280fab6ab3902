"""One line a channel: notifiers made of URLs, as a command line or a file holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from ..core.errors import ConfigError
from . import Notifier

_YES = frozenset({"1", "true", "yes", "on"})


def notifier_from_url(url: str) -> Notifier:
    """Return the notifier that a URL names.

    - ``dingtalk://TOKEN?secret=SEC…&at=13800000000&at=all``
    - ``feishu://HOOK?secret=…&at=ou_…&at=all``, and ``lark://…`` for Lark
    - ``wecom://KEY?at=USERID``
    - ``json://host/path?secret=…`` by http and ``jsons://…`` or ``https+json://…`` by https: the
      webhook. Of its parameters only ``secret`` and ``timeout`` are taken; the others are its own.
    - the robots' own addresses, as they are copied: ``https://oapi.dingtalk.com/robot/send?…``,
      with ``&secret=…`` and the like behind.
    - everything else is apprise's, with the extra ``apprise``.

    Any of the first three takes ``timeout=`` seconds, and an encoded character as ``%2B``.

    Raises:
        ConfigError: it names none, or one that cannot work. The text shows no secret.
        MissingExtraError: it is apprise's, and apprise is not installed.
    """
    if not isinstance(url, str) or "://" not in url or url.startswith("://"):
        raise ConfigError(f"notify: expected a URL such as dingtalk://TOKEN?secret=…, got {_kind(url)}")
    scheme = url.strip().partition("://")[0].lower()
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise ConfigError(f"notify: expected a URL, got {scheme[:20]}://… that cannot be read") from None
    parts = _pasted(parts)
    build = _SCHEMES.get(parts.scheme)
    return build(parts) if build is not None else _apprise(url)


def _pasted(parts: SplitResult) -> SplitResult:
    """Return a robot's own address in the short form; any other as it is."""
    if parts.scheme != "https" or parts.hostname not in _HOSTS:
        return parts
    scheme, parameter = _HOSTS[parts.hostname]
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    key = next((value for name, _, value in pairs if name == parameter), "")
    if not parameter:
        key = parts.path.rstrip("/").rpartition("/")[2]
    rest = "&".join("".join(pair) for pair in pairs if pair[0] != parameter)
    return SplitResult(scheme, key, "", rest, "")


def masked(url: str) -> str:
    """Return a URL as it may be shown: its scheme, and for a webhook its host."""
    scheme, found, _ = url.strip().partition("://")
    if not found:
        return "***"
    if scheme.lower() in _WEB:
        try:
            return f"{scheme}://{urlsplit(url.strip()).hostname or ''}/***"
        except ValueError:
            pass
    return f"{scheme[:20]}://***"


def _dingtalk(parts: SplitResult) -> Notifier:
    from .dingtalk import DingTalkNotifier

    options = _Options(parts, "secret", "at", "timeout", "at_all")
    at_all, mobiles = options.mentions()
    return DingTalkNotifier(
        options.key,
        options.get("secret"),
        at_mobiles=mobiles,
        at_all=at_all,
        timeout=options.timeout,
    )


def _feishu(parts: SplitResult) -> Notifier:
    from .feishu import BASE, FeishuNotifier

    options = _Options(parts, "secret", "at", "timeout", "at_all")
    at_all, users = options.mentions()
    return FeishuNotifier(
        options.key,
        options.get("secret"),
        at_users=users,
        at_all=at_all,
        timeout=options.timeout,
        base="https://open.larksuite.com" if parts.scheme == "lark" else BASE,
    )


def _wecom(parts: SplitResult) -> Notifier:
    from .wecom import WeComNotifier

    options = _Options(parts, "at", "timeout")
    return WeComNotifier(options.key, at_users=options.all("at"), timeout=options.timeout)


def _webhook(parts: SplitResult) -> Notifier:
    from .webhook import WebhookNotifier

    options = _Options(parts)
    # What is not ours goes on as it was written: another encoding could be another address.
    rest = [p for p in parts.query.split("&") if p and p.partition("=")[0] not in ("secret", "timeout")]
    address = urlunsplit((_WEB[parts.scheme], parts.netloc, parts.path, "&".join(rest), ""))
    return WebhookNotifier(address, options.get("secret"), timeout=options.timeout)


def _apprise(url: str) -> Notifier:
    from .apprise import AppriseNotifier

    notifier = AppriseNotifier(url)
    notifier.verify()  # better now than at night
    return notifier


class _Options:
    """A URL's parameters; those that nobody knows are an error when ``known`` are given."""

    def __init__(self, parts: SplitResult, *known: str) -> None:
        # Not parse_qsl's own reading of "+": it stands in secrets as it is.
        pairs = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)
        self._pairs = pairs
        self.key = unquote(parts.netloc) + parts.path.rstrip("/")
        strange = {name for name, _ in pairs} - set(known)
        if known and strange:
            count = f"{len(strange)} other{'s' if len(strange) > 1 else ''}"
            raise ConfigError(f"{parts.scheme}://…: expected the parameters {', '.join(known)}, got {count}")

    def get(self, name: str) -> str | None:
        found = self.all(name)
        return found[-1] if found and found[-1] else None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def mentions(self) -> tuple[bool, list[str]]:
        """Return whether everybody is mentioned, and who else."""
        who = [name for value in self.all("at") for name in value.split(",") if name]
        everybody = "all" in who or (self.get("at_all") or "").lower() in _YES
        return everybody, [name for name in who if name != "all"]

    @property
    def timeout(self) -> float:
        text = self.get("timeout")
        if text is None:
            return 15.0
        try:
            return float(text)
        except ValueError:
            raise ConfigError("timeout: expected seconds, got something else") from None


def _kind(url: object) -> str:
    return "something without ://" if isinstance(url, str) else type(url).__name__


_WEB = {"json": "http", "http+json": "http", "jsons": "https", "https+json": "https"}
# The parameter that holds the token; Feishu's is the last part of the path.
_HOSTS = {
    "oapi.dingtalk.com": ("dingtalk", "access_token"),
    "open.feishu.cn": ("feishu", ""),
    "open.larksuite.com": ("lark", ""),
    "qyapi.weixin.qq.com": ("wecom", "key"),
}
_SCHEMES: Mapping[str, Callable[[SplitResult], Notifier]] = {
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "lark": _feishu,
    "wecom": _wecom,
    **dict.fromkeys(_WEB, _webhook),
}
