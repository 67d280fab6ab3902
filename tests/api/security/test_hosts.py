"""Names, addresses and origins."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor import ConfigError
from auto_model_monitor.api.security import allowed_names, is_loopback
from auto_model_monitor.api.security.hosts import Host, host_of, is_same_origin


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", Host("localhost", "")),
        ("LocalHost.:8000", Host("localhost", "8000")),
        ("[::1]:8000", Host("::1", "8000")),
        ("[0:0::1]", Host("::1", "")),
        ("gpu_1.lab", Host("gpu_1.lab", "")),
        ("::1", None),
        ("a b", None),
        ("a:b", None),
        ("a@b", None),
        ("[x]", None),
        ("", None),
        ("a/b", None),
        ("名", None),
    ],
)
def test_a_host_header_is_read(text, host):
    """A Host header is a name and a port, or malformed."""
    assert host_of(text) == host


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://localhost", "localhost:80", True),
        ("https://gpu.lab", "gpu.lab", True),
        ("https://gpu.lab", "gpu.lab:443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("http://localhost:8001", "localhost:8000", False),
        ("http://localhost:8000.evil.example", "localhost:8000", False),
        ("ftp://localhost:8000", "localhost:8000", False),
        ("null", "localhost:8000", False),
        ("http://[", "localhost", False),
        ("", "localhost", False),
    ],
)
def test_an_origin_is_compared(origin, host, same):
    """An Origin is the server's if name and port are."""
    assert is_same_origin(origin, host_of(host)) is same


@pytest.mark.parametrize("name", ["*", "a:80", "a/b", "", "*.example"])
def test_a_malformed_name_is_refused(name):
    """A name with a star or a port is refused."""
    with pytest.raises(ConfigError, match="allowed host"):
        allowed_names([name])


def test_loopback_is_known():
    """Loopback is 127/8 and ::1, also as mapped IPv6; a name is not an address."""
    for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert is_loopback(address), address
    for address in ("0.0.0.0", "::", "10.0.0.1", "fe80::1%eth0", "localhost", ""):
        assert not is_loopback(address), address
