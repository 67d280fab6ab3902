"""Alerts about the end of a training: real processes end, and no error reaches the training."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from smtp_server import Faults, SMTPServer

import auto_model_monitor
from auto_model_monitor import (
    AlertKind,
    ConfigError,
    Level,
    MemoryOutbox,
    ModelMonitor,
    MonitorConfig,
    SQLiteOutbox,
    notify_when_done,
)
from auto_model_monitor.completion.crash_cause import crash_cause
from auto_model_monitor.completion.ending import ending_of, log_end, traceback_end
from auto_model_monitor.runtime.ranks import _LOCAL_RANKS, _RANKS, is_rank_zero
from tests.fakes import RecordingNotifier, permanent, transient

ROOT = Path(auto_model_monitor.__file__).parents[1]
CODE = "qwertyuiopasdfgh"
RANKS = (*_RANKS, *_LOCAL_RANKS, "NODE_RANK", "TF_CONFIG")
HEAD = f"""\
import os, signal, sys
from functools import partial
from threading import Event
from auto_model_monitor import MonitorConfig, notify_when_done
from auto_model_monitor.completion import completion_notifier
# On a machine under load a delivery, and reading the best score, may take more than the usual seconds.
notify_when_done = partial(notify_when_done, grace=100)
completion_notifier.READ_TIMEOUT = 100
mail = {{"sender": "me@qq.com", "receiver": "you@example.com", "auth_code": {CODE!r}}}
config = MonitorConfig("ckpts", 0.004, log_dir="logs", language="en", **mail)
def wait():
    print("begun", flush=True)
    Event().wait(200)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks as POSIX knows them")


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rank, and patience with a machine under load."""
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("auto_model_monitor.completion.training_run._COMMIT_TIMEOUT", 100)
    monkeypatch.setattr("auto_model_monitor.completion.completion_notifier.READ_TIMEOUT", 100)


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as running:
        yield running


@pytest.fixture
def script(tmp_path: Path, server: SMTPServer) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a script in a process of its own, in a directory with two checkpoints."""
    (tmp_path / "ckpts").mkdir()
    for score in (0.0051, 0.0029):
        (tmp_path / "ckpts" / f"e_val_loss_{score}.pt").touch()
    base = {**os.environ, "PYTHONPATH": str(ROOT)}
    started: list[subprocess.Popen[str]] = []

    def start(body: str, **environment: str) -> subprocess.Popen[str]:
        (tmp_path / "train.py").write_text(HEAD + body, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "train.py"],
            cwd=tmp_path,
            env=server.environ("smtp.qq.com", base=base) | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def ended(process: subprocess.Popen[str], how: int | None = None) -> tuple[int, str, str]:
    """Return status, stdout and stderr; send it a signal first, once it has begun."""
    begun = ""
    if how is not None:
        assert process.stdout is not None
        begun = process.stdout.readline()
        process.send_signal(how)
    out, err = process.communicate(timeout=200)
    return process.returncode, begun + out, err


def owed(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "logs" / "outbox.db") as database:
        return [row[0] for row in database.execute("SELECT state FROM deliveries ORDER BY id")]


# The output of a process when it ends.


def test_a_training_that_finishes_is_reported(script, server):
    """One mail reports the end, the duration and the best score, and the return value passes through."""
    status, out, err = ended(script("@notify_when_done(config)\ndef train(): return 42\nprint(train())"))
    assert (status, out, err) == (0, "42\n", "")
    (mail,) = server.mails
    assert str(mail.message["Subject"]).startswith("✅ Training finished: train, after ")
    assert "Best so far: 0.0029" in mail.text
    assert "File: e_val_loss_0.0029.pt" in mail.text
    assert "Host: " in mail.text
    assert "Directory: ckpts" in mail.text


CRASH = """
import logging
logging.basicConfig(filename="train.log", level="INFO", format="%(message)s")
logging.info("epoch 41 begins")
def step(batch):
    raise RuntimeError(f"CUDA out of memory <{batch}>")
"""


def test_a_crash_is_reported_with_the_ends_of_traceback_and_log(script, server):
    """The mail has the training's own last frames and the last lines of the log, and the error propagates."""
    status, _, err = ended(script(CRASH + "with notify_when_done(config, name='resnet50'):\n    step(7)\n"))
    assert status == 1
    assert err.count("Traceback") == 1
    assert "completion" not in err
    (mail,) = server.mails
    error = "RuntimeError: CUDA out of memory <7>"
    assert mail.message["Subject"].startswith(f"🚨 Training crashed: resnet50, {error} · ckpts@")
    assert f"Traceback (its end):\nTraceback (most recent call last):\n{frames(err)}" in mail.text
    assert "Last log lines:\nepoch 41 begins" in mail.text
    assert "&lt;7&gt;" in mail.html
    assert "\nCause: GPU memory ran out\n" in mail.text
    assert " in step: raise RuntimeError" in mail.text
    assert "\nWhat to do: Use a smaller batch" in mail.text


def test_a_programs_own_error_has_its_place_and_no_general_advice():
    """Of an error of the program itself the place is named; its own text says more than a cause's name."""
    frames = '  File "/home/me/train.py", line 7, in step\n    x()\n'
    trace = f"Traceback (most recent call last):\n{frames}KeyError: 1"
    assert crash_cause(trace, "", "en") == {"frame": "train.py:7 in step: x()"}


def frames(err: str) -> str:
    shown = err.split("(most recent call last):\n", 1)[1].rstrip().splitlines()
    return "\n".join(line for line in shown if line.strip("~^ "))


def test_a_decorated_crash_shows_the_trainings_frames_alone(script, server):
    """The frame of the decorator is not in the mail."""
    status, _, _ = ended(script(CRASH + "@notify_when_done(config)\ndef train(): step(7)\ntrain()"))
    assert status == 1
    assert "in train\n" in server.mails[0].text
    assert "completion" not in server.mails[0].text


@pytest.mark.parametrize(
    ("leave", "status", "subject"),
    [
        ("sys.exit()", 0, "Training finished"),
        ("sys.exit(0)", 0, "Training finished"),
        ("sys.exit(3)", 3, "Training crashed: train, SystemExit: 3"),
        ("sys.exit('no GPU')", 1, "Training crashed: train, SystemExit: no GPU"),
        ("raise KeyboardInterrupt", -signal.SIGINT, "Training interrupted: train"),
    ],
)
def test_an_exit_is_classified_by_its_code(script, server, leave, status, subject):
    """An exit with a code is a crash, one without is a normal end, and the exit status is unchanged."""
    process = script(f"@notify_when_done(config)\ndef train():\n    {leave}\ntrain()")
    assert ended(process)[0] == status
    assert subject in str(server.mails[0].message["Subject"])


@pytest.mark.parametrize(
    ("how", "status", "cause"),
    [
        (signal.SIGINT, -signal.SIGINT, "SIGINT (Ctrl-C)"),
        (signal.SIGTERM, 128 + signal.SIGTERM, "SIGTERM"),
        (signal.SIGHUP, 128 + signal.SIGHUP, "SIGHUP"),
    ],
)
def test_a_signal_is_an_interruption(script, server, how, status, cause):
    """Ctrl-C, SIGTERM and SIGHUP are reported as interruptions with their names."""
    process = script("@notify_when_done(config)\ndef train(): wait()\ntrain()")
    assert ended(process, how)[0] == status
    (mail,) = server.mails
    assert "⚠️ Training interrupted: train, after" in str(mail.message["Subject"])
    assert f"Cause: {cause}" in mail.text


def test_a_signal_handler_of_the_training_is_kept(script, server):
    """A handler of the training is kept, and an exit from it is an interruption, whatever its code."""
    body = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\nwith notify_when_done(config): wait()"
    assert ended(script(body), signal.SIGTERM)[0] == 0
    (mail,) = server.mails
    assert "interrupted" in str(mail.message["Subject"])
    assert "Cause: SIGTERM" in mail.text


def test_the_signal_handlers_are_restored(script, server):
    """After the training, SIGTERM ends the process as before."""
    process = script("with notify_when_done(config): pass\nwait()")
    assert ended(process, signal.SIGTERM)[0] == -signal.SIGTERM


def test_a_forked_worker_reports_nothing_and_dies_of_its_signal(script, server):
    """A forked child reports nothing, and SIGTERM ends it as it does without the decorator."""
    body = """
with notify_when_done(config):
    child = os.fork()
    if not child:
        Event().wait(200)
        os._exit(1)
    os.kill(child, signal.SIGTERM)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    status, out, _ = ended(script(body))
    assert (status, out.splitlines()[-1]) == (0, str(-signal.SIGTERM))
    assert len(server.mails) == 1


def test_a_forked_child_that_leaves_the_block_reports_nothing(script, server):
    """A forked child that leaves the block reports nothing."""
    body = "with notify_when_done(config): child = os.fork()\nif child: os.waitpid(child, 0)"
    assert ended(script(body))[0] == 0
    assert len(server.mails) == 1


@pytest.mark.parametrize(("rank", "mails"), [("0", 1), ("1", 0)])
def test_only_rank_0_reports(script, server, rank, mails):
    """Of the processes of a distributed training, exactly one reports the end."""
    assert ended(script("with notify_when_done(config): pass", RANK=rank))[0] == 0
    assert len(server.mails) == mails


def test_a_coroutine_is_reported_before_the_process_ends(script, server):
    """The event loop is not blocked, and the mail is sent before the process exits."""
    body = "import asyncio\n@notify_when_done(config)\nasync def train(): return 42\n"
    status, out, _ = ended(script(body + "print(asyncio.run(train()))"))
    assert (status, out) == (0, "42\n")
    assert len(server.mails) == 1


# With such a time-out, a process that waits for the server does not end within this test.
PATIENT = """
from auto_model_monitor import EmailNotifier
EmailNotifier.__init__.__kwdefaults__["timeout"] = 600
"""


@pytest.mark.parametrize("hang", ["banner", "login", "data"])
def test_a_dead_server_delays_the_end_by_seconds_and_loses_nothing(script, server, tmp_path, hang):
    """If the mail server hangs, the process ends within seconds, and the next one delivers the alert."""
    server.faults = Faults(hang=hang)
    crash = "@notify_when_done(config, grace=1)\ndef train(): raise ValueError\ntrain()"
    status, _, err = ended(script(PATIENT + crash))
    assert (status, err.splitlines()[-1]) == (1, "ValueError")
    assert owed(tmp_path) == ["owed"]
    server.faults = Faults()
    with SQLiteOutbox(tmp_path / "logs" / "outbox.db", None)._transaction() as cursor:
        cursor.execute("UPDATE deliveries SET due = 0")
    assert ended(script("with notify_when_done(config, name='next', grace=60): pass"))[0] == 0
    assert owed(tmp_path) == ["delivered", "delivered"]
    crashed, finished = (str(mail.message["Subject"]) for mail in server.mails)
    assert ("crashed" in crashed, "next" in finished) == (True, True)


def test_a_wrong_login_does_not_reach_the_training(script, server, tmp_path):
    """If the login is refused, the training returns its value and the mail stays in the outbox."""
    server.faults = Faults(login="535 5.7.8 Login fail")
    status, out, err = ended(script("@notify_when_done(config)\ndef train(): return 42\nprint(train())"))
    assert (status, out) == (0, "42\n")
    assert CODE not in err
    assert owed(tmp_path) == ["owed"]


def test_a_log_dir_that_cannot_be_written_costs_no_mail(script, server, tmp_path):
    """Without a writable outbox, the mail is sent from memory."""
    (tmp_path / "logs").write_text("a file stands in the way")
    assert ended(script("with notify_when_done(config): pass"))[0] == 0
    assert len(server.mails) == 1


# What the training notices of it: nothing.


@pytest.fixture
def config(tmp_path: Path) -> MonitorConfig:
    return MonitorConfig(tmp_path, 0.004, log_dir=tmp_path / "logs", language="en", auth_code=CODE)


@pytest.fixture
def recorder() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture
def done(config: MonitorConfig, recorder: RecordingNotifier) -> auto_model_monitor.completion.Completion:
    return notify_when_done(config, notifiers=[recorder], outbox=MemoryOutbox())


def test_the_error_is_the_same_and_its_traceback_too(done):
    """The error that leaves the block is the raised object, with its own cause, notes and frames only."""
    error = ValueError("x")
    error.__cause__ = KeyError("why")
    before = dict(vars(error)), error.__cause__, error.__context__, error.__suppress_context__
    with pytest.raises(ValueError, match="x") as caught, done:
        raise error
    assert caught.value is error
    assert before == (dict(vars(error)), error.__cause__, error.__context__, error.__suppress_context__)
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names == ["test_the_error_is_the_same_and_its_traceback_too"]


def test_a_decorated_function_keeps_its_name_and_signature(done):
    """The decorator adds one frame and changes nothing else, for functions and methods."""

    class Trainer:
        @done
        def fit(self, epochs: int, *, lr: float = 0.1) -> tuple[object, int, float]:
            """Fit."""
            return self, epochs, lr

    trainer = Trainer()
    assert trainer.fit(3, lr=0.5) == (trainer, 3, 0.5)
    assert (Trainer.fit.__name__, Trainer.fit.__doc__) == ("fit", "Fit.")

    @done
    def crash() -> None:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$") as caught:
        crash()
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[1:] == ["called", "crash"]


def test_nested_and_repeated_calls_are_each_reported(done, recorder):
    """One object reports nested calls and consecutive calls, each once."""

    @done
    def train(depth: int) -> int:
        return depth if depth == 0 else train(depth - 1)

    train(1)
    with done, done:
        pass
    assert len(recorder.sent) == 4


def test_a_coroutine_function_stays_one(config, recorder):
    """Values and errors pass through, concurrent tasks each report, and a cancelled one is interrupted."""
    done = notify_when_done(config, notifiers=[recorder], outbox=MemoryOutbox())

    @done
    async def train(result: object) -> object:
        await asyncio.sleep(0)
        if isinstance(result, Exception):
            raise result
        return result

    @done
    async def forever() -> None:
        await asyncio.Event().wait()

    async def main() -> list[object]:
        task = asyncio.ensure_future(forever())
        await asyncio.sleep(0)
        task.cancel()
        return await asyncio.gather(train(1), train(error), task, return_exceptions=True)

    error = ValueError("x")
    one, two, three = asyncio.run(main())
    assert one == 1
    assert two is error
    assert isinstance(three, asyncio.CancelledError)
    wait_for(lambda: len(recorder.sent) == 3)
    kinds = sorted(str(message.facts["kind"]) for message in recorder.sent)
    assert kinds == ["crashed", "finished", "interrupted"]


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 100
    while not true():
        assert time.monotonic() < end
        Event().wait(0.01)


@pytest.mark.parametrize(
    ("failure", "words"),
    [(transient(), "NOT delivered"), (permanent(), "NOT delivered"), (TypeError("bug"), "unexpected error")],
)
def test_no_error_of_a_notifier_reaches_the_training(config, caplog, failure, words):
    """Whatever a notifier raises is logged and does not propagate."""
    recorder = RecordingNotifier(failures=[failure] * 9)
    with notify_when_done(config, notifiers=[recorder]):
        pass
    with pytest.raises(ValueError, match="mine"), notify_when_done(config, notifiers=[recorder]):
        raise ValueError("mine")
    assert words in caplog.text


def test_an_unexpected_error_does_not_reach_the_training(config, monkeypatch, caplog):
    """An unexpected error of this package is logged and does not propagate."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("auto_model_monitor.completion.training_run.ending_of", broken)
    with notify_when_done(config, notifiers=[]):
        pass
    with pytest.raises(ValueError, match="mine"), notify_when_done(config, notifiers=[]):
        raise ValueError("mine")
    assert "could not be reported" in caplog.text


def test_a_renderer_that_fails_costs_no_message(config, recorder):
    """If the user's renderer raises, the default message is sent."""

    class Broken:
        def render(self, alert: object) -> None:
            raise RuntimeError

    with notify_when_done(config, notifiers=[recorder], renderer=Broken()):
        pass
    assert "Training finished" in recorder.sent[0].subject


def test_a_disk_that_hangs_does_not_stop_the_report(config, recorder, monkeypatch):
    """If the checkpoints cannot be listed in time, the end is reported without the best score."""
    never = Event()
    monkeypatch.setattr(
        "auto_model_monitor.sources.checkpoints.directory.DirectorySource.read", lambda _: never.wait(30)
    )
    monkeypatch.setattr("auto_model_monitor.completion.completion_notifier.READ_TIMEOUT", 0.05)
    with notify_when_done(config, notifiers=[recorder]):
        pass
    never.set()
    assert "Best" not in recorder.sent[0].text


def test_a_short_run_is_not_reported(config, recorder):
    """A run that is shorter than ``min_seconds`` is not reported."""
    with notify_when_done(config, notifiers=[recorder], min_seconds=60):
        pass
    assert recorder.sent == []


def test_a_monitor_delivers_the_end_once_with_its_best_score(config, recorder, tmp_path):
    """The monitor polls once more and delivers the end; the other notifiers receive nothing."""
    monitor, others = ModelMonitor(config, notifiers=[recorder]), RecordingNotifier("others")
    with monitor, notify_when_done(config, monitor=monitor, notifiers=[others]):
        (tmp_path / "e_val_loss_0.0029.pt").touch()
    assert others.sent == []
    hit, end = recorder.sent
    assert "0.0029" in hit.subject
    assert "Training finished" in end.subject
    assert "Best so far: 0.0029" in end.text


def test_the_best_score_follows_from_the_metric(config, recorder, tmp_path):
    """Without a comparison_mode the best accuracy is the highest one."""
    for value in (0.8, 0.9):
        (tmp_path / f"val_acc={value}.pt").touch()
    with notify_when_done(config, notifiers=[recorder], outbox=MemoryOutbox()):
        pass
    assert "Best so far: 0.9" in recorder.sent[0].text


def test_a_training_without_checkpoints_is_no_error(config, recorder, tmp_path, caplog):
    """Where the directory of the checkpoints never appears, the end is reported without a warning."""
    missing = replace(config, watch_dir=tmp_path / "none")
    with notify_when_done(missing, notifiers=[recorder], outbox=MemoryOutbox()):
        pass
    assert "Training finished" in recorder.sent[0].subject
    assert not caplog.records


def test_the_end_is_reported_while_another_process_watches(config, recorder):
    """A monitor that waits for the watch of another process still reports the end."""
    first = ModelMonitor(config, notifiers=[RecordingNotifier("first")])
    first.check()
    with notify_when_done(config, monitor=ModelMonitor(config, notifiers=[recorder]), notifiers=[recorder]):
        pass
    assert "Training finished" in recorder.sent[0].subject
    first.stop()


def test_what_is_no_training_is_refused(done, config):
    """A class, a generator and missing parentheses are refused immediately, with advice."""

    def steps() -> Iterator[int]:
        yield 1

    for wrong in (steps, dict, 3):
        with pytest.raises(TypeError, match="with notify_when_done"):
            done(wrong)
    with pytest.raises(ConfigError, match="got a function"):
        notify_when_done(steps)


# Ranks, last words.


@pytest.mark.parametrize(
    ("environment", "speaking"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "1"}, True),
        ({"RANK": "3", "LOCAL_RANK": "0"}, False),
        ({"SLURM_PROCID": "2"}, False),
        ({"RANK": "0", "SLURM_PROCID": "2"}, True),
        ({"OMPI_COMM_WORLD_RANK": "1"}, False),
        ({"PMI_RANK": "1"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"LOCAL_RANK": "0"}, True),
        ({"RANK": "", "LOCAL_RANK": "1"}, False),
        ({"RANK": "zero"}, True),
        ({"PADDLE_TRAINER_ID": "1"}, False),
        ({"RANK_ID": "1"}, False),
        ({"HOROVOD_RANK": "1"}, False),
        ({"PMIX_RANK": "1"}, False),
        ({"MV2_COMM_WORLD_RANK": "1"}, False),
        ({"PADDLE_TRAINER_ID": "0", "PADDLE_RANK_IN_NODE": "3"}, True),
        ({"HOROVOD_RANK": "0", "HOROVOD_LOCAL_RANK": "0", "PMIX_RANK": "0"}, True),
        ({"SLURM_PROCID": "0", "OMPI_COMM_WORLD_RANK": "3"}, False),  # mpirun below sbatch
        ({"NODE_RANK": "0", "LOCAL_RANK": "1"}, False),
        ({"NODE_RANK": "1", "LOCAL_RANK": "0"}, False),
        ({"NODE_RANK": "1"}, False),
        ({"NODE_RANK": "0"}, True),
        ({"LOCAL_RANK": "-1"}, True),
        ({"TF_CONFIG": '{"task": {"type": "worker", "index": 1}}'}, False),
        ({"TF_CONFIG": '{"task": {"type": "worker", "index": 0}}'}, True),
        ({"TF_CONFIG": '{"cluster": {"chief": ["a:1"]}, "task": {"type": "worker", "index": 0}}'}, False),
        ({"TF_CONFIG": '{"cluster": {"chief": ["a:1"]}, "task": {"type": "chief", "index": 0}}'}, True),
        ({"TF_CONFIG": "[1]"}, True),
    ],
)
def test_the_rank_decides_which_process_reports(environment, speaking):
    """The first rank variable that is set decides, global ranks before local ones."""
    assert is_rank_zero(environment) is speaking


def end_of_rank(config, monkeypatch, rank, error, **launch):
    """Leave the block of the process with that rank by an error; return the messages that it sends."""
    recorder = RecordingNotifier()
    for name, value in {"RANK": rank, **launch}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(type(error)), notify_when_done(config, notifiers=[recorder]):
        raise error
    return [message.text for message in recorder.sent]


@pytest.mark.parametrize(
    "consequence",
    [
        RuntimeError("NCCL communicator was aborted on rank 0"),
        ConnectionResetError("Connection reset by peer"),
        RuntimeError("[gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:1234"),
        TimeoutError("wait timeout after 600000ms"),
        SystemExit(1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_first_crashed_rank_is_the_one_reported(config, monkeypatch, consequence):
    """When another rank crashed first, rank 0 reports that rank's error, and only once."""
    assert end_of_rank(config, monkeypatch, "2", ValueError("no images in /data")) == []
    (text,) = end_of_rank(config, monkeypatch, "0", consequence)
    assert "no images in /data" in text
    assert "rank 2" in text
    assert str(consequence) not in text or isinstance(consequence, SystemExit)
    (text,) = end_of_rank(config, monkeypatch, "0", KeyError("next run"))
    assert "next run" in text
    assert "no images" not in text


def test_of_several_crashed_ranks_the_cause_counts(config, monkeypatch):
    """An error that looks like a consequence comes after one that does not, whatever their order."""
    end_of_rank(config, monkeypatch, "1", RuntimeError("NCCL error: unhandled system error"))
    end_of_rank(config, monkeypatch, "3", MemoryError("CUDA out of memory"))
    (text,) = end_of_rank(config, monkeypatch, "0", RuntimeError("NCCL timeout"))
    assert "CUDA out of memory" in text


@pytest.mark.parametrize(
    ("other", "launch"),
    [
        (RuntimeError("NCCL error: remote process exited"), {}),
        (ValueError("another run"), {"TORCHELASTIC_RUN_ID": "b"}),
        (ValueError("another job"), {"SLURM_JOB_ID": "7"}),
        (KeyboardInterrupt(), {}),
    ],
)
def test_an_own_cause_is_reported(config, monkeypatch, other, launch):
    """Rank 0 reports its own error when the others' are consequences, or of another launch."""
    end_of_rank(config, monkeypatch, "1", other, **launch)
    for name in launch:
        monkeypatch.setenv(name, "mine")
    (text,) = end_of_rank(config, monkeypatch, "0", ValueError("mine"))
    assert "mine" in text
    assert "another" not in text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"rank": 1}', "null", "{" * 5000])
def test_a_damaged_record_of_a_rank_is_ignored(config, monkeypatch, content):
    """A record that cannot be read hides no error."""
    end_of_rank(config, monkeypatch, "1", ValueError("first"))
    (record,) = Path(config.log_dir).glob("crash-*.json")
    record.write_text(content)
    (text,) = end_of_rank(config, monkeypatch, "0", ValueError("mine"))
    assert "mine" in text


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


class Hostile(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x" * 10**6),
        ValueError("line\n" * 10**5),
        ValueError("\ud800\x1b[1m\u202e<script>\r\nBcc: x"),
        Hostile(),
        RecursionError(),
        SyntaxError("bad", ("a.py", 1, 1, "x" * 10**5)),
        *([ExceptionGroup("several", [ValueError("a")] * 50)] if sys.version_info >= (3, 11) else []),  # noqa: F821
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_error_makes_a_message_of_bounded_size(done, recorder, error):
    """Huge and hostile errors make a message of bounded size, and propagate."""
    with pytest.raises(type(error)) as caught, done:
        raise error
    assert caught.value is error
    (message,) = recorder.sent
    block = str(message.facts["traceback"])
    assert len(block.encode("utf-8", "replace")) <= 4000
    assert len(block.splitlines()) <= 16
    assert len(message.subject.splitlines()) == 1
    assert "<script" not in message.html
    assert message.level is Level.CRITICAL


def test_a_long_text_does_not_crowd_out_the_frames():
    """A very long error text does not displace the frames of the traceback."""
    error = raised(ValueError("line\n" * 1000))
    block = traceback_end(error, error.__traceback__)
    assert "in raised" in block
    assert block.splitlines()[-1] == "…"


def test_a_deep_recursion_shows_its_end():
    """Of a deep recursion, the frames nearest to the error are shown."""

    def down(n: int) -> None:
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)

    try:
        down(300)
    except ValueError as error:
        block = traceback_end(error, error.__traceback__)
    assert block.endswith("ValueError: bottom")
    assert len(block.splitlines()) <= 15


def test_the_log_ends_with_what_was_shown_last(tmp_path):
    """The mail has the last twenty lines of a log, the last state of a bar, and nothing of a pipe."""
    log = tmp_path / "train.log"
    log.write_bytes(
        b"x" * 70_000 + b"\n" + b"".join(b"line %d\n" % n for n in range(50)) + b"10%\r50%\r99%\n\n"
    )
    shown = log_end(log).splitlines()
    assert (len(shown), shown[0], shown[-1]) == (20, "line 31", "99%")
    os.mkfifo(tmp_path / "pipe")
    assert log_end(tmp_path / "pipe") == ""
    log.write_bytes(b"\xff\xfe" * 50_000)
    assert len(log_end(log).encode()) <= 4000


def test_a_missing_log_does_not_stop_the_report(config, recorder, caplog):
    """Without its log file a crash is reported without the log, and a warning gives the reason."""
    done = notify_when_done(config, notifiers=[recorder], log_file="nowhere.log")
    with pytest.raises(ValueError, match="x"), done:
        raise ValueError("x")
    assert "Last log lines" not in recorder.sent[0].text
    assert "the end of the log cannot be read: [Errno 2]" in caplog.text


@pytest.mark.parametrize(
    ("program", "name"), [("runs/train.py", "train.py"), ("-c", "python"), ("", "python")]
)
def test_a_block_without_a_name_has_that_of_the_script(config, recorder, monkeypatch, program, name):
    """A block without a name is reported under the script's name, or as python without a script."""
    monkeypatch.setattr("sys.argv", [program])
    with notify_when_done(config, notifiers=[recorder], outbox=MemoryOutbox()):
        pass
    assert f"Training finished: {name}, after" in recorder.sent[0].subject


def test_the_code_of_the_mailbox_is_hidden(done, recorder):
    """The authorisation code is removed from a traceback that contains it."""
    with pytest.raises(ValueError, match=CODE), done:
        raise ValueError(f"login with {CODE} failed")
    (message,) = recorder.sent
    assert CODE not in message.subject + message.text + message.html + str(message.facts)


def test_no_logger_is_changed(done):
    """The handlers, level and filters of the root logger are unchanged during and after the training."""
    root = logging.getLogger()

    def state() -> tuple[object, ...]:
        return list(root.handlers), root.level, list(root.filters)

    before = state()
    with done:
        assert state() == before
    assert state() == before


def test_every_ending_has_its_kind():
    """An Exception is a crash, any other exception an interruption, and an exit with 0 a normal end."""
    kinds = {
        error: ending_of(error, None).kind
        for error in (None, ValueError(), SystemExit(), SystemExit(0), SystemExit(1), KeyboardInterrupt())
    }
    finished, crashed, interrupted = AlertKind.FINISHED, AlertKind.CRASHED, AlertKind.INTERRUPTED
    assert list(kinds.values()) == [finished, crashed, finished, finished, crashed, interrupted]
    assert ending_of(SystemExit(143), None, signal.SIGTERM).cause == "SIGTERM"
    assert ending_of(asyncio.CancelledError(), None).kind is interrupted


@contextmanager
def holding(config: MonitorConfig) -> Iterator[None]:
    """Hold what tells of the ends of this directory, as another process would."""
    from auto_model_monitor.monitor import WatchOutbox

    past = WatchOutbox(Path(config.log_dir), f"done\n{Path(config.watch_dir).absolute()}")
    past.claim()
    try:
        yield
    finally:
        past.release()


def test_two_ends_at_the_same_time_lose_nothing(config, recorder):
    """An end that cannot be sent while another process holds the outbox is committed and sent later."""
    with holding(config), notify_when_done(config, notifiers=[recorder], grace=0.2, name="one"):
        pass
    assert recorder.sent == []
    with notify_when_done(config, notifiers=[recorder], name="two"):
        pass
    wait_for(lambda: len(recorder.sent) == 2)
    assert ["one" in recorder.sent[0].subject, "two" in recorder.sent[1].subject] == [True, True]
