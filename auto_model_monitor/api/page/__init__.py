"""The page: its files, and plotly's JavaScript from the package ``plotly``, without a build step.

The page loads nothing from other hosts, has no inline style, evaluates no script and never turns text into
HTML: :data:`CONTENT_SECURITY_POLICY` makes the browser enforce this. It only shows what ``/api/v2`` returns.
"""

from __future__ import annotations

import asyncio

from ..web.framework import HTTPException, Request, Response, Route
from .assets import Assets

__all__ = ["CONTENT_SECURITY_POLICY", "page_routes"]

# The last two: no script can turn text into HTML or into a script. plotly draws SVG without that.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_IMMUTABLE = "private, max-age=31536000, immutable"  # the address changes with the content


def page_routes() -> list[Route]:
    """Return the routes of the page: ``/`` and ``/page/VERSION/NAME``.

    Raises:
        MissingExtraError: the package ``plotly`` is not installed.
    """
    assets = Assets()

    async def index(request: Request) -> Response:
        body = await asyncio.to_thread(assets.index)
        headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-cache"}
        return Response(body, media_type="text/html", headers=headers)

    async def asset(request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        if name not in assets.names or version != await asyncio.to_thread(lambda: assets.version):
            raise HTTPException(404, f"the page has no file {name!r} of this version: load the page again")
        found = await asyncio.to_thread(assets.get, name)
        headers = {"cache-control": _IMMUTABLE, "vary": "accept-encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(found.body, media_type=found.media_type, headers=headers)
        headers["content-encoding"] = "gzip"
        return Response(found.gzipped, media_type=found.media_type, headers=headers)

    return [Route("/", index), Route("/page/{version}/{name}", asset)]
