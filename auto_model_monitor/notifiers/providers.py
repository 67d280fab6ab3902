"""Mail addresses and each provider's outgoing server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..core.errors import ConfigError

SecurityMode = Literal["ssl", "starttls", "none"]

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(r"[^<>]*<\s*([^<>\s]*)\s*>")
_QUOTED_NAME = re.compile(r'"[^"]*"')
_BETWEEN = re.compile(r"[,;\n，；、]")

_PORT_OF: dict[str, int] = {"ssl": 465, "starttls": 587, "none": 25}
_SECURITY_OF: dict[int, SecurityMode] = {587: "starttls", 25: "starttls"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A mail provider, as its documentation describes it.

    Attributes:
        name: the name that its users know.
        host: the outgoing server.
        port: its port.
        security: TLS from the first byte (``ssl``), or after STARTTLS.
        help_url: its page on authorisation codes, app passwords or client settings.
        note: advice for a refused login.
    """

    name: str
    host: str
    port: int = 465
    security: SecurityMode = "ssl"
    help_url: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An outgoing mail server and how its connection is protected."""

    host: str
    port: int
    security: SecurityMode


_QQ = Provider(name="QQ Mail", host="smtp.qq.com", help_url="https://service.mail.qq.com/detail/0/75")
_NETEASE_HELP = (
    "https://help.mail.163.com/faqDetail.do"
    "?code=d7a5dc8471cd0c0e8b4b8f4f8e49998b374173cfe9171305fa1ce630d7f67ac2a5feb28b66796d3b"
)
_SINA_HELP = "https://help.sina.com.cn/comquestiondetail/view/1566/"
_GMAIL = Provider(
    name="Gmail",
    host="smtp.gmail.com",
    help_url="https://support.google.com/accounts/answer/185833",
    note="App passwords need 2-Step Verification.",
)
_OUTLOOK = Provider(
    name="Outlook.com",
    host="smtp-mail.outlook.com",
    port=587,
    security="starttls",
    help_url="https://support.microsoft.com/en-us/office/"
    "pop-imap-and-smtp-settings-for-outlook-com-d088b986-291d-42b8-9564-9c414e2aa040",
    note="Outlook.com takes OAuth2 logins only; passwords, app passwords too, are switched off. "
    "The OAuth2 login here serves Gmail, so please send from another mailbox: "
    "an Outlook address can still receive.",
)
_ICLOUD = Provider(
    name="iCloud Mail",
    host="smtp.mail.me.com",
    port=587,
    security="starttls",
    help_url="https://support.apple.com/102525",
)
_YAHOO = Provider(
    name="Yahoo Mail",
    host="smtp.mail.yahoo.com",
    help_url="https://help.yahoo.com/kb/SLN15241.html",
)
_ZOHO_HELP = "https://www.zoho.com/mail/help/zoho-smtp.html"


def _own(name: str, domain: str, help_url: str) -> Provider:
    return Provider(name=name, host=f"smtp.{domain}", help_url=help_url)


# Sources, checked in 2026-11: the provider's own documentation for Outlook.com (Microsoft's page, which
# requires OAuth2), NetEase (its page lists smtp.163.com, SSL 465 or 994) and QQ (its server's refusals). For
# the others the tables of several mail programs (Thunderbird, Delta Chat, Nodemailer) agree, or projects took
# them from the page given here. Single, unconfirmed sources: 188.com, vip.126.com, vip.sina.com, sohu.com,
# 139.com. Not included: company mail on a custom domain (smtp.exmail.qq.com, smtp.qiye.aliyun.com,
# smtp.feishu.cn), which the domain does not reveal, and Zoho outside the US, whose server depends on the
# account's region.
_PROVIDERS: dict[str, Provider] = {
    "qq.com": _QQ,
    "vip.qq.com": _QQ,
    "foxmail.com": _QQ,
    "163.com": _own("NetEase 163", "163.com", _NETEASE_HELP),
    "126.com": _own("NetEase 126", "126.com", _NETEASE_HELP),
    "yeah.net": _own("NetEase yeah.net", "yeah.net", _NETEASE_HELP),
    "vip.163.com": _own("NetEase VIP 163", "vip.163.com", _NETEASE_HELP),
    "vip.126.com": _own("NetEase VIP 126", "vip.126.com", _NETEASE_HELP),
    "188.com": _own("NetEase 188", "188.com", _NETEASE_HELP),
    "sina.com": _own("Sina Mail", "sina.com", _SINA_HELP),
    "sina.cn": _own("Sina Mail", "sina.cn", _SINA_HELP),
    "vip.sina.com": _own("Sina VIP Mail", "vip.sina.com", _SINA_HELP),
    "sohu.com": _own("Sohu Mail", "sohu.com", "https://mail.sohu.com/fe/#/help"),
    "aliyun.com": _own("Aliyun Mail", "aliyun.com", "https://help.aliyun.com/zh/document_detail/465307.html"),
    "139.com": _own("139 Mail", "139.com", "https://help.mail.10086.cn/statichtml/9/Content/837.html"),
    "189.cn": _own("189 Mail", "189.cn", "https://help.189.cn/client/client.html"),
    "gmail.com": _GMAIL,
    "googlemail.com": _GMAIL,
    "outlook.com": _OUTLOOK,
    "hotmail.com": _OUTLOOK,
    "live.com": _OUTLOOK,
    "msn.com": _OUTLOOK,
    "icloud.com": _ICLOUD,
    "me.com": _ICLOUD,
    "mac.com": _ICLOUD,
    "yahoo.com": _YAHOO,
    "ymail.com": _YAHOO,
    "rocketmail.com": _YAHOO,
    "zoho.com": _own("Zoho Mail", "zoho.com", _ZOHO_HELP),
    "zohomail.com": _own("Zoho Mail", "zoho.com", _ZOHO_HELP),
}


def provider_for(address: str) -> Provider | None:
    """Return the provider of an address by its domain, or None if ``smtp_host`` is required."""
    return _PROVIDERS.get(address.rpartition("@")[2].strip().rstrip(">").lower())


def known_domains() -> tuple[str, ...]:
    """Return the domains with a known server, for error messages and help texts."""
    return tuple(_PROVIDERS)


def choose_server(
    sender: str,
    *,
    host: str | None = None,
    port: int | None = None,
    security: SecurityMode | None = None,
) -> MailServer:
    """Return the outgoing server of a sender: the arguments come before its provider's documentation.

    Without ``security`` the port decides: 587 and 25 mean STARTTLS, any other port TLS from the first
    byte. ``"none"`` is never chosen by default.

    Raises:
        ConfigError: the provider is unknown and no host is given, or a value is not usable.
    """
    provider = provider_for(sender) if host is None else None
    if host is None and provider is None:
        raise ConfigError(
            f"smtp_host: expected the outgoing mail server of {sender.rpartition('@')[2]!r}, "
            "which is not a known provider, got none; ask the mailbox's provider"
        )
    if security not in (None, *_PORT_OF):
        raise ConfigError(f"smtp_security: expected 'ssl', 'starttls' or 'none', got {security!r}")
    if port is not None and not 0 < port < 65536:
        raise ConfigError(f"smtp_port: expected a number from 1 to 65535, got {port!r}")
    if provider is not None:
        return _documented(provider, port, security)
    mode: SecurityMode = security or _SECURITY_OF.get(port or 465, "ssl")
    return MailServer(host=str(host), port=port or _PORT_OF[mode], security=mode)


def _documented(provider: Provider, port: int | None, security: SecurityMode | None) -> MailServer:
    if port in (None, provider.port) and security in (None, provider.security):
        return MailServer(host=provider.host, port=provider.port, security=provider.security)
    mode: SecurityMode = security or _SECURITY_OF.get(port or provider.port, "ssl")
    return MailServer(host=provider.host, port=port or _PORT_OF[mode], security=mode)


def split_addresses(receiver: str | Sequence[str]) -> list[str]:
    """Return the addresses in ``"a@x, 名 <b@y>; c@z"`` or in a list of such texts, each once.

    Raises:
        ValueError: there is no address, or a malformed one.
    """
    found: dict[str, str] = {}
    for piece in _pieces(receiver):
        address = _address(piece)
        found.setdefault(address.lower(), address)
    if not found:
        raise ValueError(f"expected at least one mail address, got {receiver!r}")
    return list(found.values())


def _pieces(receiver: object) -> Iterable[str]:
    given = [receiver] if isinstance(receiver, str) else receiver
    if not isinstance(given, (list, tuple, set, frozenset)):
        kind = type(receiver).__name__
        raise ValueError(f"expected a mail address or a list of them, got one of type {kind}")
    for text in given:
        if not isinstance(text, str):
            raise ValueError(f"expected a mail address, got one of type {type(text).__name__}")
        # A comma inside a quoted display name separates nothing.
        yield from filter(str.strip, _BETWEEN.split(_QUOTED_NAME.sub("", text)))


def _address(piece: str) -> str:
    named = _NAMED.fullmatch(piece.strip())
    address = named[1] if named else piece.strip()
    if not _ADDRESS.fullmatch(address) or len(address) > 254:
        raise ValueError(f"expected a mail address such as you@qq.com, got {piece.strip()!r}")
    return address
