"""Login: the URL that the server prints sets a cookie and redirects to the page."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from urllib.parse import parse_qsl, urlencode

from ...core.host import host_name
from ...text.cleaning import for_attribute
from ..web.framework import Send

_COOKIE_AGE = 30 * 24 * 3600  # seconds
_HEAD = """\
<!doctype html><html lang="zh"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>auto_model_monitor</title>
<h1>auto_model_monitor</h1>
"""
_WRONG = """\
<p role="alert">这个令牌不对，或者服务器已换了令牌。
<span lang="en">This token is not the server's.</span></p>
"""
_FORM = f"""\
{_HEAD}{{reason}}<p>请打开服务器启动时打印的网址，或在此粘贴令牌（它也在存储目录的 token 文件里）。</p>
<p lang="en">Open the URL that the server printed when it started, or paste the token here
(it is also in the file <code>token</code> of the store).</p>
<form method="get" action="./"><label>Token <input name="token" type="password" required autofocus
autocomplete="current-password"></label> <button>→</button></form></html>
"""
_REFUSAL = (
    _HEAD
    + """\
<p>服务器拒绝了这个请求：</p>
<p lang="en">The server refused this request:</p>
<p lang="en" role="alert"><strong>{detail}</strong></p></html>
"""
)


class SessionCookie:
    """The cookie of this run: random, so that it is neither the token nor of use after the next start.

    Its name is the store's: browsers share the cookies of one host across ports, so that two servers with
    one name would sign each other's users out.

    Args:
        store: the directory of the store.

    Attributes:
        name: its name.
    """

    def __init__(self, store: str | os.PathLike[str]) -> None:
        owner = f"{host_name()}\0{os.path.realpath(store)}"
        self.name = f"amm_{hashlib.sha256(owner.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
        self._value = secrets.token_urlsafe(32)

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return f"SessionCookie({self.name}=***)"

    def is_in(self, header: str) -> bool:
        """Return whether a ``Cookie`` header has it.

        All servers on ``localhost`` share their cookies, and some of them write JSON there, so the header is
        not parsed strictly. A page of another port can set a cookie of this name, which must not hide the
        right one.
        """
        pairs = (piece.partition("=") for piece in header.split(";"))
        given = [value.strip() for name, _, value in pairs if name.strip() == self.name]
        return any([hmac.compare_digest(value.encode(), self._value.encode()) for value in given])

    def header(self, prefix: str, *, secure: bool) -> str:
        """Return the value of ``Set-Cookie``.

        Args:
            prefix: the path below which a proxy offers this server; empty for none.
            secure: whether the browser may send it over TLS alone.
        """
        text = f"{self.name}={self._value}; Path={prefix}/; Max-Age={_COOKIE_AGE}; HttpOnly; SameSite=Strict"
        return text + ("; Secure" if secure else "")


def bearer_in(header: str) -> str | None:
    """Return the token in an ``Authorization`` header, or None."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def token_in(query: bytes) -> str | None:
    """Return the token in a query, or None."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)).get("token")


async def redirect(send: Send, query: bytes, cookie: str) -> None:
    """Answer a login: leave the cookie, and go to the page without the token in its address.

    Args:
        send: sends the response.
        query: the query of the login.
        cookie: the value of ``Set-Cookie``.
    """
    rest = [
        (key, value)
        for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        if key != "token"
    ]
    headers = [
        (b"location", ("./?" + urlencode(rest) if rest else "./").encode("latin-1")),
        (b"set-cookie", cookie.encode("latin-1")),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def send_form(send: Send, *, wrong: bool) -> None:
    """Answer a browser that has no token: say where it is, and take it.

    Args:
        send: sends the response.
        wrong: a token was given that is not this server's.
    """
    body = _FORM.replace("{reason}", _WRONG if wrong else "")
    await _send_page(send, 401, body, [(b"www-authenticate", b"Bearer")])


async def send_refusal(send: Send, status: int, detail: str) -> None:
    """Answer a browser whose page is refused: say why, and what to do."""
    await _send_page(send, status, _REFUSAL.format(detail=for_attribute(detail)), [])


async def _send_page(send: Send, status: int, text: str, extra: list[tuple[bytes, bytes]]) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
