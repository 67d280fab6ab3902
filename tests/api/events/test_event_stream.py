"""One client's stream, called as a server calls it, with a real store."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from contextlib import closing
from datetime import datetime, timezone

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor import LogEntry
from auto_model_monitor.api.events import Broadcaster, EventStream, StreamCursor
from auto_model_monitor.api.web.problem_details import HTTPProblem
from auto_model_monitor.training import Limits, TaskState, TaskStore, TrainingRequest

NOW = datetime(2025, 10, 29, 10, 0, tzinfo=timezone.utc)


class Task:
    """A task whose log the test writes and publishes."""

    def __init__(self, store, broadcaster):
        self.store, self.broadcaster = store, broadcaster
        paths = dict.fromkeys(("train_path", "val_path", "save_path"), "/tmp")
        self.id = store.add(TrainingRequest(model="m", num_classes=2, **paths), trainer="t").id
        store.move(self.id, TaskState.RUNNING, "started")
        self.lines = 0

    def log(self, count=1, text="line"):
        """Write some lines as the dispatcher does: stored first, then published."""
        made = [
            LogEntry(timestamp=NOW, level="INFO", message=f"{text} {self.lines + number}")
            for number in range(1, count + 1)
        ]
        self.lines += count
        task, stored = self.store.append(self.id, made)
        self.broadcaster.publish(task, stored)

    def end(self, state=TaskState.COMPLETED, reason="exit status 0"):
        self.store.move(self.id, state, reason)
        self.broadcaster.publish(self.store.get(self.id), ())


class Client:
    """A client: what it received, and whether it reads."""

    def __init__(self, task, last_event_id=None, after=None, method="GET"):
        self.task = task
        self.response = EventStream(
            task.broadcaster, task.store, task.id, StreamCursor.parse(last_event_id, after)
        )
        self.scope = {"type": "http", "method": method}
        self.messages = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.gone = asyncio.Event()
        self.got = asyncio.Event()
        self.running = asyncio.ensure_future(self.response(self.scope, self.receive, self.send))

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.reads.wait()
        self.messages.append(message)
        self.got.set()

    @property
    def bytes(self):
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def numbers(self):
        """The numbers of the received entries, in order."""
        blocks = self.bytes.decode().split("\n\n")
        return [int(block.split("\n")[0][4:]) for block in blocks if block.startswith("id: ")]

    @property
    def kinds(self):
        return [
            block.split("\n")[0][7:]
            for block in self.bytes.decode().split("\n\n")
            if block.startswith("event:")
        ]

    def data(self, kind):
        """The data of the last event of a kind."""
        block = [block for block in self.bytes.decode().split("\n\n") if block.startswith(f"event: {kind}")][
            -1
        ]
        return json.loads(block.partition("data: ")[2])

    async def until(self, holds):
        while not holds(self):
            self.got.clear()
            await asyncio.wait_for(self.got.wait(), 30)

    async def done(self):
        await asyncio.wait_for(asyncio.shield(self.running), 30)


@pytest.fixture
def play(tmp_path):
    """Run a test's scene in a loop: ``play(scene, most=5)`` calls ``scene(task, broadcaster)``."""

    def run(scene, *, limits=None, **options):
        async def main(store):
            broadcaster = Broadcaster(**options)
            broadcaster.start()
            try:
                await scene(Task(store, broadcaster), broadcaster)
            finally:
                broadcaster.stop()

        with closing(TaskStore(tmp_path / "store", limits=limits)) as store:
            asyncio.run(main(store))

    return run


def test_history_comes_first_then_the_present_then_the_end(play):
    """A stream has the retry, the history, what follows, and the end of the task, in this order."""

    async def scene(task, broadcaster):
        task.log(3)
        client = Client(task)
        await client.until(lambda c: c.numbers == [1, 2, 3])
        assert client.bytes.startswith(b"retry: 2000\n\nid: 1\n")
        task.log(2)
        await client.until(lambda c: c.numbers == [1, 2, 3, 4, 5])
        task.end()
        await client.done()
        assert client.bytes.count(b"id: 5-end\n") == 1
        assert client.data("end")["status"] == "completed"
        assert {"level", "message", "timestamp", "reason"} <= set(client.data("end"))
        assert client.messages[-1] == {"type": "http.response.body", "body": b""}
        assert (broadcaster.open, broadcaster.sent) == (0, 5)

    play(scene)


def test_headers_say_that_it_is_a_stream(play):
    """The response is an event stream of unknown length that no proxy buffers; HEAD gets headers only."""

    async def scene(task, broadcaster):
        task.end()
        for method in ("GET", "HEAD"):
            client = Client(task, method=method)
            await client.done()
            headers = dict(client.messages[0]["headers"])
            assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
            assert headers[b"x-accel-buffering"] == b"no"
            assert b"content-length" not in headers
            assert (client.bytes == b"") is (method == "HEAD")

    play(scene)


def test_at_the_seam_nothing_is_missing_or_repeated(play):
    """While a thread logs as fast as it can, each new client gets every entry once, in order."""

    async def scene(task, broadcaster):
        dice = random.Random(7)
        total = 2000

        def write():
            while task.lines < total:
                task.log(min(dice.randint(1, 40), total - task.lines))
            task.end()

        writer = threading.Thread(target=write)
        writer.start()
        clients = []
        while writer.is_alive():
            after = dice.choice([0, max(0, task.lines - 100) // 2])
            clients.append((after, Client(task, after=after)))
            await asyncio.sleep(dice.random() / 50)
        for after, client in [*clients, (0, Client(task))]:
            await client.done()
            assert client.numbers == list(range(after + 1, total + 1))
            assert client.kinds == ["end"]
        assert len(clients) > 5

    play(scene)


def test_a_client_that_reconnects_gets_the_rest(play):
    """A stream with Last-Event-ID continues after that entry, across the pages of a long history."""

    async def scene(task, broadcaster):
        task.log(1200)
        task.end()
        for last in (0, 1, 249, 250, 251, 1199, 1200):
            client = Client(task, last_event_id=str(last))
            await client.done()
            assert client.numbers == list(range(last + 1, 1201))

    play(scene)


def test_a_trimmed_history_is_a_gap_event(play):
    """A gap event counts the entries that are no longer kept, and a client can resume from its id."""

    async def scene(task, broadcaster):
        task.log(100)
        task.log(100)
        first = task.store.get(task.id).first_seq
        assert first > 1
        task.end()
        client = Client(task)
        await client.done()
        assert client.kinds == ["gap", "end"]
        gap = client.data("gap")
        assert gap["message"] == f"{first - 1} older entries are no longer kept"
        assert gap["level"] == "WARNING"
        blocks = client.bytes.decode().split("\n\n")
        assert f"id: {first - 1}" in next(block for block in blocks if "event: gap" in block).split("\n")
        again = Client(task, last_event_id=str(first - 1))
        await again.done()
        assert again.kinds == ["end"]

    play(scene, limits=Limits(most_entries=50))


def test_an_id_after_the_end_is_a_gap_event(play):
    """A client with an id after the end gets a gap event, and then the next entries."""

    async def scene(task, broadcaster):
        task.log(2)
        client = Client(task, last_event_id="99")
        await client.until(lambda c: c.kinds == ["gap"])
        task.log(1)
        await client.until(lambda c: 3 in c.numbers)
        task.end()
        await client.done()
        assert client.numbers == [3]
        assert "the last one is 2" in client.data("gap")["message"]

    play(scene)


def test_silence_is_filled_with_heartbeats(play):
    """A silent stream carries heartbeats."""

    async def scene(task, broadcaster):
        client = Client(task)
        await client.until(lambda c: c.bytes.count(b": heartbeat\n\n") >= 3)

    play(scene, heartbeat=0.01)


def test_a_client_that_leaves_ends_its_stream(play):
    """The stream of a client that leaves ends without waiting for an event."""

    async def scene(task, broadcaster):
        clients = [Client(task) for _ in range(50)]
        for client in clients:
            await client.until(lambda c: c.bytes == b"retry: 2000\n\n")
        assert broadcaster.open == 50
        for client in clients:
            client.gone.set()
        for client in clients:
            await client.done()
        assert (broadcaster.open, broadcaster._buffers) == (0, {})

    play(scene)


def test_a_slow_client_costs_one_write_and_gets_everything(play):
    """A slow client holds one write and no queue, delays no other client, and catches up from the store."""

    async def scene(task, broadcaster):
        slow, quick = Client(task), Client(task)
        await slow.until(lambda c: c.bytes != b"")
        await quick.until(lambda c: c.bytes != b"")
        slow.reads.clear()
        for _ in range(20):
            task.log(500, text="x" * 200)
            await quick.until(lambda c: task.lines in c.numbers[-1:])
        assert len(slow.messages) <= 3
        buffer = broadcaster._buffers[task.id]
        assert buffer._bytes <= 4 * 1024 * 1024
        slow.reads.set()
        task.end()
        await slow.done()
        assert slow.numbers == list(range(1, 10_001))
        assert slow.kinds == ["end"]
        assert max(len(message.get("body", b"")) for message in slow.messages) <= 64 * 1024

    play(scene)


def test_a_client_that_reads_nothing_is_dropped(play):
    """A write that exceeds its timeout ends its stream, and no other."""

    async def scene(task, broadcaster):
        stuck, other = Client(task), Client(task)
        await stuck.until(lambda c: c.bytes != b"")
        stuck.reads.clear()
        task.log(1)
        await stuck.done()
        await other.until(lambda c: c.numbers == [1])
        assert (broadcaster.open, stuck.numbers) == (1, [])

    play(scene, write_timeout=0.05)


def test_the_number_of_streams_is_limited(play):
    """A stream above the limit gets 503 and is not counted; after one ends there is room again."""

    async def scene(task, broadcaster):
        first = Client(task)
        await first.until(lambda c: c.bytes != b"")
        refused = Client(task)
        with pytest.raises(HTTPProblem) as found:
            await refused.done()
        assert (found.value.status, refused.messages, broadcaster.open) == (503, [], 1)
        first.gone.set()
        await first.done()
        await (second := Client(task)).until(lambda c: c.bytes != b"")
        assert second.messages[0]["status"] == 200

    play(scene, most=1)


def test_a_stop_ends_every_stream(play):
    """When the server stops, streams end cleanly and without an end event; stuck ones are dropped."""

    async def scene(task, broadcaster):
        idle, stuck = Client(task), Client(task)
        await idle.until(lambda c: c.bytes != b"")
        await stuck.until(lambda c: c.bytes != b"")
        stuck.reads.clear()
        task.log(1)
        await idle.until(lambda c: c.numbers == [1])
        broadcaster.stop()
        await idle.done()
        await stuck.done()
        assert idle.messages[-1] == {"type": "http.response.body", "body": b""}
        assert idle.kinds == []
        with pytest.raises(HTTPProblem, match="stopping"):
            await Client(task).done()

    play(scene)


def test_a_task_that_is_deleted_ends_its_streams(play):
    """A stream of a task that is being deleted ends without a server error."""

    async def scene(task, broadcaster):
        task.end()
        client = Client(task)
        task.store.delete(task.id)
        await client.done()
        assert client.messages[-1] == {"type": "http.response.body", "body": b""}

    play(scene)


def test_a_busy_loop_is_woken_once(play):
    """What the dispatcher publishes while the loop is busy waits in one queue of bounded size."""

    async def scene(task, broadcaster):
        client = Client(task)
        await client.until(lambda c: c.bytes != b"")
        woken = []
        loop = asyncio.get_running_loop()
        broadcaster._loop = type("Loop", (), {"call_soon_threadsafe": lambda _, call: woken.append(call)})()
        writer = threading.Thread(target=lambda: [task.log(1000, "x" * 1000) for _ in range(10)])
        writer.start()
        writer.join()
        assert len(woken) == 1
        held = sum(len(chunk.data) for _, made, _ in broadcaster._queue for chunk in made)
        assert 7 * 2**20 < held <= 8 * 2**20
        broadcaster._loop = loop
        woken[0]()
        task.end()
        await client.done()
        assert client.numbers == list(range(1, 10_001))

    play(scene)


def test_entries_without_a_stream_are_not_held(play):
    """Without a stream, published entries are not held."""

    async def scene(task, broadcaster):
        task.log(10)
        assert (len(broadcaster._queue), broadcaster._buffers) == (0, {})

    play(scene)
