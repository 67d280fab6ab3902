"""How many functions and modules of the package a fact passes on its way, counted by a profiler.

``python tests/benchmarks/hops.py name``: from a name in a directory to the mail that smtplib gets.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from smtp_server import SMTPServer  # noqa: E402

PACKAGE = f"{Path(__file__).parents[2] / 'auto_model_monitor'}/"


class Hops:
    """Counts the functions of the package that are called while it is entered, in every thread."""

    def __init__(self) -> None:
        self.functions: set[tuple[str, str]] = set()

    def __enter__(self) -> Hops:
        """Start to count."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        sys.setprofile(None)
        threading.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        # What a module runs when it is imported, and the parts of a function, are no hops.
        if event == "call" and code.co_filename.startswith(PACKAGE) and not code.co_qualname.endswith(">"):
            self.functions.add((code.co_filename, code.co_qualname))

    def report(self, journey: str) -> None:
        """Print the figures, and with ``--list`` each function."""
        modules = {path for path, _ in self.functions}
        print(f"{journey}: {len(self.functions)} functions in {len(modules)} modules")
        if "--list" in sys.argv:
            for path, name in sorted(self.functions):
                print(f"  {path.removeprefix(PACKAGE)}: {name}")


def name() -> None:
    """A checkpoint appears, and the mail about it reaches a server."""
    from auto_model_monitor import ModelMonitor, MonitorConfig

    with tempfile.TemporaryDirectory() as folder, SMTPServer(tls="none", auth=False) as server:
        config = MonitorConfig(
            Path(folder) / "checkpoints",
            0.004,
            "you@example.com",
            smtp_host=server.host,
            smtp_port=server.port,
            smtp_security="none",
            log_dir=Path(folder) / "logs",
        )
        Path(config.watch_dir).mkdir()
        monitor = ModelMonitor(config)
        monitor.check()  # what starts once is no part of the journey
        (Path(config.watch_dir) / "val_loss=0.003.pt").touch()
        with Hops() as hops:
            alerts = monitor.check()
            monitor.stop()
        assert len(alerts) == len(server.mails) == 1
    hops.report("a name to a mail")


JOURNEYS: dict[str, Callable[[], None]] = {"name": name}


def main() -> None:
    """Count one journey, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journey", nargs="*", choices=[*JOURNEYS, []])
    parser.add_argument("--list", action="store_true", help="print each function")
    for journey in parser.parse_args().journey or JOURNEYS:
        JOURNEYS[journey]()


if __name__ == "__main__":
    main()
