"""The command ``logs``: a training's log on the screen, and in the mail."""

from __future__ import annotations

import email
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import policy
from pathlib import Path

import pytest
from programs import PROGRAM, program
from smtp_server import Faults, SMTPServer

from auto_model_monitor.cli import main as cli
from tests.campaigns import examples

SAMPLES = Path(__file__).parents[1] / "sources" / "side_files" / "samples"
KILLS = int(os.environ.get("LOG_KILLS", "0")) or examples(20)
# A training that writes an epoch each time it is told to, as every other one does: to its standard output.
TRAINING = """
import sys
for epoch, line in enumerate(sys.stdin, 1):
    print(f"Epoch [{epoch}/99] started")
    print("nothing of note")
    print(f"Validation Loss: 0.5, Validation Accuracy: {line.strip()}%", flush=True)
print("Training completed")
"""


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every test has a folder of its own, and nothing of its environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("AUTH_CODE", "AUTH_CODE_FILE", "NOTIFY"):
        monkeypatch.delenv(f"AUTO_MODEL_MONITOR_{name}", raising=False)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the program in this process; return its status, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["logs", *arguments])
        return (status, *capsys.readouterr())

    return call


class Training:
    """A process that writes a log; it ends when it is closed."""

    def __init__(self, out: int) -> None:
        command = [sys.executable, "-u", "-c", TRAINING]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, text=True)

    def epoch(self, accuracy: float) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{accuracy}\n")
        self._process.stdin.flush()

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(200)


@pytest.fixture
def training(place: Path) -> Iterator[Training]:
    with (place / "train.log").open("wb") as log:
        training = Training(log.fileno())
    yield training
    training.end()


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SMTPServer, dict[str, str]]]:
    """A real mail server, and the environment of a process that sends to it."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
        monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", "abcdefghijklmnop")
        yield server, server.environ("smtp.qq.com")


def following(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start the program; what it shows is in its ``stdout``."""
    pipe = subprocess.PIPE
    command = [*PROGRAM, "logs", *arguments, "--interval", "0.05"]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **options)  # type: ignore[call-overload, no-any-return]


def until(process: subprocess.Popen[str], text: str) -> str:
    """Return what is shown up to a line that holds the text."""
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if text in line:
            return shown
    raise AssertionError(f"it ended without showing {text!r}:\n{shown}")


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Close the pipe that it reads, and return what else it shows."""
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    return process.communicate(timeout=200)


def end(process: subprocess.Popen[str], how: int = signal.SIGTERM) -> tuple[int, str, str]:
    process.send_signal(how)
    out, errors = process.communicate(timeout=200)
    return process.returncode, out, errors


def test_a_training_is_shown_live_and_told_by_mail(
    training: Training, mail: tuple[SMTPServer, dict[str, str]]
) -> None:
    """Each line of a training is on the screen as it is written, and the one hit is in one mail."""
    server, env = mail
    follower = following("train.log", "--rule", "val_acc >= 90", "--sender", "aaaa@qq.com", env=env)
    for accuracy in (70.5, 91.25):
        training.epoch(accuracy)
        shown = until(follower, f"val_acc {accuracy}")
    (arrived,) = server.wait_for_mails(1)
    training.epoch(80.0)
    until(follower, "val_acc 80")
    assert training.end() == 0
    until(follower, "Training completed")
    status, out, errors = end(follower)
    assert (status, len(server.mails)) == (0, 1)
    assert "91.25" in arrived.text
    assert "train.log" in arrived.text
    assert "2/99  validation" in shown
    assert "best: val_loss 0.5 (epoch 1), val_acc 91.25 (epoch 2)" in out
    assert errors.splitlines() == ["alert: val_acc >= 90: val_acc 91.25 (train.log:6)"]


@pytest.mark.campaign
@pytest.mark.timeout(300 + 10 * KILLS)
def test_killed_and_started_again_nothing_is_lost_and_nothing_repeated(
    training: Training, mail: tuple[SMTPServer, dict[str, str]]
) -> None:
    """With ``kill -9`` at any moment every new best is sent once; only an unconfirmed one is sent again."""
    server, env = mail
    chance = random.Random(3)
    accuracies = [round(90 + number / 10 + chance.uniform(-1.5, 0), 3) for number in range(KILLS * 4)]
    arguments = ("train.log", "--rule", "val_acc >= 90", "--sender", "aaaa@qq.com", "--json")
    for kill in range(KILLS):
        follower = following(*arguments, env=env)
        for accuracy in accuracies[kill * 4 : kill * 4 + 4]:
            training.epoch(accuracy)
            if chance.random() < 0.5:
                until(follower, f'"val_acc": {accuracy}')
        time.sleep(chance.uniform(0, 0.1))
        end(follower, signal.SIGKILL)
    training.end()
    follower = following(*arguments, env=env)
    best = max(accuracies)
    until(follower, '"completed"')
    try:
        server.wait_for(lambda: any(f"{best}" in arrived.text for arrived in server.mails))
    finally:
        assert end(follower)[0] == 0
    told: dict[str, float] = {}
    for arrived in server.mails:
        found = re.search(r"当前分数：\s*([0-9.]+)", arrived.text)
        assert found is not None
        told.setdefault(str(arrived.message["X-Auto-Model-Monitor-Alert-Id"]), float(found[1]))
    values = list(told.values())
    assert values == sorted(set(values))  # each is better than the one before, and none is told twice
    assert values[-1] == best
    # What is new at one look is told as one; so each that was told is one that was best when it was read.
    assert set(values) <= {value for n, value in enumerate(accuracies) if value == max(accuracies[: n + 1])}


def test_what_is_piped_is_shown_and_told_to_its_end(place: Path) -> None:
    """A pipe is read to its end after one Ctrl-C, which the training survives."""
    logs = following("-", "--rule", "val_acc >= 90", stdin=subprocess.PIPE)
    assert logs.stdin is not None
    training = Training(logs.stdin.fileno())
    training.epoch(91.0)
    until(logs, "val_acc 91")
    logs.send_signal(signal.SIGINT)  # as the terminal sends it to both; the training takes its time
    training.epoch(92.0)
    until(logs, "val_acc 92")
    assert training.end() == 0
    out, errors = rest_of(logs)
    assert logs.returncode == 0
    assert "Training completed" in out
    told = [line for line in errors.splitlines() if line.startswith("alert: ")]
    assert told[-1] == "alert: val_acc >= 90: val_acc 92 (stdin:6)"
    mails = [*(place / "monitor_logs" / "mailbox").glob("*.eml")]
    assert len(mails) == len(told)
    texts = [email.message_from_bytes(mail.read_bytes(), policy=policy.default) for mail in mails]
    assert not any("· -@" in text["Subject"] for text in texts)
    assert not any(f"{place}/-" in text.get_body(("plain",)).get_content() for text in texts)


def test_a_second_interrupt_ends_it() -> None:
    """A second Ctrl-C ends the program before the training."""
    logs = following("-", stdin=subprocess.PIPE)
    assert logs.stdin is not None
    logs.stdin.write("Validation Loss: 0.5\n")
    logs.stdin.flush()
    until(logs, "val_loss 0.5")
    logs.send_signal(signal.SIGINT)
    while logs.poll() is None:
        time.sleep(0.05)
        logs.send_signal(signal.SIGINT)
    logs.communicate(timeout=200)
    assert logs.returncode in (0, 130, -signal.SIGINT)  # the last may come while the interpreter ends


def test_a_refused_login_ends_no_training(mail: tuple[SMTPServer, dict[str, str]]) -> None:
    """At a pipe a refused login is reported and reading continues: a closed pipe ends the training."""
    server, env = mail
    server.faults = Faults(login="535 no")
    telling = ("--rule", "val_acc >= 90", "--sender", "aaaa@qq.com")
    logs = following(
        "-", "--rule", "val_acc >= 90", "--sender", "aaaa@qq.com", stdin=subprocess.PIPE, env=env
    )
    assert logs.stdin is not None
    training = Training(logs.stdin.fileno())
    training.epoch(91.0)
    until(logs, "val_acc 91")
    server.wait_for(lambda: bool(server.logins))
    training.epoch(92.0)
    until(logs, "val_acc 92")
    assert training.end() == 0
    _, errors = rest_of(logs)
    assert logs.returncode == 0
    assert "the login was refused" in errors
    follower = following("train.log", *telling, env=env)
    _, errors = follower.communicate(timeout=200)
    assert follower.returncode == 1
    assert "ended because the login was refused" in errors


def write_log(place: Path, *accuracies: float) -> Path:
    path = place / "train.log"
    lines = [
        f"Epoch [{n}/9] started\nnothing of note\nValidation Loss: 0.5, Validation Accuracy: {value}%\n"
        for n, value in enumerate(accuracies, 1)
    ]
    path.write_text("".join(lines))
    return path


def test_a_log_is_read_once(place: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    """Each line with a metric is shown, with its epoch, and a star at each new best."""
    write_log(place, 70.0, 80.5, 75.0)
    status, out, errors = run("train.log", "--no-follow")
    assert (status, errors) == (0, "")
    lines = [re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in out.splitlines()]
    assert lines == [
        "1/9  validation  val_loss 0.5  val_acc 70",
        "2/9  validation  val_loss 0.5  val_acc 80.5*",
        "3/9  validation  val_loss 0.5  val_acc 75",
        "best: val_loss 0.5 (epoch 1), val_acc 80.5 (epoch 2)",
    ]
    assert sorted(path.name for path in place.iterdir()) == ["train.log"]


def test_entries_as_json(place: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    """JSON output has the entries of the specification, one a line, NaN as null."""
    write_log(place, 70.0).open("a").write("Validation Loss: nan\n")
    status, out, _ = run("train.log", "--no-follow", "--json")
    entries = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [entry["stage"] for entry in entries] == ["epoch_start", "validation", "validation"]
    assert entries[1]["metrics"] == {"epoch": 1, "total_epochs": 9, "val_loss": 0.5, "val_acc": 70.0}
    assert set(entries[1]) == {"timestamp", "level", "message", "metrics", "stage"}
    assert entries[2]["metrics"]["val_loss"] is None
    _, out, _ = run("train.log", "--no-follow", "--json", "--all")
    assert [json.loads(line)["message"] for line in out.splitlines()] == (
        place / "train.log"
    ).read_text().splitlines()


def test_all_lines_are_shown_where_that_is_wanted(
    place: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    """With --all the lines without a metric are shown, too, harmless to the terminal."""
    write_log(place, 70.0).open("a").write("evil \x9b31m\u202e line\n")
    _, out, _ = run("train.log", "--no-follow", "--all")
    assert [line[10:] for line in out.splitlines()[1:2]] == ["nothing of note"]
    assert "evil \\u202e line" in out


def test_a_format_of_one_s_own(place: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    """Patterns of the command line and of a file are added to the known ones."""
    (place / "train.log").write_text("vloss is 0.25 now\nscore now 7\n")
    (place / "night.toml").write_text(
        "log_patterns = 'score now (?P<my_score>[0-9.]+)'\nwatch_dir = 'train.log'\n"
    )
    _, out, _ = run("train.log", "--no-follow", "--pattern", r"vloss is (?P<val_loss>[0-9.]+)")
    assert "val_loss 0.25" in out
    status, out, _ = run("--no-follow", "--config", "night.toml")
    assert (status, "my_score 7" in out) == (0, True)


@pytest.mark.parametrize("name", ["results.csv", "trainer_state.json", "scalars.json", "."])
def test_side_files_just_work(place: Path, run: Callable[..., tuple[int, str, str]], name: str) -> None:
    """A table, a trainer state or a directory of them is shown like a log."""
    folder = place / "runs" / "7"
    folder.mkdir(parents=True)
    shutil.copy(SAMPLES / (name if name != "." else "metrics.csv"), folder)
    status, out, errors = run(str(folder / name), "--no-follow", "--rule", "val_loss < 100", "--fresh")
    assert (status, "best: " in out) == (0, True)
    assert ("alert: val_loss < 100" in errors) == (name in (".", "trainer_state.json"))


def test_rules_name_metrics_as_frameworks_do(place: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    """``eval_accuracy`` in a rule is ``val_acc``, as the reader names the log's ``eval_accuracy``."""
    (place / "train.log").write_text("{'eval_loss': 0.5, 'eval_accuracy': 0.97, 'epoch': 1.0}\n")
    status, _, errors = run(
        "train.log", "--no-follow", "--rule", "eval_accuracy>=0.9", "--rule", "eval_loss < 0.6"
    )
    assert status == 0
    assert "alert: val_acc >= 0.9: val_acc 0.97 (train.log:1)" in errors
    assert "alert: val_loss < 0.6: val_loss 0.5 (train.log:1)" in errors


def test_a_threshold_takes_the_usual_direction(place: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    """With --threshold and --metric alone an accuracy above the threshold is an alert."""
    write_log(place, 70.0, 91.0)
    status, _, errors = run("train.log", "--no-follow", "--threshold", "90", "--metric", "val_acc")
    assert (status, "val_acc 91 (train.log:6)" in errors) == (0, True)


@pytest.mark.parametrize(
    "rule", ["val_acc > 90", "val_acc >= 90", "val_accuracy > 90", "eval_acc>=90", "val_acc > 90.0"]
)
def test_a_threshold_beside_an_equal_rule_is_one_alert(
    place: Path, run: Callable[..., tuple[int, str, str]], rule: str
) -> None:
    """--threshold with --metric beside a rule at the same number makes one alert, that of the rule."""
    write_log(place, 70.0, 91.0)
    _, _, errors = run("train.log", "--no-follow", "--threshold", "90", "--metric", "val_acc", "--rule", rule)
    assert errors.count("alert: ") == 1


def test_a_second_run_repeats_no_alert(place: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    """A second run over the same log sends nothing, unless --fresh is given."""
    write_log(place, 91.0)
    command = ("train.log", "--no-follow", "--rule", "val_acc >= 90")
    assert "alert: " in run(*command)[2]
    assert "alert: " not in run(*command)[2]
    assert "alert: " in run(*command, "--fresh")[2]


def test_a_metric_that_the_log_lacks_is_reported(
    place: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    """A rule about a metric that the log does not hold is reported with the metrics it holds."""
    write_log(place, 70.0)
    done = program("logs", "train.log", "--no-follow", "--rule", "val_f1 >= 0.9", cwd=place)
    assert done.returncode == 0
    assert "expected val_f1 in train.log, got val_loss, val_acc so far" in done.stderr


def test_a_log_that_is_only_shown_has_no_warning(place: Path) -> None:
    """Without a rule there is no warning about the direction of a metric."""
    (place / "train.log").write_text("Validation Accuracy: 70.0%\n")
    done = program("logs", "train.log", "--no-follow", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "expected", "status"),
    [
        ([], "FILE: expected a log", 2),
        (["none.log", "--no-follow"], "nothing is there", 1),
        (["x", "--no-follow", "--pattern", "("], "pattern: expected a regular expression", 2),
        (["x", "--rule", "nonsense"], "--rule: expected", 2),
        (["x", "--threshold", "1"], "metric: expected the metric of the threshold", 2),
        (["x", "--sender", "a@qq.com"], "threshold: expected a finite number, such as 0.004, or rules", 2),
        (["x", "--rule", "nan", "--sender", "a@qq.com"], "AUTO_MODEL_MONITOR_AUTH_CODE", 2),
        (["x", "--interval", "0"], "--interval: expected a number of seconds above 0", 2),
    ],
)
def test_each_mistake_is_an_error(
    run: Callable[..., tuple[int, str, str]], arguments: list[str], expected: str, status: int
) -> None:
    """Each mistake is one error with the expected value, and the status of its kind."""
    got, _, errors = run(*arguments)
    assert (got, expected in errors) == (status, True), errors


def test_the_help_fits_the_screen(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The help names the statuses and fits 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    status, out, _ = run("--help")
    assert (status, "status: 0 " in out) == (0, True)
    assert [line for line in out.splitlines() if len(line) > 80] == []


def test_a_closed_pipe_ends_following(place: Path) -> None:
    """A reader that closes the pipe, such as ``head``, ends the program without an error."""
    write_log(place, *range(50))
    logs = following("train.log")
    assert logs.stdout is not None
    logs.stdout.readline()
    logs.stdout.close()
    (place / "train.log").open("a").write("Validation Loss: 0.25\n" * 5000)
    assert logs.wait(100) in (0, 1)
    assert "Traceback" not in (logs.stderr.read() if logs.stderr else "")


@pytest.mark.parametrize("rules", [(), ("--rule", "val_acc >= 90")])
def test_a_failure_that_was_piped_in_is_reported(place: Path, rules: tuple[str, ...]):
    """A traceback in a pipe is shown with its cause, mailed where there are rules, and the status is 1."""
    log = b"val_loss: 0.5, val_acc: 80%\nTraceback (most recent call last):\n"
    log += b'  File "train.py", line 2, in <module>\n    import torchvision\n'
    log += b"ModuleNotFoundError: No module named 'torchvision'\n"
    command = [*PROGRAM, "logs", "-", "--language", "en", *rules]
    ended = subprocess.run(command, check=False, input=log, capture_output=True, timeout=200)
    assert ended.returncode == 1
    assert b"The training failed: a module is missing (line 5)" in ended.stderr
    mails = list(place.glob("monitor_logs/mailbox/*.eml"))
    assert len(mails) == len(rules) / 2
    assert all(b"train.py:2" in mail.read_bytes() for mail in mails)
