"""Signs of services on the network: downloads, names, proxies, logins; and limits of the system."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

SERVICE_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "os_limits",
        ("too many open files", r"(?i)Too many open files"),
        ("ancdata", r"received \d+ items of ancdata"),
        ("can't start new thread", r"can't start new thread"),
        ("resource temporarily unavailable", r"Resource temporarily unavailable"),
        ("pthread_create failed|thread creation failed", r"(?i)pthread_create failed|Thread creation failed"),
        ("native thread", r"unable to create (?:new )?native thread"),
    ),
    *signs(
        Place.FAULT,
        "auth",
        ("client error", r"\b40[13] Client Error"),
        ("gatedrepoerror|gated repo", r"GatedRepoError|(?i:gated repo)"),
        ("repositorynotfounderror", r"RepositoryNotFoundError"),
        (
            "api_key not configured|api key",
            r"(?i)api_key not configured|(?:invalid|missing|incorrect) API key",
        ),
        ("http error", r"HTTP Error 40[13]"),
        ("authentication failed|authenticationerror", r"(?i)authentication failed|AuthenticationError"),
        ("nocredentialserror|accessdenied", r"NoCredentialsError|AccessDenied|InvalidAccessKeyId"),
        ("unauthorized", r"(?i)\b401\b.{0,20}unauthorized"),
    ),
    *signs(
        Place.FAULT,
        "network",
        ("name resolution", r"Temporary failure in name resolution"),
        ("name or service not known", r"Name or service not known"),
        ("getaddrinfo failed", r"getaddrinfo failed"),
        ("connectionpool(", r"HTTPS?ConnectionPool\(host='?(?P<host>[\w.-]+)"),
        ("proxyerror|sslerror|certificate_verify", r"ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED"),
        ("couldn't connect to", r"(?i)couldn't connect to '?(?P<host>https?://[\w.-]+)"),
        ("network is unreachable", r"Network is unreachable"),
        ("urlopen error", r"urlopen error"),
        ("http error", r"HTTP Error (?:404|408|429|5\d\d)"),
        ("server error", r"\b5\d\d Server Error"),
    ),
)
