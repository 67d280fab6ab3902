"""The program: its commands, options, texts and exit statuses."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from email import message_from_bytes, policy

import pytest
from programs import PROGRAM, program, watching
from smtp_server import Faults, SMTPServer

from auto_model_monitor.cli import help_command
from auto_model_monitor.cli import main as cli
from auto_model_monitor.monitor.config.settings_table import SETTINGS

COMMANDS = (
    "watch",
    "logs",
    "inspect",
    "outbox",
    "test-notify",
    "demo",
    "serve",
    "diagnose",
    "evaluate",
    "help",
)
SECRET = "abcdefghijklmnop"


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Every test has a folder of its own, and no code in its environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("AUTO_MODEL_MONITOR_AUTH_CODE", raising=False)
    monkeypatch.delenv("AUTO_MODEL_MONITOR_AUTH_CODE_FILE", raising=False)
    monkeypatch.delenv("AUTO_MODEL_MONITOR_NOTIFY", raising=False)
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "epoch_10_val_loss_0.003.pt").touch()
    return tmp_path


@pytest.fixture
def run(capsys):
    """Call the program in this process; return its status, stdout and stderr."""

    def call(*arguments):
        status = cli.main(list(arguments))
        return (status, *capsys.readouterr())

    return call


def watch(*arguments, until, env=None, end=signal.SIGTERM):
    """Watch until a line with ``until`` is logged, then end the watch; return status, stdout, stderr."""
    with watching(*arguments, env=env) as running:
        running.wait_for(until)
        return running.end(end), running.out, running.said


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_fits_a_terminal(run, command):
    """`--help` fits 40 lines of 80 columns: eight options at most, the statuses, examples that parse."""
    status, out, errors = run(command, "--help")
    assert (status, errors) == (0, "")
    lines = out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert len(re.findall(r"^  --", out, re.MULTILINE)) <= 8
    assert "status: 0 " in out
    assert f"auto-model-monitor help {command}" in out
    examples = [line for line in lines if line.startswith(f"  auto-model-monitor {command}")]
    assert examples
    for example in examples:
        assert cli.parse(shlex.split(example)[1:])[0].name == command


def test_the_overview_fits_a_terminal(run):
    """The help of the program fits 40 lines of 80 columns and lists every command."""
    status, out, errors = run("--help")
    assert (status, errors) == (0, "")
    assert len(out.splitlines()) <= 40
    assert max(map(len, out.splitlines())) <= 80
    assert all(f"\n  {command} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_reference_of_a_command_holds_every_option(run, command, monkeypatch, tmp_path):
    """`help COMMAND` fits 80 columns and shows every option with all its spellings."""
    monkeypatch.setattr(help_command, "_FOLDER", tmp_path)  # without the guide of the same name
    status, out, errors = run("help", command)
    assert (status, errors) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    shown = set(re.findall(r"--[a-z-]+", out))
    for action in cli.command_of(command).parser(full=True)._actions:
        assert {flag for flag in action.option_strings if flag.startswith("--")} <= shown or (
            "--auth-code" in action.option_strings
        )


def test_the_reference_names_every_setting_of_a_file(run):
    """`help watch` names each setting that a TOML file may hold."""
    out = run("help", "watch")[1]
    for name, setting in SETTINGS.items():
        assert (re.search(rf"\b{name}\b", out) is None) == bool(setting.instead), name


@pytest.fixture
def guides(monkeypatch, tmp_path):
    """Put two guides in both languages into the place of the package's."""
    for topic in ("rules", "logs"):
        for language in ("en", "zh"):
            (tmp_path / f"{topic}.{language}.md").write_text(f"# {topic} in {language} 规则\n", "utf-8")
    (tmp_path / "draft.en.md").write_text("not translated")
    monkeypatch.setattr(help_command, "_FOLDER", tmp_path)


@pytest.mark.parametrize(
    ("environment", "options", "language"),
    [("zh_CN.UTF-8", [], "zh"), ("C", [], "en"), ("C", ["--language", "zh"], "zh")],
)
def test_a_guide_is_shown_in_the_reader_s_language(run, guides, monkeypatch, environment, options, language):
    """`help TOPIC` shows the guide in the language of the locale, or the one that is given."""
    monkeypatch.delenv("LANGUAGE")
    monkeypatch.setenv("LC_ALL", environment)
    assert run("help", "rules", *options) == (0, f"# rules in {language} 规则\n", "")


def test_help_lists_commands_and_guides(run, guides):
    """`help` lists the commands and the guides that are there in both languages."""
    status, out, errors = run("help")
    assert (status, errors) == (0, "")
    assert "\n  watch " in out
    assert out.endswith("guides (help TOPIC): logs, rules\n")


def test_a_topic_that_is_a_command_too_shows_both(run, guides):
    """`help logs` shows the reference of the command, and the guide after it."""
    out = run("help", "logs", "--language", "en")[1]
    assert out.startswith("usage: auto-model-monitor logs ")
    assert out.endswith("\n\n# logs in en 规则\n")


def test_the_package_holds_a_guide_on_each_topic(run):
    """`help` lists the eight guides of the package, and each is there in both languages."""
    topics = ["guarantees", "logs", "mails", "names", "performance", "production", "rules", "run"]
    topics.append("settings")
    assert run("help")[1].endswith(f"guides (help TOPIC): {', '.join(topics)}\n")
    for topic in topics:
        chinese, english = (run("help", topic, "--language", language)[1] for language in ("zh", "en"))
        assert chinese != english


def test_a_url_that_looks_like_an_option_is_not_repeated(run):
    """The suggestion for an unknown option repeats no value of it."""
    errors = run("watch", "x", f"--notifi=dingtalk://{SECRET}")[2]
    assert "did you mean '--notify'?" in errors
    assert SECRET not in errors


def test_the_file_s_problem_keeps_the_file_s_words(run, place):
    """A wrong value of a file is reported under the file's key, one of an option under the option."""
    (place / "night.toml").write_text("check_interval = 0\n")
    errors = run("watch", "x", "--config", "night.toml", "--threshold", "nan")[2]
    assert "  - night.toml: check_interval: expected" in errors
    assert "  - --threshold: expected" in errors
    (place / "night.toml").write_text("threshold = 'low'\n")
    errors = run("watch", "x", "--config", "night.toml", "--threshold", "1")[2]
    assert "night.toml: threshold: expected a number, got a text" in errors


def test_without_a_command(run):
    """The program by itself shows its help, as an error."""
    status, out, errors = run()
    assert (status, out) == (2, "")
    assert all(f"\n  {command} " in errors for command in COMMANDS)


def test_version(run):
    """The version is the installed package's."""
    from importlib import metadata

    try:
        expected = metadata.version("auto-model-monitor")
    except metadata.PackageNotFoundError:
        expected = "(not installed)"
    assert run("--version") == (0, f"auto-model-monitor {expected}\n", "")


def test_help_costs_little():
    """Asking for help imports neither yagmail nor what sends mail."""
    code = (
        "import sys; from auto_model_monitor.cli.main import main; main(['watch', '--help']);"
        "sys.exit(', '.join({'yagmail', 'smtplib', 'ssl', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr in ("", "\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["watch"], "DIR: expected the path of a directory"),
        (["watch", "x"], "--threshold: expected a finite number, such as 0.004, or rules, got neither"),
        (
            ["watch", "x", "y", "--threshold", "1", "--silent-after", "soon"],
            "--silent-after: expected a number",
        ),
        (["watch", "x", "--threshold", "1", "--silent-after", "2h"], "expected several directories"),
        (["watch", "x", "x/", "--threshold", "1"], "DIR: expected each directory once"),
        (["outbox", "drop"], "outbox drop: expected the ID"),
        (["outbox", "a", "b"], "outbox: expected one PATH, got 2"),
        (
            ["watch", "x", "--threshold", "nan"],
            "--threshold: expected a finite number, such as 0.004, got nan",
        ),
        (["watch", "x", "--threshold", "low"], "argument --threshold: expected a number, got 'low'"),
        (
            ["watch", "x", "--threshold", "1", "--mode", "up"],
            "--mode: expected 'lower', 'higher', 'min' or 'max'",
        ),
        (["watch", "x", "--threshold", "1", "--sender", "a@qq.com"], "AUTO_MODEL_MONITOR_AUTH_CODE"),
        (["watch", "x", "--threshold", "1", "--pattern", "a("], "--pattern: expected a regular expression"),
        (
            ["watch", "x", "--threshold", "1", "--subject", "{scor}"],
            "--subject: expected one of",
        ),
        (["watch", "x", "--threshold", "1", "--content", "@none.txt"], "got 'none.txt': No such file"),
        (["watch", "x", "--config", "none.toml"], "none.toml: expected a file that can be read"),
        (["watch", "x", "--pattern", "a", "--metric", "b"], "not allowed with argument"),
        (["inspect"], "DIR: expected a directory, got none"),
        (["inspect", "x", "--threshold", "inf"], "--threshold: expected a finite number"),
        (["test-notify", "--sender", "a@example.com"], "--smtp-host: expected"),
        (["nonsense"], "expected a command, got 'nonsense'; there are run, setup, watch,"),
        (["wacth"], "expected a command, got 'wacth'; did you mean 'watch'?"),
        (["watch", "x", "--treshold", "1"], "--treshold; did you mean '--threshold'?"),
        (["watch", "x", "--treshold=1"], "--treshold=1; did you mean '--threshold'?"),
        (["--vresion"], "--vresion; did you mean '--version'?"),
        (["help", "wacth"], "help: expected a command or a topic, got 'wacth'; did you mean 'watch'?"),
        (["help", "--language", "fr"], "--language: expected 'zh' or 'en', got 'fr'"),
    ],
)
def test_wrong_usage(run, arguments, expected):
    """A command line that cannot work ends with status 2 and one error with the expected value."""
    status, out, errors = run(*arguments)
    assert (status, out) == (2, "")
    assert expected in " ".join(errors.split())
    assert "Traceback" not in errors


def test_all_problems_at_once(run):
    """All problems are in one error, and one that several directories share is there once."""
    assert "2 problems:" in run("watch", "x", "--threshold", "nan", "--pattern", "a")[2]
    errors = run("watch", "x", "y", "--threshold", "nan", "--rule", "acc >", "--to", "nobody")[2]
    assert "3 problems:" in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["watch", "x", "--notfy", f"dingtalk://{SECRET}?secret={SECRET}"],
        ["watch", "x", f"--notfy=json://me:{SECRET}@host/"],
        ["watch", "x", "--threshold", f"wecom://{SECRET}"],
        [f"tgram://{SECRET}/1"],
    ],
)
def test_a_url_in_the_wrong_place_is_not_repeated(run, arguments):
    """An error about the command line shows no more of a URL than its scheme."""
    status, out, errors = run(*arguments)
    assert (status, out) == (2, "")
    assert "://***" in errors
    assert SECRET not in errors


@pytest.mark.parametrize("option", ["--auth-code", "--password", f"--auth-code={SECRET}"])
def test_the_code_is_no_option(run, option):
    """The code on the command line is refused with the ways to give it, and is not repeated."""
    status, out, errors = run("watch", "x", "--threshold", "1", option, *([] if "=" in option else [SECRET]))
    assert (status, out) == (2, "")
    assert "AUTO_MODEL_MONITOR_AUTH_CODE_FILE" in errors
    assert SECRET not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_watch_without_an_account(place, end):
    """Mails become files in a folder that is named, and the watch ends with status 0."""
    arguments = ("checkpoints", "--threshold", "0.004", "--interval", "0.05", "--to", "me@qq.com")
    status, out, errors = watch(*arguments, until="delivered", end=end)
    assert (status, out) == (0, "")
    folder = place / "monitor_logs/mailbox"
    assert f"No sender was given: mails are written as .eml files into {folder}" in errors
    (mail,) = folder.glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["Subject"].startswith("✅ val_loss 0.003 低于阈值 0.004 · ")
    assert message["To"] == "me@qq.com"
    assert "Stopped: watched for" in errors
    assert "Traceback" not in errors
    assert "\x1b" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_watch_by_file_and_options(place):
    """A file's settings are the same from every working directory, and an option wins over them."""
    (place / "conf").mkdir()
    (place / "conf/words.txt").write_text("名字 {filename}\n", encoding="utf-8")
    (place / "conf/night.toml").write_text(
        'watch_dir = "../checkpoints"\nthreshold = 0.004\nmetric = "val_acc"\ncheck_interval = 0.05\n'
        'log_dir = "logs"\nlanguage = "zh"\n',
        encoding="utf-8",
    )
    options = ["--config", "conf/night.toml", "--language", "en", "--pattern", r"val_loss_([0-9.]+)"]
    options += ["--subject", "{score:.4f} {condition}", "--content", "@conf/words.txt"]
    status, _, errors = watch(*options, until="delivered")
    assert status == 0, errors
    (mail,) = (place / "conf/logs/mailbox").glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["Subject"] == "0.0030 below"
    assert message.get_body(("plain",)).get_content().strip() == "名字 epoch_10_val_loss_0.003.pt"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_watch_with_a_mailbox(place):
    """The mail goes out through the sender's own server, and the code is nowhere to be seen."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com", accounts={"me@qq.com": SECRET}) as server:
        env = server.environ("smtp.qq.com", base={**os.environ, "AUTO_MODEL_MONITOR_AUTH_CODE": SECRET})
        arguments = ["checkpoints", "--threshold", "0.004", "--interval", "0.05", "--from", "me@qq.com"]
        status, out, errors = watch(
            *arguments, "--to", "a@qq.com", "--to", "b@163.com", until="delivered", env=env
        )
        (mail,) = server.mails
    assert status == 0, errors
    assert mail.recipients == ["a@qq.com", "b@163.com"]
    logs = "".join(path.read_text("utf-8") for path in (place / "monitor_logs").rglob("*.log"))
    assert SECRET not in out + errors + logs


def test_watch_with_a_refused_login(place):
    """A refused login ends the watch with status 1, and names the page that helps."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com", accounts={"me@qq.com": "another"}) as server:
        env = server.environ("smtp.qq.com", base={**os.environ, "AUTO_MODEL_MONITOR_AUTH_CODE": SECRET})
        arguments = ("watch", "checkpoints", "--threshold", "0.004", "--sender", "me@qq.com")
        done = program(*arguments, env=env)
    assert done.returncode == 1
    assert done.stderr.count("https://service.mail.qq.com/detail/0/75") >= 1
    assert done.stderr.endswith("The watch ended because the login was refused.\n")
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_code_in_a_file_that_others_read(place, run):
    """A file with a code that others can read makes one warning, without the code."""
    file = place / "night.toml"
    file.write_text(f'auth_code = "{SECRET}"\n', encoding="utf-8")
    file.chmod(0o644)
    status, out, errors = run("test-notify", "--config", "night.toml")
    assert status == 0
    assert errors.count("night.toml holds an auth_code and others can read it") == 1
    assert SECRET not in out + errors
    file.chmod(0o600)
    assert run("test-notify", "--config", "night.toml")[2] == ""


def test_inspect(run, place):
    """The mails to expect are shown with status 0; without any score the status is 1."""
    status, out, errors = run("inspect", "checkpoints", "--threshold", "0.004")
    assert (status, errors) == (0, "")
    assert "1 of 1 would have sent a mail" in out
    (place / "checkpoints/epoch_10_val_loss_0.003.pt").rename("checkpoints/best.pt")
    status, out, errors = run("inspect", "checkpoints")
    assert (status, errors) == (1, "")
    assert "no score: 1" in out


def test_inspect_json(run, place):
    """JSON goes to stdout alone, also where names cannot be read."""
    (place / "checkpoints/val_loss_0.1_acc_0.9.pt").touch()
    done = program("inspect", "checkpoints", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["counts"]["unreadable"] == 1


def test_inspect_nothing(run):
    """A missing directory is one error, with status 1."""
    status, out, errors = run("inspect", "nowhere")
    assert (status, out) == (1, "")
    assert errors.startswith("auto-model-monitor: error: expected a directory to watch at 'nowhere'")


def test_inspect_into_a_closed_pipe(place):
    """A reader that closes the pipe, such as head, ends the program without an error."""
    for number in range(3000):
        (place / f"checkpoints/val_loss_{number}.5.pt").touch()
    command = f"{shlex.join(PROGRAM)} inspect checkpoints --all | head -1"
    done = subprocess.run(command, check=False, shell=True, capture_output=True, text=True, timeout=200)
    assert done.stdout.startswith("checkpoints: 3001 names")
    assert done.stderr == ""


def test_any_encoding(place):
    """Output that the locale cannot write is escaped, and ends nothing."""
    (place / "checkpoints/分数_0.1.pt").touch()
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = program("inspect", "checkpoints", env=env)
    assert done.returncode == 0, done.stderr
    assert "\\u5206\\u6570_0.1.pt" in done.stdout


@pytest.mark.parametrize("command", ["test-notify", "test-mail"])
def test_test_notify_into_the_mailbox(run, place, command):
    """Without a sender the mail is a file that is named; the command's old name means the same."""
    status, out, errors = run(command, "--language", "en", "--log-dir", "logs")
    assert (status, errors) == (0, "")
    (mail,) = (place / "logs/mailbox").glob("*.eml")
    assert str(mail) in out
    assert message_from_bytes(mail.read_bytes(), policy=policy.default)["Subject"].startswith(
        "✅ Test mail · "
    )


def test_test_notify_accepted(run, smtp_server, redirect, monkeypatch):
    """An accepted mail is reported with the server and the receivers."""
    server = smtp_server(tls="ssl", hostname="smtp.qq.com")
    redirect("smtp.qq.com", server)
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", SECRET)
    status, out, errors = run("test-notify", "--sender", "me@qq.com")
    assert (status, errors) == (0, "")
    assert "smtp.qq.com:465 (ssl) accepted the mail to me@qq.com" in out
    (mail,) = server.mails
    assert mail.message["Subject"].startswith("✅ 测试邮件 · ")
    assert "这是一封测试邮件" in mail.text
    assert SECRET not in out


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (Faults(login="535 Login fail {password}"), "https://service.mail.qq.com/detail/0/75"),
        (Faults(rcpt="550 no such user"), "no such user"),
    ],
)
def test_test_notify_refused(run, smtp_server, redirect, monkeypatch, faults, expected):
    """A refusal is reported with the reason and status 1, without the code even if the server quotes it."""
    server = smtp_server(tls="ssl", hostname="smtp.qq.com", faults=faults)
    redirect("smtp.qq.com", server)
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", SECRET)
    status, out, errors = run("test-notify", "--sender", "me@qq.com")
    assert (status, out) == (1, "")
    assert errors.startswith("email to me@qq.com: not accepted: smtp.qq.com:465 refused")
    assert expected in errors
    assert SECRET not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours(place, no_color, coloured):
    """On a terminal there are colours, unless NO_COLOR is set."""
    import pty

    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": no_color}
    command = [*PROGRAM, "inspect", "checkpoints", "--threshold", "1"]
    with subprocess.Popen(command, stdout=follower, env=env) as process:
        os.close(follower)
        said = b""
        try:
            while piece := os.read(leader, 4096):
                said += piece
        except OSError:  # how Linux says that the other side has gone
            pass
        os.close(leader)
    assert process.returncode == 0
    assert (b"\x1b[" in said) is coloured
    assert not re.search(rb"\x1b(?!\[[0-9;]*m)", said)


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_like_no_reader(place, closed):
    """A command whose stdout or stderr the caller has closed runs to its end, without a traceback."""
    redirection = {"stdout": ">&-", "stderr": "2>&-"}[closed]
    command = f"{shlex.join([*PROGRAM, 'inspect', 'checkpoints'])} {redirection}"
    done = subprocess.run(["sh", "-c", command], cwd=place, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_topic_lists_each_name_once(run):
    """The error of `help` lists a name once that is both a command and a guide."""
    _, _, err = run("help", "nonsense")
    assert err.count("logs") == 1
