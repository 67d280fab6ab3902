"""The token and its file."""

from __future__ import annotations

import os
import stat
import threading

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor import ConfigError
from auto_model_monitor.api.security import AccessToken, stored_token

VALID = "a-valid-token-of-another-place"


def test_the_token_is_created_once_for_its_owner_alone(tmp_path):
    """The first start creates a token, mode 0600 whatever the umask; later starts read it; stores differ."""
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


def test_simultaneous_starts_agree_on_one_token(tmp_path):
    """Several starts that create the token at the same moment all return the same one."""
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


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666])
def test_a_file_with_any_right_for_others_is_refused(tmp_path, mode):
    """A token file with any right for its group or for others is refused; the error says what to do."""
    stored_token(tmp_path)
    (tmp_path / "token").chmod(mode)
    with pytest.raises(ConfigError, match=rf"got mode {mode:04o};.*delete the file"):
        stored_token(tmp_path)
    (tmp_path / "token").chmod(0o600)
    assert stored_token(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "short", "with a blank in the middle", "ünïcödé-token-long-enough", "x" * 300]
)
def test_a_file_without_a_token_is_refused(tmp_path, text):
    """An empty or damaged file is refused, and the error does not repeat its content."""
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="expected a token") as error:
        stored_token(tmp_path)
    assert not text or text not in str(error.value)


@pytest.mark.parametrize("target", ["real", "missing"])
def test_a_symbolic_link_is_refused(tmp_path, target):
    """A link is refused even if it leads to a valid token file that only its owner can read."""
    (tmp_path / "real").touch(0o600)
    (tmp_path / "real").write_text(VALID)
    (tmp_path / "token").symlink_to(tmp_path / target)
    with pytest.raises(ConfigError, match="expected a regular file that contains the token, got a symbolic"):
        stored_token(tmp_path)
    assert not (tmp_path / "missing").exists()
    (tmp_path / "token").unlink()
    (tmp_path / "real").rename(tmp_path / "token")
    assert stored_token(tmp_path) == VALID  # the link was the only fault


def test_neither_a_pipe_nor_a_directory_is_a_token_file(tmp_path):
    """A pipe is refused without waiting for a writer, and a directory is refused."""
    os.mkfifo(tmp_path / "token", 0o600)
    with pytest.raises(ConfigError, match="regular file"):
        stored_token(tmp_path)
    (tmp_path / "token").unlink()
    (tmp_path / "token").mkdir(0o700)
    with pytest.raises(ConfigError, match="regular file"):
        stored_token(tmp_path)


def test_the_token_is_compared_as_a_whole_and_not_shown():
    """Only the same text matches, lone surrogates included, and neither repr nor error shows the token."""
    token = AccessToken("0123456789abcdef")
    assert token.matches("0123456789abcdef")
    for other in ("0123456789abcdeF", "0123456789abcde", "0123456789abcdef0", "", "\udcff", "é" * 16):
        assert not token.matches(other)
    assert "0123" not in repr(token)
    with pytest.raises(ConfigError, match="token: expected") as error:
        AccessToken("short")
    assert "short" not in str(error.value)
