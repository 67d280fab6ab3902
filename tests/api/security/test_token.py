"""The token and its file."""

from __future__ import annotations

import os
import stat
import threading

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor.api.security import stored_token
from auto_model_monitor.api.security.token import Token
from auto_model_monitor.core.errors import ConfigError


def test_it_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    """The first start makes a token, 0600 whatever the umask; later ones find it; two stores have two."""
    before = os.umask(0)
    try:
        token = stored_token(tmp_path / "store")
    finally:
        os.umask(before)
    file = tmp_path / "store" / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(token) >= 43  # 256 bits
    assert stored_token(tmp_path / "store") == token
    assert stored_token(tmp_path / "other") != token
    assert [path.name for path in file.parent.iterdir()] == ["token"]


def test_servers_that_start_at_once_agree(tmp_path):
    """Of many that make the token at the same moment all get the same one."""
    found, begin = [], threading.Barrier(8)

    def start():
        begin.wait()
        found.append(stored_token(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_file_that_others_may_read_is_refused(tmp_path):
    """A token that others may have read is no secret; the error says what to do."""
    stored_token(tmp_path)
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(ConfigError, match=r"0644.*delete the file"):
        stored_token(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "short", "with a blank in the middle", "ünïcödé-token-long-enough", "x" * 300]
)
def test_a_file_without_a_token_is_refused(tmp_path, text):
    """A file that was emptied or damaged opens no door, and is not repeated."""
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="expected a token") as error:
        stored_token(tmp_path)
    assert not text or text not in str(error.value)


def test_what_is_no_plain_file_is_refused(tmp_path):
    """Neither a link nor a pipe nor a folder is taken for the token's file."""
    (tmp_path / "real").write_text("a-token-that-is-somewhere-else")
    (tmp_path / "token").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigError, match="token"):
        stored_token(tmp_path)
    (tmp_path / "token").unlink()
    os.mkfifo(tmp_path / "token", 0o600)
    with pytest.raises(ConfigError, match="plain file"):
        stored_token(tmp_path)
    (tmp_path / "token").unlink()
    (tmp_path / "token").mkdir()
    with pytest.raises(ConfigError, match="token"):
        stored_token(tmp_path)


def test_it_is_compared_as_a_whole_and_not_shown():
    """Only the same text is the token, half characters do no harm, and a repr shows nothing."""
    token = Token("0123456789abcdef")
    assert token.is_("0123456789abcdef")
    for other in ("0123456789abcdeF", "0123456789abcde", "0123456789abcdef0", "", "\udcff", "é" * 16):
        assert not token.is_(other)
    assert "0123" not in repr(token)
    with pytest.raises(ConfigError, match="token: expected") as error:
        Token("short")
    assert "short" not in str(error.value)
