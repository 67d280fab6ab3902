"""Secrets stay secret."""

from __future__ import annotations

import pickle
from base64 import b64encode

import pytest

from auto_model_monitor.core.secret import Secret, scrub

CODE = "CANARY-abcd-1234"


def test_a_secret_shows_itself_only_when_asked():
    """Neither repr, str, format, attributes nor a pickle of a secret hold it; reveal gives it."""
    secret = Secret(CODE)
    assert secret.reveal() == CODE
    shown = f"{secret!r} {secret} {[secret]}" + repr([getattr(secret, name) for name in secret.__slots__])
    assert CODE not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "echo",
    [
        CODE,
        CODE.lower(),
        f"<{CODE}>",
        b64encode(CODE.encode()).decode(),
        b64encode(f"\0me@qq.com\0{CODE}".encode()).decode(),
        b64encode(f"\0me@qq.com\0{CODE}".encode()).decode().rstrip("="),
        b64encode(f"x{CODE}y".encode()).decode()[1:],
        f"AUTH PLAIN {b64encode(f'me{CODE}'.encode()).decode()} refused",
    ],
)
def test_an_echo_is_hidden_in_every_form(echo):
    """The secret is hidden whether it is quoted as it is or inside a base64 word."""
    shown = scrub(f"535 you said {echo}, no", CODE)
    assert "***" in shown
    assert CODE.lower() not in shown.lower()
    assert "Q0FOQVJZ" not in shown


def test_other_words_stay():
    """What holds no secret is not touched."""
    text = "535 5.7.8 Authentication failed: https://service.mail.qq.com/detail/0/75 abcdefghijkl=="
    assert scrub(text, CODE, "") == text
