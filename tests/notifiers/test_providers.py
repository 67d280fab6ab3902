"""Addresses and the servers that belong to them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.notifiers.providers import (
    MailServer,
    choose_server,
    known_domains,
    provider_for,
    split_addresses,
)


@pytest.mark.parametrize(
    ("domain", "host", "port", "security"),
    [
        ("qq.com", "smtp.qq.com", 465, "ssl"),
        ("vip.qq.com", "smtp.qq.com", 465, "ssl"),
        ("foxmail.com", "smtp.qq.com", 465, "ssl"),
        ("163.com", "smtp.163.com", 465, "ssl"),
        ("126.com", "smtp.126.com", 465, "ssl"),
        ("yeah.net", "smtp.yeah.net", 465, "ssl"),
        ("vip.163.com", "smtp.vip.163.com", 465, "ssl"),
        ("188.com", "smtp.188.com", 465, "ssl"),
        ("sina.com", "smtp.sina.com", 465, "ssl"),
        ("sina.cn", "smtp.sina.cn", 465, "ssl"),
        ("sohu.com", "smtp.sohu.com", 465, "ssl"),
        ("aliyun.com", "smtp.aliyun.com", 465, "ssl"),
        ("139.com", "smtp.139.com", 465, "ssl"),
        ("189.cn", "smtp.189.cn", 465, "ssl"),
        ("gmail.com", "smtp.gmail.com", 465, "ssl"),
        ("googlemail.com", "smtp.gmail.com", 465, "ssl"),
        ("outlook.com", "smtp-mail.outlook.com", 587, "starttls"),
        ("hotmail.com", "smtp-mail.outlook.com", 587, "starttls"),
        ("live.com", "smtp-mail.outlook.com", 587, "starttls"),
        ("icloud.com", "smtp.mail.me.com", 587, "starttls"),
        ("me.com", "smtp.mail.me.com", 587, "starttls"),
        ("yahoo.com", "smtp.mail.yahoo.com", 465, "ssl"),
        ("zohomail.com", "smtp.zoho.com", 465, "ssl"),
    ],
)
def test_server_follows_the_senders_domain(domain, host, port, security):
    """The server, port and protection of each known provider are the documented ones, in any case."""
    for sender in (f"someone@{domain}", f"Someone@{domain.upper()}"):
        assert choose_server(sender) == MailServer(host=host, port=port, security=security)


def test_every_provider_has_its_own_page_and_protects_the_code():
    """Each provider names an https page, and none is used without TLS."""
    for domain in known_domains():
        provider = provider_for(f"me@{domain}")
        assert provider is not None
        assert provider.help_url.startswith("https://")
        assert provider.security in ("ssl", "starttls")


def test_unknown_domain_needs_a_host():
    """A sender whose provider is not known gets an error that names smtp_host and the domain."""
    assert provider_for("me@lab.example.edu") is None
    with pytest.raises(ConfigError, match=r"smtp_host: .*'lab\.example\.edu'"):
        choose_server("me@lab.example.edu")


@pytest.mark.parametrize(
    ("given", "port", "security"),
    [
        ({}, 465, "ssl"),
        ({"port": 587}, 587, "starttls"),
        ({"port": 25}, 25, "starttls"),
        ({"port": 2465}, 2465, "ssl"),
        ({"security": "starttls"}, 587, "starttls"),
        ({"security": "ssl"}, 465, "ssl"),
        ({"security": "none"}, 25, "none"),
        ({"port": 1025, "security": "none"}, 1025, "none"),
    ],
)
def test_what_is_not_given_follows_from_what_is(given, port, security):
    """Port and protection imply each other, and a connection without TLS has to be asked for."""
    expected = MailServer(host="mail.lab.edu", port=port, security=security)
    assert choose_server("me@lab.edu", host="mail.lab.edu", **given) == expected


def test_a_known_provider_can_be_used_on_its_other_port():
    """A given port or protection wins over the documented one, and the two stay consistent."""
    assert choose_server("me@qq.com", port=587) == MailServer(
        host="smtp.qq.com", port=587, security="starttls"
    )
    assert choose_server("me@qq.com", security="starttls").port == 587
    assert choose_server("me@outlook.com", port=465).security == "ssl"


@pytest.mark.parametrize("given", [{"security": "tls"}, {"port": 0}, {"port": 70000}])
def test_unusable_values_are_named(given):
    """An impossible protection or port is a ConfigError that contains it."""
    with pytest.raises(ConfigError, match=r"expected .* got"):
        choose_server("me@qq.com", **given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a@x", ["a@x"]),
        ("a@x.com, b@y.com; c@z.com", ["a@x.com", "b@y.com", "c@z.com"]),
        ("a@x.com，b@y.com；c@z.com", ["a@x.com", "b@y.com", "c@z.com"]),
        ("名 <a@x.com>", ["a@x.com"]),
        ('"Doe, Jane" <jane@x.com>, b@y.com', ["jane@x.com", "b@y.com"]),
        ([" a@x.com ", "b@y.com,c@z.com"], ["a@x.com", "b@y.com", "c@z.com"]),
        (("a@x.com", "A@X.com", "a@x.com"), ["a@x.com"]),
        ("a.b+tag@mail.x-y.co.uk,", ["a.b+tag@mail.x-y.co.uk"]),
    ],
)
def test_addresses_are_found_and_each_is_kept_once(given, expected):
    """One address, several between commas or semicolons, names and lists are all understood."""
    assert split_addresses(given) == expected


@pytest.mark.parametrize(
    "given",
    ["", "  ,; ", [], "you", "you@", "@qq.com", "a b@qq.com", "you@qq..com", "you@qq.com\r\nBcc: x@y.z",
     "<you@qq.com", "张@qq.com", "you＠qq.com", [None], 5, None, "a@-x.com", "a@" + "x" * 300],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_what_was_got(given):
    """Anything else is a ValueError that shows what was got."""
    with pytest.raises(ValueError, match=r"expected .*, got"):
        split_addresses(given)


def test_the_notifiers_are_cheap_to_import():
    """Importing the notifiers loads no mail, TLS or network library."""
    code = (
        "import sys; import auto_model_monitor.notifiers.providers, auto_model_monitor.notifiers.email, "
        "auto_model_monitor.notifiers.mailbox; "
        "print(sorted({'smtplib', 'ssl', 'yagmail', 'email.message', 'urllib.request'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
