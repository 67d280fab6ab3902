"""``monitor``: the tables of a file in one process, which rereads it, and looks once for programs."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from programs import PROGRAM, Running, program, watching
from robot_server import RobotServer, Webhook

from auto_model_monitor.cli import main as cli

SECRET = "CANARY4711"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Every test has a folder of its own, and an environment without secrets."""
    monkeypatch.chdir(tmp_path)
    for name in ("AUTH_CODE", "AUTH_CODE_FILE", "NOTIFY"):
        monkeypatch.delenv(f"AUTO_MODEL_MONITOR_{name}", raising=False)
    monkeypatch.setenv("LANGUAGE", "en")
    return tmp_path


@pytest.fixture
def hook():
    """Start a receiver whose URL stands in the variable HOOK of the file .env."""
    with ExitStack() as running:
        server = running.enter_context(RobotServer(Webhook(SECRET)))
        url = f"json://localhost:{server.port}/{SECRET}?secret={SECRET}"
        Path(".env").write_text(f'# where alerts go\nexport HOOK="{url}"  # a robot\n', encoding="utf-8")
        Path(".env").chmod(0o600)
        yield server


@pytest.fixture
def run(capsys):
    """Call the program in this process; return its status, stdout and stderr."""

    def call(*arguments):
        status = cli.main(list(arguments))
        return (status, *capsys.readouterr())

    return call


def checkpoints(folder: str, *scores: float) -> None:
    Path(folder).mkdir(exist_ok=True)
    for score in scores:
        (Path(folder) / f"val_loss_{score}.pt").touch()


def file_of(*folders: str, above: str = 'env_file = ".env"\nnotify = "${HOOK}"') -> str:
    tables = [
        f'[[watch]]\nwatch_dir = "{folder}"\nthreshold = 0.5\ncheck_interval = 0.05' for folder in folders
    ]
    Path("monitor.toml").write_text("\n".join([above, *tables]), encoding="utf-8")
    return "monitor.toml"


def scores_sent(server) -> list[float]:
    return sorted(request.json["facts"]["score"] for request in server.requests)


def test_once_exits_by_what_it_found(hook):
    """--once exits with 1 at an alert, with 0 where a later process finds nothing new, with 2 at an error."""
    checkpoints("a", 0.3)
    checkpoints("b", 0.9)
    file = file_of("a", "b")
    first, second = (program("monitor", file, "--once") for _ in range(2))
    assert (first.returncode, second.returncode) == (1, 0), first.stderr + second.stderr
    assert first.stderr == ""
    assert "info: threshold" in first.stdout
    assert second.stdout.count("nothing to alert") == 2
    assert scores_sent(hook) == [0.3]
    broken = program("monitor", file_of("a", "missing"), "--once")
    assert broken.returncode == 2
    assert "missing" in broken.stderr


def test_a_broken_table_stops_no_other_and_a_program_reads_why(hook, run):
    """With --json one document holds the readings, alerts and errors of each table; good ones are sent."""
    checkpoints("a", 0.3)
    status, out, _ = run("monitor", file_of("missing", "a"), "--once", "--json")
    document = json.loads(out)
    assert (status, document["status"]) == (2, "error")
    broken, good = document["monitors"]
    assert (broken["name"], broken["status"], broken["readings"]) == ("watch 1", "error", [])
    assert "missing" in broken["errors"][0]
    (alert,) = good["alerts"]
    assert (alert["rule"], alert["resolved"], alert["reading"]["value"]) == ("threshold", False, 0.3)
    assert (good["status"], good["readings"][0]["metric"]) == ("alert", "val_loss")
    assert scores_sent(hook) == [0.3]


def test_what_no_channel_accepts_is_an_error_of_once(run):
    """An alert that --once cannot deliver is an error in its document."""
    checkpoints("a", 0.3)
    file = file_of("a", above='notify = "json://127.0.0.1:9/?timeout=1"')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("auto_model_monitor.cli.monitor_command._GRACE", 0.3)
        status, out, _ = run("monitor", file, "--once", "--json")
    assert status == 2
    assert "not delivered" in json.loads(out)["monitors"][0]["errors"][0]


def test_sighup_exchanges_what_has_changed_alone(hook):
    """SIGHUP starts new tables and leaves the others alone; a bad file changes nothing and is logged."""
    checkpoints("a", 0.3)
    file = file_of("a")
    with watching(file, command="monitor") as running:
        running.wait_for("delivered")
        Path(file).write_text("[[watch]]\nwatch_dir = 5", encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        assert file in running.wait_for("is not used")
        checkpoints("a", 0.2)
        running.wait_for("delivered")
        checkpoints("b", 0.4)
        file_of("a", "b")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("1 started, 0 stopped, 1 unchanged")
        running.wait_for("delivered")
        file_of("b")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("0 started, 1 stopped, 1 unchanged")
        assert running.end(signal.SIGTERM) == 0
    assert scores_sent(hook) == [0.2, 0.3, 0.4]
    assert SECRET not in running.said + running.out


def test_a_process_that_is_killed_repeats_nothing(hook):
    """After kill -9 between two looks the next process sends what is new, and nothing twice."""
    checkpoints("a", 0.3)
    file = file_of("a")
    with watching(file, command="monitor") as running:
        running.wait_for("delivered")
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert program("monitor", file, "--once").returncode == 0
    checkpoints("a", 0.2)
    assert program("monitor", file, "--once").returncode == 1
    assert scores_sent(hook) == [0.2, 0.3]


def test_the_rows_of_a_database_are_monitored(hook, run):
    """A [[monitor]] reads metrics out of a database beside the file, and alerts of a crossing once."""
    pytest.importorskip("sqlalchemy")
    with closing(sqlite3.connect("metrics.db")) as database:
        database.execute(
            "CREATE TABLE performance_data (id INTEGER PRIMARY KEY, model_name TEXT, accuracy REAL)"
        )
        for accuracy in (0.95, 0.87):
            database.execute("INSERT INTO performance_data VALUES (NULL, 'credit', ?)", (accuracy,))
        database.commit()
    Path("monitor.toml").write_text(
        """
env_file = ".env"
notify = "${HOOK}"
schedule = "daily 08:00"
timezone = "Asia/Shanghai"
[[monitor]]
url = "sqlite:///metrics.db"
table = "performance_data"
model = "model_name"
rules = ["accuracy < 90%"]
""",
        encoding="utf-8",
    )
    status, out, _ = run("monitor", "monitor.toml", "--check")
    assert (status, "2 readings of accuracy: ok" in out) == (0, True)
    status, out, _ = run("monitor", "monitor.toml", "--once", "--json")
    (alert,) = json.loads(out)["monitors"][0]["alerts"]
    assert (status, alert["model"], alert["reading"]["value"]) == (1, "credit", 0.87)
    assert run("monitor", "monitor.toml", "--once")[0] == 0
    assert len(hook.requests) == 1


def test_predictions_and_late_labels_are_monitored(hook, run):
    """A [[monitor]] of predictions alerts by windows, also of a group, once labels have come."""
    pytest.importorskip("duckdb")
    days = [datetime.now(timezone.utc).date() - timedelta(days=back) for back in (4, 3, 2, 1)]
    rows = [(f"{day}-{n}", day, "fm"[n % 2], n // 2 % 2) for day in days for n in range(40)]
    lines = [f"{id},{day}T12:00:00,{prediction},{sex}" for id, day, sex, prediction in rows]
    Path("predictions.csv").write_text("\n".join(["id,time,prediction,sex", *lines]), encoding="utf-8")
    labels = {id: 1 - right if sex == "f" and day > days[1] else right for id, day, sex, right in rows}
    Path("labels.csv").write_text("id,label\n", encoding="utf-8")
    Path("monitor.toml").write_text(
        """
env_file = ".env"
notify = "${HOOK}"
timezone = "UTC"
[[monitor]]
predictions = "predictions.csv"
labels = "labels.csv"
groups = ["sex"]
min_rows = 20
rules = ["accuracy@sex:f < 90% for 2", "labelled < 0%"]
""",
        encoding="utf-8",
    )
    assert run("monitor", "monitor.toml", "--once")[0] == 0
    with Path("labels.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{id},{label}\n" for id, label in labels.items())
    status, out, _ = run("monitor", "monitor.toml", "--once", "--json")
    (alert,) = json.loads(out)["monitors"][0]["alerts"]
    assert (status, alert["reading"]["group"], alert["reading"]["value"]) == (1, "sex:f", 0.0)
    assert alert["reading"]["name"] == str(days[-1])
    assert run("monitor", "monitor.toml", "--once")[0] == 0


def test_other_commands_take_the_file_too(hook, run):
    """test-notify sends through its channels, outbox finds its outbox, and watch names the command."""
    Path("monitor.toml").write_text(
        """
env_file = ".env"
notify = "${HOOK}"
log_dir = "logs"
[[monitor]]
url = "sqlite:///metrics.db"
table = "performance_data"
[[watch]]
watch_dir = "a"
threshold = 1
""",
        encoding="utf-8",
    )
    pytest.importorskip("sqlalchemy")
    checkpoints("a", 0.3)
    assert run("test-notify", "--config", "monitor.toml")[0] == 0
    assert len(hook.requests) == 1
    run("monitor", "monitor.toml", "--once")
    status, out, _ = run("outbox", "--config", "monitor.toml")
    assert (status, "0.3" in out) == (0, True)
    status, _, errors = run("watch", "--config", "monitor.toml")
    assert (status, "run: auto-model-monitor monitor monitor.toml" in errors) == (2, True)


def test_json_while_it_runs_is_one_document_a_look(hook):
    """Without --once each look writes one line, which is a document of the same form."""
    checkpoints("a", 0.3)
    with watching(file_of("a"), "--json", command="monitor") as running:
        running.wait_for("delivered")
        assert running.end() == 0
    first, *others = [json.loads(line) for line in running.out.splitlines()]
    assert (first["status"], first["monitors"][0]["alerts"][0]["reading"]["value"]) == ("alert", 0.3)
    assert {document["status"] for document in others} == {"ok"}


def test_a_mail_with_a_code_of_the_env_file(smtp_server, place):
    """The mailbox of the file sends an alert through a real server; its code is in no output and no file."""
    server = smtp_server(tls="ssl", hostname="smtp.qq.com")
    checkpoints("a", 0.3)
    Path(".env").write_text(f"CODE={SECRET}=\n", encoding="utf-8")
    above = 'env_file = ".env"\nsender = "you@qq.com"\nauth_code = "${CODE}"\nlanguage = "en"'
    env = server.environ("smtp.qq.com")
    checked = program("monitor", file_of("a", above=above), "--check", env=env)
    assert (checked.returncode, len(server.mails)) == (0, 0), checked.stderr
    done = program("monitor", "monitor.toml", "--once", env=env)
    assert done.returncode == 1, done.stderr
    assert "0.3" in server.mails[0].message["Subject"]
    assert [login.password for login in server.logins] == [f"{SECRET}="] * 2
    kept = b"".join(path.read_bytes() for path in (place / "monitor_logs").rglob("*") if path.is_file())
    assert SECRET not in checked.stdout + checked.stderr + done.stdout + done.stderr
    assert SECRET.encode() not in kept


@pytest.mark.parametrize(
    ("rule", "advice"),
    [("acuracy < 90%", "is accuracy meant?"), ("recall@sex:* < 80%", "name sex in groups of the source")],
)
def test_check_finds_a_rule_that_can_never_alert(rule, advice, run):
    """--check exits with 2 where the source can never have the metric of a rule, and says what to do."""
    pytest.importorskip("duckdb")
    Path("predictions.csv").write_text("id,time,prediction,label,sex\n1,2026-11-27,1,1,f\n", encoding="utf-8")
    Path("monitor.toml").write_text(
        f'[[monitor]]\npredictions = "predictions.csv"\nrules = ["{rule}", "accuracy < 80%"]',
        encoding="utf-8",
    )
    status, out, err = run("monitor", "monitor.toml", "--check")
    assert (status, ": ok" in out) == (2, True)
    assert f"rule {rule}: expected {rule.split()[0]} in " in err
    assert f"({advice})" in err
    assert "accuracy < 80%" not in err


def test_check_warns_of_groups_too_small_for_a_metric(run):
    """--check says that a rule about groups is silent where most of their windows lack min_rows rows."""
    pytest.importorskip("duckdb")
    lines = [f"{day}-{n},2026-11-{day},1,{n % 2},{'fm'[n % 2]}" for day in (20, 21) for n in range(120)]
    Path("predictions.csv").write_text("\n".join(["id,time,prediction,label,sex", *lines]), encoding="utf-8")
    for rows in (100, 50):
        Path("monitor.toml").write_text(
            '[[monitor]]\npredictions = "predictions.csv"\ngroups = ["sex"]\n'
            f'min_rows = {rows}\nrules = ["accuracy < 80%", "accuracy@sex:* < 80%"]',
            encoding="utf-8",
        )
        status, _, err = run("monitor", "monitor.toml", "--check")
        assert status == 0
        warned = "rule accuracy@sex:* < 80%: a group has min_rows labelled rows in 0 of 2 windows" in err
        assert warned is (rows == 100)


def test_check_reads_sources_and_verifies_accounts(smtp_server, run, redirect, monkeypatch):
    """--check exits with 2 where a source or a login does not work, names both, and sends nothing."""
    server = smtp_server(tls="ssl", hostname="smtp.qq.com")
    redirect("smtp.qq.com", server)
    server.faults.login = "535 refused {password}"
    checkpoints("a", 0.3)
    monkeypatch.setenv("CODE", SECRET)
    file = file_of("a", "missing", above='sender = "you@qq.com"\nauth_code = "${CODE}"')
    status, out, errors = run("monitor", file, "--check")
    assert status == 2
    assert "a: 1 readings of val_loss: ok" in out
    assert "watch 2: " in errors
    assert "535" in errors or "refused" in errors
    assert SECRET not in out + errors
    assert server.mails == []
    assert not Path("monitor_logs").exists()


def test_the_commands_help_names_the_schema(run):
    """The reference of the command says how to get the schema of the file."""
    status, out, _ = run("help", "monitor")
    assert status == 0
    assert "auto-model-monitor schema" in out


@pytest.mark.parametrize("closed", [False, True])
def test_a_closed_terminal_ends_it_and_a_signal_does_not(hook, closed):
    """SIGHUP rereads the file where the terminal is still there, and ends all where it was closed."""
    import pty

    checkpoints("a", 0.3)
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "monitor", file_of("a")]
    adopt = (
        "import os, sys; os.setsid(); os.open(os.ttyname(0), os.O_RDWR); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", adopt, *command], stdin=theirs, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        os.close(theirs)
        running = Running(process)
        running.wait_for("delivered")
        if closed:
            os.close(ours)
            assert process.wait(60) == 0
        else:
            process.send_signal(signal.SIGHUP)
            running.wait_for("0 started, 0 stopped, 1 unchanged")
            assert running.end(signal.SIGINT) == 0
            os.close(ours)
