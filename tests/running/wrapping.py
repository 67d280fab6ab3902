"""Wrapped commands in processes of their own: ``python wrapping.py LOG_DIR OPTIONS -- COMMAND``.

OPTIONS is a Python dictionary of arguments of `WrappedCommand`. With ``stop_on`` the command is stopped once
its log contains that text.
"""

from __future__ import annotations

import ast
import contextlib
import subprocess
import sys
from pathlib import Path


def arguments(log_dir: Path, *command: str, **options: object) -> list[str]:
    """Return the command line that wraps a command."""
    return [sys.executable, __file__, str(log_dir), repr(options), "--", *command]


def wrap(log_dir: Path, *command: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run a wrapped command to its end."""
    return subprocess.run(
        arguments(log_dir, *command, **options), capture_output=True, timeout=200, check=False
    )


def python(code: str) -> tuple[str, ...]:
    """Return the command that runs some Python code."""
    return sys.executable, "-c", code


def stop_on(text: bytes, command: object, log_file: Path) -> None:
    """Stop the command once its log contains the text."""
    from tests.waiting import until

    until(lambda: log_file.exists() and text in log_file.read_bytes())
    command.stop(f"the log has {text!r}")


def main() -> int:
    """Run the command line."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    import threading

    from auto_model_monitor.running import RunFolder, WrappedCommand

    log_dir, options, _, *words = sys.argv[1:]
    arguments = ast.literal_eval(options)
    text = arguments.pop("stop_on", b"")
    folder = None
    with contextlib.suppress(OSError):
        folder = RunFolder.create(log_dir)
    command = WrappedCommand(words, folder=folder, **arguments)
    command.start()
    if text and folder:
        follower = (text, command, Path(folder.log_file))
        threading.Thread(target=stop_on, args=follower, daemon=True).start()
    end = command.wait()
    if end.problem:
        print("auto-model-monitor:", end.problem, file=sys.stderr)
    return end.exit_code


if __name__ == "__main__":
    sys.exit(main())
