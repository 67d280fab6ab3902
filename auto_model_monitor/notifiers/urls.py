"""Create notifiers from URLs, as given on the command line or in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from ..core.alerts import Level
from ..core.errors import ConfigError, MissingExtraError
from . import Notifier
from .leveled import LeveledNotifier

_YES = frozenset({"1", "true", "yes", "on"})


def notifier_from_url(url: str) -> Notifier:
    """Return the notifier that a URL describes.

    - ``dingtalk://TOKEN?secret=SEC…&at=13800000000&at=all``
    - ``feishu://HOOK?secret=…&at=ou_…&at=all``, and ``lark://…`` for Lark
    - ``wecom://KEY?at=USERID``
    - ``json://host/path?secret=…`` (http) and ``jsons://…`` or ``https+json://…`` (https): a webhook.
      It keeps all parameters but ``secret`` and ``timeout``.
    - a robot's own webhook address, such as ``https://oapi.dingtalk.com/robot/send?…``, followed by
      ``&secret=…`` and the like.
    - ``aliyun-sms://KEY_ID:SECRET@?sign=…&template=SMS_…&to=13800000000,13900000000``: a text message;
      ``vars=text,model`` names the template's variables
    - any URL of apprise, with the extra ``apprise``.

    Each of ours accepts ``timeout=`` seconds and percent-encoding, such as ``%2B`` for a plus. Each of all
    accepts ``min_level=warning`` or ``critical``: the channel gets messages of that level and above alone.

    Raises:
        ConfigError: it describes no notifier, or one that cannot work. The error shows no secret.
        MissingExtraError: it needs apprise, which is not installed.
    """
    if not isinstance(url, str) or "://" not in url or url.startswith("://"):
        raise ConfigError(f"notify: expected a URL such as dingtalk://TOKEN?secret=…, got {_kind(url)}")
    scheme = url.strip().partition("://")[0].lower()
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise ConfigError(f"notify: expected a URL, got a malformed one, {scheme[:20]}://…") from None
    parts, level = _without_level(_pasted(parts))
    build = _SCHEMES.get(parts.scheme)
    notifier = build(parts) if build is not None else _apprise(urlunsplit(parts) if level else url)
    return notifier if level is None else LeveledNotifier(notifier, level)


def _without_level(parts: SplitResult) -> tuple[SplitResult, Level | None]:
    """Split ``min_level`` off the parameters of a URL, whose others stay as they are."""
    pairs = parts.query.split("&")
    given = [pair.partition("=")[2] for pair in pairs if pair.startswith("min_level=")]
    if not given:
        return parts, None
    rest = "&".join(pair for pair in pairs if not pair.startswith("min_level="))
    try:
        return parts._replace(query=rest), Level(given[-1].lower())
    except ValueError:
        known = ", ".join(level.value for level in Level)
        raise ConfigError(f"min_level: expected one of {known}, got {given[-1][:40]!r}") from None


def _pasted(parts: SplitResult) -> SplitResult:
    """Return a robot's webhook address in the short form, any other URL unchanged."""
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
    """Return a URL without its secrets: the scheme, and for a webhook the host."""
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

    options = _URLOptions(parts, "secret", "at", "timeout", "at_all")
    at_all, mobiles = options.mentions()
    return DingTalkNotifier(
        options.key,
        options.get("secret"),
        at_mobiles=mobiles,
        at_all=at_all,
        timeout=options.timeout,
    )


def _feishu(parts: SplitResult) -> Notifier:
    from .feishu import FEISHU, LARK, FeishuNotifier

    options = _URLOptions(parts, "secret", "at", "timeout", "at_all")
    at_all, users = options.mentions()
    return FeishuNotifier(
        options.key,
        options.get("secret"),
        at_users=users,
        at_all=at_all,
        timeout=options.timeout,
        base=LARK if parts.scheme == "lark" else FEISHU,
    )


def _wecom(parts: SplitResult) -> Notifier:
    from .wecom import WeComNotifier

    options = _URLOptions(parts, "at", "timeout")
    return WeComNotifier(options.key, at_users=options.all("at"), timeout=options.timeout)


def _aliyun_sms(parts: SplitResult) -> Notifier:
    from .aliyun_sms import BASE, AliyunSMSNotifier

    options = _URLOptions(parts, "sign", "template", "to", "vars", "timeout", "endpoint")
    numbers = [number for value in options.all("to") for number in value.split(",") if number]
    names = [name for value in options.all("vars") for name in value.split(",") if name]
    # A secret may hold a slash, after which urlsplit sees a path.
    account, _, host = (parts.netloc + parts.path).rpartition("@")
    if host.strip("/"):
        raise ConfigError("aliyun-sms: expected nothing between @ and ?, got a host; endpoint= takes one")
    key, _, secret = account.partition(":")
    return AliyunSMSNotifier(
        unquote(key),
        unquote(secret),
        numbers=numbers,
        sign_name=options.get("sign") or "",
        template=options.get("template") or "",
        variables=names or ("text",),
        timeout=options.timeout,
        base=options.get("endpoint") or BASE,
    )


def _webhook(parts: SplitResult) -> Notifier:
    from .webhook import WebhookNotifier

    options = _URLOptions(parts)
    # Keep the other parameters verbatim: another encoding could be another address.
    rest = [p for p in parts.query.split("&") if p and p.partition("=")[0] not in ("secret", "timeout")]
    address = urlunsplit((_WEB[parts.scheme], parts.netloc, parts.path, "&".join(rest), ""))
    return WebhookNotifier(address, options.get("secret"), timeout=options.timeout)


def _apprise(url: str) -> Notifier:
    from .apprise import AppriseNotifier

    try:
        notifier = AppriseNotifier(url)
        notifier.verify()  # report a wrong URL now, not with the first alert
    except (ConfigError, MissingExtraError):
        scheme = url.partition("://")[0].lower()
        if (meant := _meant(scheme)) is None:
            raise
        text = f"notify: expected a known scheme, got {scheme[:20]}://…; did you mean {meant}://…?"
        raise ConfigError(text) from None
    return notifier


def _meant(scheme: str) -> str | None:
    """Return the scheme of ours that was probably meant."""
    from difflib import get_close_matches

    known = {**{name: name for name in _SCHEMES}, **_OTHER_NAMES}
    found = get_close_matches(scheme, known, n=1, cutoff=0.75)
    return known[found[0]] if found else None


class _URLOptions:
    """A URL's parameters; if ``known`` are given, others are an error."""

    def __init__(self, parts: SplitResult, *known: str) -> None:
        # parse_qsl would read "+" as a space, but secrets contain it.
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
        """Return whether all members are mentioned, and the individual ones."""
        who = [name for value in self.all("at") for name in value.split(",") if name]
        at_all = "all" in who or (self.get("at_all") or "").lower() in _YES
        return at_all, [name for name in who if name != "all"]

    @property
    def timeout(self) -> float:
        text = self.get("timeout")
        if text is None:
            return 15.0
        try:
            return float(text)
        except ValueError:
            raise ConfigError("timeout: expected seconds, such as timeout=15, got something else") from None


def _kind(url: object) -> str:
    return "something without ://" if isinstance(url, str) else type(url).__name__


_WEB = {"json": "http", "http+json": "http", "jsons": "https", "https+json": "https"}
# Scheme and the parameter that contains the token; Feishu's token is the last part of the path.
_HOSTS = {
    "oapi.dingtalk.com": ("dingtalk", "access_token"),
    "open.feishu.cn": ("feishu", ""),
    "open.larksuite.com": ("lark", ""),
    "qyapi.weixin.qq.com": ("wecom", "key"),
}
_OTHER_NAMES = {  # as people call the services
    **dict.fromkeys(("dingding", "ding", "dingtalkbot"), "dingtalk"),
    **dict.fromkeys(("weixin", "wechat", "wechatwork", "wxwork", "qywx", "qyweixin", "workwechat"), "wecom"),
    "webhook": "jsons",
    **dict.fromkeys(("sms", "aliyun", "aliyunsms", "alisms"), "aliyun-sms"),
}
_SCHEMES: Mapping[str, Callable[[SplitResult], Notifier]] = {
    "aliyun-sms": _aliyun_sms,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "lark": _feishu,
    "wecom": _wecom,
    **dict.fromkeys(_WEB, _webhook),
}
