"""The files of the page: read once, compressed once, and addressed by a hash of their content."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path

from ...core.extras import extra

_HERE = Path(__file__).parent
_PLOTLY = "plotly.min.js"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# plotly adds its style sheet as an inline <style>, unless an element with this id exists.
_OWN_STYLE = re.compile(rb'document\.getElementById\("([0-9a-f]{64})"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """One file.

    Attributes:
        body: its bytes.
        gzipped: the same bytes, compressed.
        media_type: its ``Content-Type``.
    """

    body: bytes
    gzipped: bytes
    media_type: str


class Assets:
    """The page's own files and plotly's JavaScript; each is read on its first request.

    Attributes:
        names: the files that can be requested.

    Raises:
        MissingExtraError: the package ``plotly`` is not installed.
    """

    def __init__(self) -> None:
        self._paths = {path.name: path for path in _HERE.iterdir() if path.suffix in _MEDIA_TYPES}
        self._paths[_PLOTLY] = _plotly()
        self.names = frozenset(self._paths)
        self.get = lru_cache(maxsize=None)(self._get)

    @cached_property
    def version(self) -> str:
        """Part of each file's address; it changes when any file changes."""
        digest = hashlib.sha256()
        for name in sorted(self.names):
            digest.update(name.encode() + b"\0" + self._paths[name].read_bytes())
        return digest.hexdigest()[:16]

    def index(self) -> bytes:
        """Return the page itself, with the addresses of its files filled in."""
        found = _OWN_STYLE.search(self.get(_PLOTLY).body)
        style = found[1].decode() if found else "none"
        text = (_HERE / "index.html").read_text("utf-8")
        return text.replace("{version}", self.version).replace("{plotly_style}", style).encode()

    def _get(self, name: str) -> Asset:
        path = self._paths[name]
        body = path.read_bytes()
        return Asset(body, gzip.compress(body, 6, mtime=0), _MEDIA_TYPES[path.suffix])


def _plotly() -> Path:
    """Return the path of plotly's JavaScript, without importing plotly, which is slow."""
    with extra("api"):
        spec = find_spec("plotly")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError("No module named 'plotly'", name="plotly")
        return Path(spec.submodule_search_locations[0]) / "package_data" / _PLOTLY
