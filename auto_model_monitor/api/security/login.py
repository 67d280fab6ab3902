"""Login: the URL that the server prints sets a cookie and redirects to the page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from ..web.framework import Send
from .hosts import Host

_COOKIE_AGE = 30 * 24 * 3600  # seconds
_FORM = """\
<!doctype html><html lang="zh"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>auto_model_monitor</title>
<h1>auto_model_monitor</h1>
<p>请打开服务器启动时打印的网址，或在此粘贴令牌（它也在存储目录的 token 文件里）。</p>
<p lang="en">Open the URL that the server printed when it started, or paste the token here
(it is also in the file <code>token</code> of the store).</p>
<form method="get" action="./"><label>AccessToken <input name="token" type="password" required autofocus
autocomplete="current-password"></label> <button>→</button></form></html>
"""


def cookie_name(host: Host) -> str:
    """Return the name of the cookie; it contains the port, because browsers share cookies across ports."""
    return f"amm_token_{host.port or 'default'}"


def cookies_in(header: str, host: Host) -> list[str]:
    """Return all values of this server's cookie in a ``Cookie`` header.

    All servers on ``localhost`` share their cookies, and some of them write JSON there, so the header is not
    parsed strictly. A page of another port can set a cookie of this name, which must not hide the right one.
    """
    pairs = (piece.partition("=") for piece in header.split(";"))
    return [value.strip() for name, _, value in pairs if name.strip() == cookie_name(host)]


def bearer_in(header: str) -> str | None:
    """Return the token in an ``Authorization`` header, or None."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def token_in(query: bytes) -> str | None:
    """Return the token in a query, or None."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)).get("token")


async def redirect(send: Send, query: bytes, host: Host, token: str, *, secure: bool) -> None:
    """DocumentedAnswer a login: leave the cookie, and go to the page without the token in its address."""
    rest = [
        (key, value)
        for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        if key != "token"
    ]
    cookie = f"{cookie_name(host)}={token}; Path=/; Max-Age={_COOKIE_AGE}; HttpOnly; SameSite=Strict"
    headers = [
        (b"location", ("./?" + urlencode(rest) if rest else "./").encode("latin-1")),
        (b"set-cookie", (cookie + ("; Secure" if secure else "")).encode("latin-1")),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def send_form(send: Send) -> None:
    """DocumentedAnswer a browser that has no token: say where it is, and take it."""
    body = _FORM.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", b"Bearer"),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
