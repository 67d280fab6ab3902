"""The server as people start it: a process of its own, observed by its output."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.api.live import SCRIPT

PROGRAM = [sys.executable, "-m", "auto_model_monitor", "serve"]
TRAINER = f"script={sys.executable} -I -S {SCRIPT} {{args}}"
_URL = re.compile(r"Open (http://\S+)/(?:\?token=(\S+))?")


class ServerProcess:
    """A server that runs; ``url`` and ``token`` are what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.output = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.output += line
            if found := _URL.search(line):
                self.url, self.token = found[1], found[2]
            if line.startswith("Ctrl-C"):
                break
        else:
            raise AssertionError(
                f"the server did not start: {self.output}{process.stderr and process.stderr.read()}"
            )
        self.port = int(self.url.rpartition(":")[2])

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Send a request with the token, or post a body."""
        headers = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        sent = None
        if body is not None:
            sent, headers["content-type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.url + path, sent, headers, method=method)
        with urllib.request.urlopen(request, timeout=200) as answer:
            return json.load(answer)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        out, err = self.process.communicate(timeout=200)
        self.output += out + err
        return self.process.returncode


@contextmanager
def serving(*options: str, cwd: Path, env: dict[str, str] | None = None) -> Iterator[ServerProcess]:
    """Run ``serve`` on a free port in a directory; it ends with the block."""
    words = [*PROGRAM, "--port", "0", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdout=pipe, stderr=pipe, encoding="utf-8", cwd=cwd, env={**os.environ, **(env or {})}
    ) as process:
        try:
            yield ServerProcess(process)
        finally:
            with contextlib.suppress(OSError):
                process.kill()
