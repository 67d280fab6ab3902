"""The browser's cookie: of one run, of one store, of one path, and of no use elsewhere."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from tests.api.live import TOKEN

SITE = "/api/v2/training"


@pytest.fixture
def signed_in(client):
    """Sign in at a server: ``http, name, value = signed_in(store=…)``; the client sends nothing by itself."""

    def sign_in(headers=None, **options):
        http = client(token=TOKEN, **options)
        del http.headers["authorization"]
        answer = http.get(f"/?token={TOKEN}", headers=headers)
        name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
        http.cookies.clear()
        http.attributes = answer.headers["set-cookie"]
        return http, name, value

    return sign_in


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Basic", "Token"])
def test_the_cookies_value_is_no_bearer_token(signed_in, scheme):
    """What the browser holds opens nothing as an Authorization header, nor in an address."""
    http, name, value = signed_in()
    assert http.get(SITE, headers={"authorization": f"{scheme} {value}"}).status_code == 401
    assert http.get(f"/?token={value}").status_code == 401
    assert http.get(SITE, headers={"cookie": f"{name}={value}"}).status_code == 200


@pytest.mark.parametrize("value", [TOKEN, "", "x", "Bearer " + TOKEN, "{value}x", "{value}"[:-1]])
def test_nothing_but_the_value_is_a_cookie(signed_in, value):
    """The token itself is no cookie, and neither is a part of the value."""
    http, name, own = signed_in()
    given = {"cookie": f"{name}={value.replace('{value}', own)}"}
    assert http.get(SITE, headers=given).status_code == 401


def test_the_next_start_takes_no_cookie_of_this_one(signed_in, make_app):
    """A cookie of an earlier run is refused after a restart on the same store."""
    store = make_app(token=TOKEN).state.store
    _, name, value = signed_in(store=store)
    again, next_name, next_value = signed_in(store=store)
    assert (next_name, value != next_value) == (name, True)
    assert again.get(SITE, headers={"cookie": f"{name}={value}"}).status_code == 401
    assert again.get(SITE, headers={"cookie": f"{name}={next_value}"}).status_code == 200


def test_the_cookies_name_is_the_stores(signed_in, tmp_path):
    """Two servers on one host do not sign each other's users out, whatever their ports."""
    from auto_model_monitor.training import TaskStore

    stores = [TaskStore(tmp_path / name) for name in ("a", "b")]
    names = [signed_in(store=store)[1] for store in stores]
    assert len(set(names)) == 2
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("/monitor", "/monitor/"),
        ("/team/gpu-3", "/team/gpu-3/"),
        ("/monitor/", "/monitor/"),
        ("/a, /b", "/a/"),
        ("", "/"),
        ("/", "/"),
        ("monitor", "/"),
        ("/x; Domain=evil", "/"),
        ("/../x", "/"),
        ("//evil.example", "/"),
    ],
)
def test_the_cookies_path_is_the_servers_own_prefix(signed_in, prefix, path):
    """Behind a proxy's path the cookie is sent to that path alone; what is no path changes nothing."""
    http, _, _ = signed_in(headers={"x-forwarded-prefix": prefix})
    assert f"; Path={path}; " in http.attributes


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False), ("", False)])
def test_over_tls_the_cookie_is_for_tls_alone(signed_in, scheme, secure):
    """A proxy that speaks TLS makes the cookie ``Secure``."""
    http, _, _ = signed_in(headers={"x-forwarded-proto": scheme})
    assert http.attributes.endswith("; Secure") is secure
