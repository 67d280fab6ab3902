"""What the API costs, beside a bare Starlette stream in the same run; one worker each.

``python serving.py [--repeat 3]`` prints one JSON object: events delivered per second of the wall
and of the server's processor, singly and in bursts of 100, for 1, 100 and 1000 clients on one stream; the
delay of single events at a rate; memory for each client; the list of 10,000 tasks; the end with open streams.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

HERE = Path(__file__).parent
KINDS = ("starlette", "api")
CLIENTS = (1, 100, 1000)
_STAMP = re.compile(rb'"t":(\d+)\}')


class Client(asyncio.Protocol):
    """A client that counts, and notes delays when it is asked to."""

    delays: list[float] | None = None

    def __init__(self, path: str) -> None:
        self.path = path
        self.begun = False

    def connection_made(self, transport: Any) -> None:
        transport.write(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if Client.delays is not None:
            now = time.monotonic_ns()
            Client.delays += [(now - int(stamp)) / 1e6 for stamp in _STAMP.findall(data)]


class Subject:
    """A server in a process of its own."""

    def __init__(self, kind: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, str(HERE / "streaming.py"), kind, str(self.port)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8")
        self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    async def tell(self, what: str, **values: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **values}) + "\n")
        self.process.stdin.flush()
        return await asyncio.to_thread(self._hear)

    async def join(self, count: int) -> list[Any]:
        """Connect so many clients; return what closes them."""
        loop, transports = asyncio.get_running_loop(), []
        seen = await self.tell("look")
        path, there = seen["path"], seen["open"]
        for _ in range(count):
            transport, _ = await loop.create_connection(lambda: Client(path), "127.0.0.1", self.port)
            transports.append(transport)
        while (await self.tell("look"))["open"] < there + count:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        return transports

    async def leave(self, transports: list[Any]) -> None:
        for transport in transports:
            transport.abort()
        while (await self.tell("look"))["open"]:
            await asyncio.sleep(0.05)

    def end(self, number: int = signal.SIGKILL) -> float:
        begun = time.perf_counter()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.perf_counter() - begun


async def throughput(clients: int, slices: int) -> dict[str, Any]:
    """Return events a second of both servers: of the wall and of the processor, singly and in bursts of 100.

    Both run all the time and are asked by turns, a fraction of a second each, so that whatever else the
    machine does meets both.
    """
    subjects = {kind: Subject(kind) for kind in KINDS}
    for subject in subjects.values():
        await subject.join(clients)
    found: dict[str, Any] = {kind: {} for kind in KINDS}
    for name, burst, total in (("singly", 1, 5000), ("bursts", 100, 30_000)):
        events = max(burst * 5, total // max(clients, 3) // burst * burst)
        taken: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        for number in range(slices):
            for kind in KINDS if number % 2 else KINDS[::-1]:
                took = await subjects[kind].tell("saturate", events=events, burst=burst)
                assert took["delivered"] == clients * events
                if number:  # the first one warms up
                    taken[kind].append(took)
        for kind in KINDS:
            found[kind][name] = {
                clock: clients * events / statistics.median(took[which] for took in taken[kind])
                for clock, which in (("wall", "wall"), ("processor", "cpu"))
            }
    for subject in subjects.values():
        subject.end()
    return found


async def delay(subject: Subject, clients: int, rate: float, seconds: float) -> dict[str, float]:
    """Return the delay of single events in milliseconds, and the server's share of a processor."""
    transports = await subject.join(clients)
    Client.delays = []
    paced = await subject.tell("pace", events=int(rate * seconds), rate=rate)
    await asyncio.sleep(1.0)
    delays, Client.delays = sorted(Client.delays), None
    await subject.leave(transports)
    return {
        "p50": delays[len(delays) // 2],
        "p99": delays[int(len(delays) * 0.99)],
        "received": len(delays) / (int(rate * seconds) * clients),
        "share": paced["share"],
    }


async def memory(subject: Subject, clients: int = 1000) -> float:
    """Return the bytes that one idle client holds in the server."""
    await subject.leave(await subject.join(100))
    before = (await subject.tell("look"))["resident"]
    transports = await subject.join(clients)
    held = (await subject.tell("look"))["resident"]
    await subject.leave(transports)
    return float((held - before) / clients)


async def one_round(kind: str, seconds: float) -> dict[str, Any]:
    """Measure what one server does by itself."""
    subject = Subject(kind)
    found: dict[str, Any] = {"memory": await memory(subject)}
    found["delay"] = {
        "1000 clients, 10 a second": await delay(subject, 1000, 10, seconds),
        "100 clients, 100 a second": await delay(subject, 100, 100, seconds),
    }
    transports = await subject.join(1000)
    number = signal.SIGTERM if kind == "api" else signal.SIGKILL
    found["seconds to end with 1000 streams"] = subject.end(number)
    for transport in transports:
        transport.abort()
    return found


def listing(tasks: int = 10_000, asks: int = 100) -> dict[str, dict[str, float]]:
    """Return how long the list of so many tasks takes to answer, in milliseconds, over one connection."""
    from auto_model_monitor.api import create_app
    from auto_model_monitor.training import TaskStore, Trainer, TrainingRequest
    from tests.api.live import Live

    with tempfile.TemporaryDirectory() as folder, closing(TaskStore(folder)) as store:
        for number in range(tasks):
            paths = dict.fromkeys(("train_path", "val_path", "save_path"), folder)
            request = TrainingRequest(
                model=f"m{number % 7}", num_classes=2, device=f"cuda:{number % 4}", **paths
            )
            store.request_cancel(store.add(request, trainer="x").id, "made for the list")
        live = Live(create_app(store, [Trainer("x", ("true",))], token=None, allow_paths=[folder]))
        connection = http.client.HTTPConnection("127.0.0.1", live.port)
        found = {}
        for query in (
            "",
            "?limit=200",
            "?offset=9950",
            "?model=m3&device=cuda:1",
            "?status=cancelled",
            "?status=failed",
        ):
            times = []
            for _ in range(asks):
                begun = time.perf_counter()
                connection.request("GET", f"/api/v2/training{query}")
                answer = connection.getresponse()
                answer.read()
                times.append((time.perf_counter() - begun) * 1000)
            times.sort()
            found[query or "(all)"] = {"p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)]}
        connection.close()
        live.stop()
    return found


def middle(rounds: list[Any]) -> Any:
    """Return the medians of nested figures."""
    if isinstance(rounds[0], dict):
        return {key: middle([one[key] for one in rounds]) for key in rounds[0]}
    return round(statistics.median(rounds), 3)


def ratios(found: dict[str, Any]) -> dict[str, Any]:
    """Return ours over the bare stream's, of each figure."""
    return {
        way: {clock: round(found["api"][way][clock] / found["starlette"][way][clock], 2) for clock in both}
        for way, both in found["api"].items()
    }


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=3, help="rounds of delays and memory")
    options.add_argument("--slices", type=int, default=25, help="of each throughput")
    options.add_argument("--seconds", type=float, default=8.0, help="that delays are watched for")
    given = options.parse_args()
    found: dict[str, Any] = {"throughput": {}, "ratio": {}}
    for clients in CLIENTS:
        measured = await throughput(clients, given.slices)
        found["throughput"][str(clients)] = middle([measured])
        found["ratio"][str(clients)] = ratios(measured)
    rounds: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for number in range(given.repeat):
        for kind in KINDS if number % 2 else KINDS[::-1]:
            rounds[kind].append(await one_round(kind, given.seconds))
    found |= {kind: middle(taken) for kind, taken in rounds.items()}
    found["list of 10,000 tasks, ms"] = middle([await asyncio.to_thread(listing)])
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main())
    except ImportError:
        asyncio.run(main())
