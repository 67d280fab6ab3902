"""The command ``run``: what is reported of a training's command, and that the training never suffers."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from programs import PATIENT_PROGRAM, PROGRAM
from smtp_server import Faults, SMTPServer

from auto_model_monitor.cli import main as cli
from tests.campaigns import THOROUGH
from tests.running.wrapping import python, wrap
from tests.waiting import until

CRASHES = """
import os, time
for epoch in range(1, 5):
    print({"loss": f"{1 / epoch:.4f}", "learning_rate": 1e-5, "epoch": float(epoch)})
    print({"eval_loss": f"{0.9 / epoch:.4f}", "eval_accuracy": 0.5 + epoch / 20, "epoch": float(epoch)})
    os.makedirs(f"out/checkpoint-{epoch * 500}")
print("HF_TOKEN=hf_abcdefghijklmnopqrstuvwx")
def load(path):
    return open(path)
load("data/train.json")
"""
FINISHES = """
with open("metrics.csv", "w") as table:
    table.write("epoch,step,val_f1\\n")
    for epoch in range(1, 5):
        print(f"Epoch {epoch}/4 - loss: {1 / epoch:.4f} - val_loss: {0.9 / epoch:.4f}")
        table.write(f"{epoch},{epoch * 10},{0.5 + epoch / 10}\\n")
"""
# Improves until it is told to end; says when Ctrl-C reaches it.
TRAINS = """
import itertools, sys, time
try:
    print("ready", flush=True)
    for epoch in itertools.count(1):
        print(f"Epoch {epoch} - val_loss: {1 / epoch:.4f} - val_acc: {min(0.999, epoch / 5):.4f}", flush=True)
        time.sleep(0.1)
except KeyboardInterrupt:
    print("saved")
    sys.exit(3)
"""


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every test has a folder of its own, and nothing of its environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("AUTH_CODE", "AUTH_CODE_FILE", "NOTIFY"):
        monkeypatch.delenv(f"AUTO_MODEL_MONITOR_{name}", raising=False)
    return tmp_path


def run(
    script: str,
    *options: str,
    env: Mapping[str, str] | None = None,
    language: str = "en",
    program: Sequence[str] = PATIENT_PROGRAM,
) -> subprocess.CompletedProcess[str]:
    """Run a training to its end."""
    Path("train.py").write_text(script, encoding="utf-8")
    command = [*program, "run", "--language", language, *options, "--", sys.executable, "train.py"]
    return subprocess.run(command, check=False, capture_output=True, encoding="utf-8", env=env, timeout=200)


def mails(folder: str = "monitor_logs/mailbox") -> list[EmailMessage]:
    """Return the mails that were written as files, in their order."""
    files = sorted(Path(folder).glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def server() -> Iterator[tuple[SMTPServer, dict[str, str]]]:
    """A mail server that takes every login, and an environment in which a program finds it."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
        env = server.environ("smtp.qq.com")
        yield server, {**env, "AUTO_MODEL_MONITOR_AUTH_CODE": "abcd"}


def test_a_failure_is_mailed_with_its_cause_its_place_and_what_to_do(server):
    """A failing training's mail names cause, line, own code, remedy, checkpoint and last lines, no secret."""
    server, env = server
    ended = run(CRASHES, "--sender", "you@qq.com", "--name", "bert", env=env)
    assert ended.returncode == 1
    assert "FileNotFoundError" in ended.stderr
    (mail,) = server.mails
    log = Path("monitor_logs/runs/1/output.log").read_text()
    line = next(n for n, line in enumerate(log.splitlines(), 1) if line.startswith("FileNotFoundError"))
    assert "bert failed: a file is missing" in mail.message["Subject"]
    for text in (
        "FileNotFoundError: [Errno 2] No such file or directory: 'data/train.json'",
        f"Evidence in line {line}",
        "train.py:9 in load: return open(path)",
        "out/checkpoint-2000",
        "What to do",
        "val_loss | 0.225 | 0.225 (epoch 4)",
        "monitor_logs/runs/1/output.log",
        "Last log lines",
    ):
        assert text in mail.text
    assert "hf_abc" not in mail.text + mail.html
    assert "hf_abcdefghijklmnopqrstuvwx" in log


def test_a_finished_training_is_mailed_with_its_best_and_last_numbers(place: Path):
    """The mail about a success holds the metrics of the output and of files beside it, and their course."""
    ended = run(FINISHES, "--metric", "val_f1", language="zh")
    assert ended.returncode == 0
    assert "monitor_logs/mailbox" in ended.stderr
    (mail,) = mails()
    assert "train.py 已完成" in mail["Subject"]
    assert "val_f1 0.9" in mail["Subject"]
    for text in ("val_f1 | 0.9 | 0.9（第 4 轮）", "val_loss | 0.225 | 0.225（第 4 轮）", "走势："):
        assert text in text_of(mail)


@pytest.mark.parametrize(
    ("option", "status", "why"),
    [
        (("--stop-on", "nan"), 75, "stopped by the rule nan"),
        (("--timeout", "1s"), 124, "stopped at its --timeout"),
    ],
)
def test_who_looks_at_the_terminal_sees_what_ended_it(
    option: tuple[str, str], status: int, why: str, place: Path
):
    """A command that run itself ends leaves a line on stderr that names the rule or the limit."""
    body = "import time\nprint('epoch 1 loss: nan', flush=True)\ntime.sleep(300)\n"
    ended = run(body, "--interval", "0.1", *option)
    assert (ended.returncode, f"auto-model-monitor: {why}" in ended.stderr) == (status, True)


@pytest.mark.campaign
@pytest.mark.skipif(not THOROUGH, reason="a faster test beside it states the same")
def test_a_training_is_stopped_by_a_rule_alone_that_asks_for_it(place: Path):
    """A rule of --stop-on ends the training as Ctrl-C does, with status 75 and one message that says so."""
    ended = run(TRAINS, "--interval", "0.1", "--stop-on", "val_acc >= 0.99 for 3", "--rule", "nan")
    assert ended.returncode == 75
    assert ended.stdout.endswith("saved\n")
    (mail,) = mails()
    assert "train.py was stopped by the rule val_acc >= 0.99 for 3" in text_of(mail)


def test_the_next_start_reports_an_end_that_nobody_reported(place: Path):
    """The message about a run without a watch, as after a killed wrapper, comes with the next start."""
    assert (
        wrap(Path("monitor_logs"), *python("raise FileNotFoundError(2, 'gone', 'data.json')")).returncode == 1
    )
    assert run("").returncode == 0
    assert sum("failed: a file is missing" in mail["Subject"] for mail in mails()) == 1


@pytest.mark.campaign
@pytest.mark.skipif(not THOROUGH, reason="a faster test beside it states the same")
def test_the_next_start_reports_an_end_that_the_killed_wrapper_could_not(place: Path):
    """A wrapper is killed, the training goes on and fails; the next start reports that once."""
    Path("train.py").write_text(CRASHES.replace("import os", "import os; input(); import os"))
    command = [
        *PATIENT_PROGRAM,
        "run",
        "--language",
        "en",
        "--name",
        "bert",
        "--",
        sys.executable,
        "train.py",
    ]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    until(lambda: list(Path("monitor_logs").glob("outbox-*.lock")))
    process.send_signal(signal.SIGKILL)
    process.wait(200)
    process.stdin.write(b"\n")
    process.stdin.close()
    until(lambda: Path("monitor_logs/runs/1/end").exists())
    for _ in range(2):
        run(FINISHES)
    subjects = [mail["Subject"] for mail in mails()]
    assert len(subjects) == 3
    assert sum("failed: a file is missing" in subject for subject in subjects) == 1


def test_a_damaged_record_of_an_end_silences_no_other(place: Path):
    """Of runs whose records are cut off, empty or unreadable each is reported as one that was killed."""
    runs = Path("monitor_logs/runs")
    for number, record in enumerate(
        ("status=x\tended=1.0", "", "status=0\tended=1e99", "status=3\tended=9.0"), 1
    ):
        (runs / str(number)).mkdir(parents=True)
        (runs / str(number) / "end").write_text(record)
        (runs / str(number) / "command").write_bytes(b"/\0damaged")
    ended = run("")
    assert "could not be reported" not in ended.stderr
    statuses = sorted(
        line for mail in mails() for line in text_of(mail).splitlines() if line.startswith("Exit status")
    )
    assert statuses == ["Exit status: 0", *["Exit status: 137 (SIGKILL)"] * 3, "Exit status: 3"]


def test_the_end_is_reported_where_the_files_of_the_run_were_deleted(place: Path):
    """A training that deletes the folder of its own output is reported as any other."""
    ended = run("import shutil; shutil.rmtree('monitor_logs/runs'); raise SystemExit(4)")
    assert ended.returncode == 4
    assert "could not be reported" not in ended.stderr
    (mail,) = mails()
    assert "Exit status: 4" in text_of(mail)


@pytest.mark.campaign
def test_a_mail_server_that_hangs_holds_up_the_exit_for_a_bounded_time(server):
    """A server that never answers delays the exit by seconds, and one line says what is left."""
    server, env = server
    server.faults = Faults(hang="data")
    begun = time.monotonic()
    ended = run(FINISHES, "--sender", "you@qq.com", env=env, program=PROGRAM)
    assert ended.returncode == 0
    assert "outbox.db" in ended.stderr
    assert time.monotonic() - begun < 100
    server.faults = Faults()


@pytest.mark.campaign
def test_what_could_not_be_delivered_stays_and_is_sent_by_the_next_start(server):
    """A dead mail server delays the exit by seconds; one line names the message, which the next run sends."""
    server, env = server
    server.faults = Faults(banner="421 closed")
    ended = run(FINISHES, "--sender", "you@qq.com", env=env, program=PROGRAM)
    assert ended.returncode == 0
    assert "finished" in ended.stderr
    assert "outbox.db" in ended.stderr
    server.faults = Faults()
    run(FINISHES, "--sender", "you@qq.com", env=env)
    server.wait_for_mails(2)
    assert len(server.mails) == 2


@pytest.mark.campaign
def test_an_interrupted_a_timed_out_and_a_started_training_are_reported_as_such(place: Path):
    """Ctrl-C is an interruption, --timeout a time limit, and --notify-start one message more."""
    Path("train.py").write_text(TRAINS)
    command = [*PATIENT_PROGRAM, "run", "--language", "en", "--", sys.executable, "train.py"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(200) == 3
    assert run(TRAINS, "--timeout", "1s", "--notify-start").returncode == 124
    subjects = [mail["Subject"] for mail in mails()]
    for text in ("was interrupted", "has started", "reached its time limit of 1 s"):
        assert any(text in subject for subject in subjects), text


HUGGING_FACE = """
import sys
for step in range(1, 7):
    sys.stderr.write(f"\\r {step * 16}%|#   | {step * 10}/60 [00:0{step}<00:05, 1.6it/s]")
    print(str({"loss": f"{1 / step:.4f}", "grad_norm": "0.5", "epoch": f"{step / 2:.2f}"}))
    scores = {"eval_loss": f"{0.9 / step:.4f}", "eval_accuracy": f"{0.8 + step / 100:.4f}"}
    print(str({**scores, "eval_runtime": "2.1", "epoch": f"{step / 2:.2f}"}))
print(str({"train_runtime": "12.3", "train_loss": "0.4", "epoch": "3.0"}))
"""
LIGHTNING = """
import sys
for epoch in range(4):
    for batch in range(6):
        loss, best = 1 / (epoch + 1), 0.6 / (epoch + 1)
        bar = f"Epoch {epoch}: {batch * 20:3d}%|##  | {batch}/5 [00:0{batch}<00:05,  1.00it/s, v_num=0, "
        sys.stderr.write(f"\\r{bar}train_loss={loss:.3f}, val_loss={best:.3f}]")
sys.stderr.write("\\n`Trainer.fit` stopped: `max_epochs=4` reached.\\n")
"""
KERAS = """
for epoch in range(1, 4):
    print(f"Epoch {epoch}/3")
    for batch in range(1, 11):
        print(f"\\r\\x1b[1m{batch * 10}/100\\x1b[0m - accuracy: {0.5:.4f} - loss: {1 / epoch:.4f}", end="")
    scores = f"accuracy: 0.6 - loss: {1 / epoch:.4f} - val_accuracy: {0.4 + 0.1 * epoch:.4f}"
    print(f"\\r\\x1b[1m100/100\\x1b[0m - 1s 3ms/step - {scores} - val_loss: {0.45 / epoch:.4f}")
"""


@pytest.mark.campaign
@pytest.mark.parametrize(
    "script", [HUGGING_FACE, LIGHTNING, KERAS], ids=["transformers", "lightning", "keras"]
)
def test_the_first_try_of_a_framework_ends_with_a_useful_mail(place: Path, script: str):
    """Without any option, the mail about a framework's own output names its validation's best score."""
    assert run(script).returncode == 0
    (mail,) = mails()
    assert "train.py finished after" in mail["Subject"]
    assert "val_loss 0.15" in mail["Subject"]
    assert "val_loss | 0.15 | 0.15" in text_of(mail)


@pytest.mark.campaign
def test_a_fault_of_ours_leaves_the_training_alone(place: Path):
    """Where nothing can be written, the training runs as without us, and keeps its status."""
    Path("monitor_logs").write_text("no directory")
    ended = run(CRASHES)
    assert ended.returncode == 1
    assert "the output is not kept" in ended.stderr


def test_the_settings_of_a_run_stand_in_a_file(place: Path):
    """[run] holds the command and its settings, relative to the file; the command line wins over it."""
    Path("conf").mkdir()
    Path("conf/run.toml").write_text(
        'language = "en"\nlog_dir = "logs"\n[run]\ncommand = ["sh", "-c", "exit 3"]\nname = "a"\n'
    )
    command = [*PATIENT_PROGRAM, "run", "--config", "conf/run.toml", "--name", "b"]
    ended = subprocess.run(command, check=False, capture_output=True, timeout=200)
    assert ended.returncode == 3
    (mail,) = mails("conf/logs/mailbox")
    assert "b failed" in mail["Subject"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["python", "train.py", "--lr", "1"], "run -- python train.py --lr 1"),
        (["--name", "x", "python", "train.py"], "run --name x -- python train.py"),
        (["--"], "expected a command after --"),
        ([], "expected a command after --"),
        (["--rul", "nan", "--", "true"], "did you mean '--rule'?"),
        (["--timeout", "12", "--", "true"], "--timeout: expected a time such as '90min', '12h' or '2d'"),
        (["--max-log", "2 apples", "--", "true"], "--max-log: expected a size"),
        (["--stop-on", "nam", "--", "true"], "--stop-on: expected one of < <= > >="),
        (["--rule", "val_acc >", "--stop-on", "nam", "--", "true"], "2 problems"),
    ],
)
def test_a_wrong_command_line_is_one_clear_error(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
):
    """Whatever is wrong is named with what was expected, before anything starts."""
    assert cli.main(["run", *arguments]) == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("[run]\ntimeuot = 3\n", "run: timeuot: expected a known name, got another; did you mean 'timeout'?"),
        ("[run]\nstop_on = 3\n", "run: stop_on: expected a rule or a list of rules, got a whole number"),
        ("run = 3\n", "run: expected a table, begun by [run], got a whole number"),
    ],
)
def test_a_wrong_table_is_named(content: str, text: str, capsys: pytest.CaptureFixture[str]):
    """A problem of [run] names the file, the table and the key."""
    Path("run.toml").write_text(content)
    assert cli.main(["run", "--config", "run.toml", "--", "true"]) == 2
    assert text in capsys.readouterr().err


def test_a_command_that_is_not_there_is_named(capfd: pytest.CaptureFixture[str]):
    """A program that does not exist ends with 127 and one line, as in a shell."""
    assert cli.main(["run", "--language", "en", "--", "no-such-program"]) == 127
    assert "no-such-program: command not found" in capfd.readouterr().err


def test_a_file_for_a_watch_may_hold_a_run_too(place: Path, capsys: pytest.CaptureFixture[str]):
    """The table [run] does not disturb the other commands that read the file."""
    Path("run.toml").write_text('[run]\nname = "a"\n')
    assert cli.main(["watch", "--config", "run.toml", "ckpts", "--rule", "nam"]) == 2
    error = capsys.readouterr().err
    assert "--rule" in error
    assert "run:" not in error
