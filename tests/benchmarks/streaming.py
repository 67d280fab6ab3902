"""Two servers with one worker each: ours, and a bare Starlette stream; told over standard input what to do.

``python streaming.py api|starlette PORT`` prints one JSON object for each line that it is told.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from auto_model_monitor.api import create_app
from auto_model_monitor.api.serving import UvicornServer, max_streams, open_listener
from auto_model_monitor.training import StoredEntry, TaskStore, Trainer, TrainingRequest


def entry(number: int) -> bytes:
    """Return an entry as it is stored, with the time in nanoseconds of a clock that all processes share."""
    return (
        b'{"timestamp":"2025-10-29T10:17:12.000Z","level":"INFO","message":"Train Loss: 0.5234 (%d)",'
        b'"metrics":{"train_loss":0.5234},"stage":"training","t":%d}' % (number, time.monotonic_ns())
    )


class Pending:
    """What one client of the bare stream has still to get."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.ready = asyncio.Event()


class Bare:
    """A stream in the usual way: a list and an event for each client, what piled up in one piece."""

    def __init__(self) -> None:
        self.clients: set[Any] = set()
        self.sent = 0
        self.number = 0
        self.loop: Any = None
        self.app = Starlette(routes=[Route("/logs", self.stream)])
        self.path = "/logs"

    async def stream(self, request: Any) -> Any:
        async def events() -> Any:
            self.loop = asyncio.get_running_loop()
            mine = Pending()
            self.clients.add(mine)
            try:
                while True:
                    await mine.ready.wait()
                    mine.ready.clear()
                    frames, mine.frames = mine.frames, []
                    yield b"".join(frames)
                    self.sent += len(frames)
            finally:
                self.clients.discard(mine)

        return StreamingResponse(events(), media_type="text/event-stream")

    def made(self, count: int) -> list[tuple[int, bytes]]:
        """Return so many events as they come."""
        first, self.number = self.number + 1, self.number + count
        return [(number, entry(number)) for number in range(first, first + count)]

    def give(self, events: list[tuple[int, bytes]]) -> None:
        """Give events to all clients; each is written out once."""
        frames = [b"id: %d\ndata: %b\n\n" % event for event in events]
        for client in self.clients:
            client.frames += frames
            client.ready.set()

    def publish(self, events: list[tuple[int, bytes]]) -> None:
        """Bring events into the loop, as from a thread that reads logs."""
        self.loop.call_soon_threadsafe(self.give, events)

    def where(self) -> str:
        """Return the address."""
        return self.path

    def server(self, started: Callable[[], None]) -> uvicorn.Server:
        config = uvicorn.Config(self.app, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        threading.Timer(1.0, started).start()
        return server

    @property
    def open(self) -> int:
        return len(self.clients)


class Ours:
    """The application as it is served, with a training that says nothing; its log comes from here."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.store = TaskStore(Path(self.folder, "store"))
        # A training outlives its server; this one ends soon after.
        waits = f"import os, time\nwhile os.path.exists('/proc/{os.getpid()}'): time.sleep(1)"
        idle = Trainer("idle", (sys.executable, "-c", waits))
        paths = dict.fromkeys(("train_path", "val_path", "save_path"), self.folder)
        most = max_streams(3000)
        self.app = create_app(self.store, [idle], token=None, allow_paths=[self.folder], most_streams=most)
        self.broadcaster = self.app.state.broadcaster
        self.task = self.store.add(TrainingRequest(model="m", num_classes=2, **paths), trainer="idle")
        self.path = f"/api/v2/training/{self.task.id}/logs"
        self.number = 0

    def made(self, count: int) -> list[StoredEntry]:
        """Return so many entries as the store returns them."""
        first, self.number = self.number + 1, self.number + count
        return [StoredEntry(number, entry(number)) for number in range(first, first + count)]

    def publish(self, events: list[StoredEntry]) -> None:
        """Tell of entries, as the dispatcher does from its thread."""
        # The dispatcher asks the store for a new one; what that costs is not measured here.
        object.__setattr__(self.task, "last_seq", events[-1].seq)
        self.broadcaster.publish(self.task, events)

    def where(self) -> str:
        """Return the address of the present: what was told of is taken for stored, and for dropped."""
        with self.store._database.transaction() as cursor:
            sql = "UPDATE tasks SET last_seq = ?, first_seq = ? WHERE id = ?"
            cursor.execute(sql, (self.number, self.number + 1, self.task.id))
        return f"{self.path}?after={self.number}"

    def server(self, started: Callable[[], None]) -> UvicornServer:
        return UvicornServer(self.app, started)

    @property
    def sent(self) -> int:
        return int(self.broadcaster.sent)

    @property
    def open(self) -> int:
        return int(self.broadcaster.open)


class Orders:
    """What the benchmark tells a server to do."""

    def __init__(self, subject: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.subject, self.loop = subject, loop

    def saturate(self, events: int, burst: int) -> dict[str, float]:
        """Publish as fast as all clients are written to, never before the last burst has been."""
        return asyncio.run_coroutine_threadsafe(self._saturate(events, burst), self.loop).result()

    async def _saturate(self, events: int, burst: int) -> dict[str, float]:
        subject, clients = self.subject, self.subject.open
        bursts = [subject.made(burst) for _ in range(events // burst)]
        gc.collect()
        gc.freeze()  # what waits here to be published is no part of either server
        wall, cpu, begun = time.perf_counter(), time.process_time(), subject.sent
        due = begun
        for made in bursts:
            subject.publish(made)
            due += burst * clients
            while subject.sent < due:
                await asyncio.sleep(0)
        delivered = subject.sent - begun
        gc.unfreeze()
        return {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "delivered": delivered,
        }

    def pace(self, events: int, rate: float) -> dict[str, float]:
        """Publish single events at a rate, from a thread."""
        cpu, begun = time.process_time(), time.perf_counter()
        for number in range(events):
            time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            self.subject.publish(self.subject.made(1))
        return {"share": (time.process_time() - cpu) / (time.perf_counter() - begun)}

    def look(self) -> dict[str, Any]:
        """Return how many streams are open, where to join them, and the bytes that the process holds."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        resident = pages * os.sysconf("SC_PAGE_SIZE")
        return {"open": self.subject.open, "path": self.subject.where(), "resident": resident}


def main(kind: str, port: int) -> None:
    subject = Ours() if kind == "api" else Bare()
    server = subject.server(lambda: print("{}", flush=True))
    made: list[asyncio.AbstractEventLoop] = []

    def obey() -> None:
        for line in sys.stdin:
            order = json.loads(line)
            name = order.pop("do")
            print(json.dumps(getattr(Orders(subject, made[0]), name)(**order)), flush=True)
        os._exit(0)

    async def run() -> None:
        made.append(asyncio.get_running_loop())
        threading.Thread(target=obey, daemon=True).start()
        await server.serve(sockets=[open_listener("127.0.0.1", port)])

    server.config.load()
    try:
        import uvloop

        uvloop.run(run())
    except ImportError:
        asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
