"""Signs of services on the network: downloads, names, proxies, logins; and limits of the system."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

SERVICE_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.ASSERTION,
        "os_limits",
        ("blas_thread_init", r"OpenBLAS blas_thread_init: pthread_create failed"),
    ),
    *signs(
        Place.FAULT,
        "os_limits",
        ("too many open files", r"(?i)Too many open files"),
        ("ancdata", r"received \d+ items of ancdata"),
        ("can't start new thread", r"can't start new thread"),
        ("resource temporarily unavailable", r"(?i)Resource temporarily unavailable"),
        ("资源暂时不可用|打开的文件过多", r"资源暂时不可用|打开的文件过多"),
        ("打开的文件过多", r"打开的文件过多"),
        (
            "pthread_create|thread creation failed",
            r"(?i)pthread_create(?:\(\))? failed|Thread creation failed",
        ),
        ("native thread", r"unable to create (?:new )?native thread"),
        ("errno", r"\[Errno (?:23|24)\]"),
        ("inotify", r"(?i)inotify (?:watch|instance)\w{0,80} limit reached"),
        ("rlimit_n", r"RLIMIT_N(?:PROC|OFILE).{0,60}(?:exceed|reached|too low)"),
        ("process limit|thread limit|pids limit", r"(?i)(?:process|thread|pids) limit (?:reached|exceeded)"),
    ),
    *signs(
        Place.FAULT,
        "auth",
        ("client error", r"\b40[13] Client Error"),
        (
            "error occurred",
            r"An error occurred \((?:40[13]|\w{0,80}(?:Denied|Token|Signature|Forbidden|Credential)\w{0,80})\) when calling",
        ),
        ("kaggle.json", r"Could not find kaggle\.json"),
        ("permission denied", r"(?:CommError|UsageError|wandb).{0,120}(?i:permission denied)"),
        (
            "gatedrepoerror|gated repo|is gated|gated dataset|gated model",
            r"GatedRepoError|(?i:gated (?:repo|dataset|model)|is gated)",
        ),
        ("repositorynotfounderror", r"RepositoryNotFoundError"),
        ("if this is a private repository", r"If this is a private repository, make sure to pass a token"),
        (
            "api_key|api key|apikey",
            r"(?i)api[_ ]?key (?:is )?not (?:configured|set|found|provided)|(?:invalid|missing|incorrect|no|wrong) api[_ ]?key|API key must be",
        ),
        ("http error", r"HTTP Error 40[13]"),
        (
            "authentication|authenticated|authorization",
            r"(?i)authentication (?:failed|required|error)|AuthenticationError|not authenticated|must be authenticated|authorization (?:failed|required|error)",
        ),
        (
            "credential",
            r"(?i)NoCredentialsError|DefaultCredentialsError|PartialCredentialsError|(?:no|invalid|unable to locate) credentials|credentials (?:were|was|could) not",
        ),
        (
            "accessdenied|access denied|invalidaccesskey|signaturedoesnotmatch|expiredtoken",
            r"(?i)\(?AccessDenied\)?|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|access denied",
        ),
        (
            "unauthorized|forbidden",
            r"(?i)\b40[13]\b.{0,30}(?:unauthorized|forbidden)|(?:unauthorized|forbidden).{0,20}\b40[13]\b",
        ),
        (
            "invalid token|user token|access token|auth token|expired token|missing token|bad token|revoked token|token is|token has|token required|token invalid|token expired",
            r"(?i)(?:invalid|expired|bad|missing|revoked) (?:user |access |auth\w{0,80} )?token\b|token (?:is )?(?:invalid|expired|required)|Token has expired",
        ),
        (
            "login|log in|logged in",
            r"(?i)(?:please|must|need to|have to|required to).{0,40}(?:log ?in\b|be logged in)|not logged in",
        ),
        ("could not read username", r"could not read Username for"),
        ("publickey", r"Permission denied \(publickey"),
        ("permission_denied", r"PERMISSION_DENIED"),
        ("restricted", r"Access to (?:model|dataset) \S{1,120} is restricted"),
        (
            "not authorized|you do not have|you don't have",
            r"(?i)(?:is|are) not authorized|you (?:do not|don't) have (?:permission|access)",
        ),
    ),
    *signs(
        Place.FAULT,
        "network",
        ("name resolution", r"Temporary failure in name resolution"),
        ("name or service not known", r"Name or service not known"),
        ("nodename nor servname", r"nodename nor servname provided"),
        ("getaddrinfo failed", r"getaddrinfo failed"),
        (
            "resolve",
            r"(?i)(?:failed|unable|could not|couldn't|cannot) to? ?resolve (?:host|'|\")?(?P<host>[\w.-]{0,80})",
        ),
        ("no address associated", r"No address associated with hostname"),
        ("connectionpool(", r"HTTPS?ConnectionPool\(host='?(?P<host>[\w.-]{1,120})"),
        (
            "proxyerror|sslerror|certificate_verify|ssl:|sslcertverification|ssleoferror",
            r"ProxyError|SSLError|SSLCertVerificationError|CERTIFICATE_VERIFY_FAILED|\[SSL: \w{1,120}\]|SSLEOFError",
        ),
        (
            "connect to",
            r"(?i)(?:couldn't|could not|can't|cannot|failed to|unable to) connect to '?(?P<host>https?://[\w.-]{1,120}|\S{0,80}huggingface\S{0,80}|proxy|the internet)",
        ),
        ("network is unreachable", r"Network is unreachable|\[Errno 101\]"),
        ("no route to host", r"(?i)urlopen.{0,80}No route to host"),
        ("urlopen error", r"urlopen error"),
        ("http error", r"HTTP Error (?:404|408|429|5\d\d)"),
        ("client error", r"\b(?:404|408|429) Client Error"),
        ("server error", r"\b5\d\d Server Error"),
        (
            "localentrynotfounderror|offlinemodeisenabled|hfhubhttperror",
            r"LocalEntryNotFoundError|OfflineModeIsEnabled|HfHubHTTPError",
        ),
        (
            "readtimeout|read timeout|connecttimeout|read timed out|connect timeout",
            r"Read ?Timeout|ConnectTimeout|Read timed out|connect timeout",
        ),
        (
            "incompleteread|chunkedencodingerror|protocolerror|contenttooshort|payloaderror",
            r"IncompleteRead|ChunkedEncodingError|ProtocolError|ContentTooShortError|PayloadError",
        ),
        ("remotedisconnected|remote end closed", r"RemoteDisconnected|Remote end closed connection"),
        (
            "httpx.|httpcore.|connectorerror|endpointconnectionerror|connecttimeouterror",
            r"(?:httpx|httpcore)\.\w{0,80}Connect\w{0,80}|ClientConnectorError|EndpointConnectionError|ConnectTimeoutError",
        ),
        ("connectionerror", r"(?:requests\.exceptions\.|^)ConnectionError: (?!\[Errno)"),
        ("couldn't reach", r"Couldn't reach .{0,120}(?:on the Hub|\(ConnectionError)"),
        ("unable to access", r"fatal: unable to access '(?P<host>[^']{1,120})'"),
        ("curl|rpc failed", r"(?i)curl: \(\d+\)|curl \d+|RPC failed; curl"),
        ("unable to resolve host", r"unable to resolve host address '(?P<host>[^']{1,120})"),
        ("max retries exceeded|too many requests", r"Max retries exceeded|Too Many Requests"),
        ("rate limit", r"(?i)rate limit (?:exceeded|reached)"),
        (
            "connection timed out|connection refused|connection reset|connection aborted",
            r"(?i)(?:https?|url|download|proxy|hub|server|s3|api).{0,160}Connection (?:timed out|refused|reset|aborted)",
        ),
        (
            "failed to download|download failed|downloading|failed to fetch",
            r"(?i)(?:failed to (?:download|fetch)|download(?:ing)? failed|error (?:while )?downloading).{0,200}",
        ),
        ("commerror", r"CommError.{0,120}(?:timed? ?out|network|unreachable|connect)"),
    ),
)
