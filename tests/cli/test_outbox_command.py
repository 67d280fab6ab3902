"""``auto-model-monitor outbox``: the list of deliveries, and their retry and drop."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace

import pytest
from programs import program, watching
from robot_server import Reply, RobotServer

from auto_model_monitor import MemoryOutbox, SQLiteOutbox
from auto_model_monitor.cli import main as cli
from auto_model_monitor.delivery import DeliveryWorker
from tests.fakes import FakeClock, RecordingNotifier, alert, message

LONG_AGO, IN_FAR_FUTURE = 1_700_000_000.0, 4_000_000_000.0


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Call the program in a folder of its own; return its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = cli.main(["outbox", *arguments])
        return (status, *capsys.readouterr())

    return call


@pytest.fixture
def box(tmp_path):
    """An outbox in the default place."""
    opened = SQLiteOutbox(tmp_path / "monitor_logs/outbox.db", "watch")
    yield opened
    opened.close()


def fill(box):
    """Add one delivered (1), one pending (2) and one refused delivery (3)."""
    for n, subject in enumerate(["first", "second", "third"]):
        channel = "email to you@qq.com" if n else "dingtalk robot 123456"
        box.add(alert(), message(subject, id=f"m{n}"), [channel], LONG_AGO + n)
    first, second, third = box.deliveries()
    box.delivered(replace(first, settled=LONG_AGO + 60))
    box.postponed(second, "smtp.qq.com:465 answered 451\nlater", IN_FAR_FUTURE)
    box.refused(replace(third, settled=LONG_AGO + 90), "550 no such user")


def test_each_delivery_is_listed(run, box):
    """Each delivery is listed with its time and receiver; reasons and next attempts are below."""
    fill(box)
    status, out, errors = run()
    assert (status, errors) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "monitor_logs/outbox.db: 1 owed, 1 delivered, 1 refused"
    rows = [line for line in lines if line.strip()[:1].isdigit() and "  " in line.strip()]
    assert [row.split()[:2] for row in rows] == [["1", "delivered"], ["2", "owed"], ["3", "refused"]]
    assert "dingtalk robot 123456" in rows[0]
    assert rows[0].endswith("first")
    assert "2 is owed after 1 failed attempt; the next attempt is at 2096-10-02" in out
    assert "  smtp.qq.com:465 answered 451\n  later\n" in out
    assert "3 was refused; 'outbox retry 3' tries it again\n  550 no such user" in out
    assert "\x1b" not in out


def test_nothing_owed_is_status_0(run, box):
    """An outbox in which everything was delivered, or that is empty, ends with status 0."""
    assert run() == (0, "monitor_logs/outbox.db: no alert so far\n", "")
    box.add(alert(), message("first"), ["a"], LONG_AGO)
    box.delivered(box.first_owed("a"))
    assert run()[0] == 0


def test_json(run, box):
    """JSON holds the same for programs, with every time in UTC."""
    fill(box)
    status, out, errors = run("--json")
    assert (status, errors) == (1, "")
    content = json.loads(out)
    assert content["counts"] == {"owed": 1, "delivered": 1, "refused": 1, "dropped": 0}
    first, second, third = content["deliveries"]
    assert (first["message_id"], first["settled"], first["next_attempt"]) == (
        "m0",
        "2023-11-14T22:14:20+00:00",
        None,
    )
    assert (second["failed_attempts"], second["next_attempt"]) == (1, "2096-10-02T07:06:40+00:00")
    assert (third["channel"], third["error"]) == ("email to you@qq.com", "550 no such user")


def test_many_are_shortened(run, box):
    """The last twenty delivered messages are listed, all with --all; pending ones always."""
    for n in range(30):
        box.add(alert(), message(f"s{n:02}", id=str(n)), ["a"], LONG_AGO)
    for delivery in box.deliveries()[1:]:
        box.delivered(delivery)
    out = run()[1]
    assert "the last 21 of 30" in out
    assert "s00" in out
    assert "s01" not in out
    assert "s01" in run("--all")[1]


def test_retry_and_drop(run, box):
    """A retried delivery is pending and due, a dropped one is settled, and a wrong number is an error."""
    fill(box)
    assert run("retry", "3")[:2] == (
        0,
        "Queued again: 3.\n"
        "A running watch sends within a minute; otherwise the next run of the watch sends.\n",
    )
    assert "the next attempt is as soon as its watch runs" in run()[1]
    box.refused(box.deliveries()[2], "550")
    assert run("retry")[1].startswith("Queued again: 2, 3.\n")
    assert [d.attempts for d in box.deliveries()] == [0, 0, 0]
    status, out, errors = run("drop", "2", "1", "99")
    assert (status, out) == (1, "Dropped: 2.\n")
    assert errors.splitlines()[0] == "1: there is no such delivery that is owed or refused"
    assert run("drop", "3")[0] == 0
    assert run()[0] == 0
    assert run("retry") == (0, "Nothing is owed, and nothing is refused.\n", "")
    assert run("retry", "1")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [["logs"], ["logs/outbox.db"], ["--log-dir", "logs"], ["--config", "night.toml"], ["retry", "logs"]],
)
def test_where_it_lies(run, tmp_path, arguments):
    """It is found by its path, by its folder, and by the settings of its watch."""
    (tmp_path / "night.toml").write_text('log_dir = "logs"\n[[watch]]\n[[watch]]\n')
    SQLiteOutbox(tmp_path / "logs/outbox.db").close()
    assert run(*arguments)[0] == 0


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["retry", "1"], ["--json"]])
def test_no_outbox(run, tmp_path, arguments):
    """Without an outbox there is one error with status 1, and none is created."""
    status, out, errors = run(*arguments)
    assert (status, out) == (1, "")
    assert errors.startswith("auto-model-monitor: error: there is no outbox at ")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_outbox(run, tmp_path):
    """A file that is no outbox is an error, and left as it is."""
    (tmp_path / "notes.txt").write_text("my notes\n" * 100)
    status, out, errors = run("notes.txt")
    assert (status, out) == (1, "")
    assert "the outbox notes.txt cannot be opened" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_hostile_texts(run, box):
    """A subject, a channel or an answer that would steer the terminal is shown as escapes."""
    box.add(alert(), message("\x1b[31mred\u202e"), ["a\x07"], LONG_AGO)
    box.postponed(box.first_owed("a\x07"), "\x1b]0;title\x07", IN_FAR_FUTURE)
    out = run()[1]
    assert "\\x1b[31mred\\u202e" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs file modes that bind this user")
def test_a_file_that_may_not_be_written_can_be_read(run, box):
    """A read-only outbox is listed; a change is refused with its reason."""
    fill(box)
    box.path.chmod(stat.S_IRUSR)
    box.path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert run()[0] == 1
        assert "cannot be written" in run("drop", "2")[2]
    finally:
        box.path.parent.chmod(stat.S_IRWXU)


def test_beside_a_watch_that_runs(tmp_path):
    """A running watch's pending delivery is listed, and once dropped it is not sent."""
    folder, logs = tmp_path / "ckpts", str(tmp_path / "logs")
    folder.mkdir()
    (folder / "val_loss_0.003.pt").touch()
    with RobotServer(lambda request: Reply(503, b"come back")) as server:
        url = server.url.replace("http", "json", 1)
        arguments = (str(folder), "--threshold", "0.004", "--log-dir", logs, "--notify", f"{url}/token")
        with watching(*arguments, "--interval", "0.05") as running:
            running.wait_for("not delivered yet")
            listed = program("outbox", "--log-dir", logs)
            assert listed.returncode == 1
            assert "1 is owed after 1 failed attempt; the next attempt is at" in listed.stdout
            assert "503" in listed.stdout
            assert program("outbox", "drop", "1", "--log-dir", logs).returncode == 0
            assert running.end() == 0
        assert "NOT delivered" not in running.said
        assert len(server.requests) == 1
    assert "token" not in listed.stdout + listed.stderr
    assert program("outbox", logs).returncode == 0


def test_a_watch_that_runs_looks_again_within_a_minute():
    """An idle worker polls the outbox once a minute, because another process can change it."""
    outbox, notifier = MemoryOutbox(), RecordingNotifier()

    def somebody_else(wait):
        assert wait <= 60
        if notifier.sent:
            channel.close()
        else:
            outbox.add(alert(), message(), ["recorder"], clock.now().timestamp())

    clock = FakeClock(on_wait=somebody_else)
    channel = DeliveryWorker(notifier, outbox, clock)
    channel.start(verify=False)
    channel.join(100)
    assert len(notifier.sent) == 1


@pytest.mark.parametrize("state", ["lost", "later", "", "OWED"])
def test_a_damaged_delivery_is_not_queued_again(run, box, state):
    """``retry`` of a damaged delivery ends with 1, changes nothing, and states what to do instead."""
    fill(box)
    box._connection.execute("UPDATE deliveries SET state = ? WHERE id = 2", (state,))
    status, out, errors = run("retry", "2")
    assert (status, out) == (1, "")
    assert errors.startswith("2: it is damaged and cannot be sent again: ")
    assert "'outbox drop 2'" in errors
    assert box._connection.execute("SELECT state FROM deliveries WHERE id = 2").fetchone() == (state,)
    assert run("retry")[0] == 0
    assert run("drop", "2")[0] == 0
