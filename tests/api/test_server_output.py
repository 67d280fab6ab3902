"""The token and the output of the server."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from tests.api.server_process import PROGRAM


@pytest.mark.skipif(sys.platform == "win32", reason="a journal is one of POSIX systems")
def test_the_token_is_not_written_into_the_journal(tmp_path: Path) -> None:
    """Output to systemd's journal, which a group can read, names the token's file instead of the token."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        words = [*PROGRAM, "--port", "0"]
        with subprocess.Popen(words, stdout=theirs, stderr=subprocess.PIPE, cwd=tmp_path) as process:
            theirs.close()
            output = b""
            while b"Ctrl-C" not in output and (piece := ours.recv(65536)):
                output += piece
            process.terminate()
    token = (tmp_path / "training_store" / "token").read_text().strip()
    assert b"Ctrl-C" in output
    assert token.encode() not in output
    assert str(tmp_path / "training_store" / "token").encode() in output
