"""``--notify``: channels by their URLs, on the command line, in files and in the environment."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import pytest
from programs import program, watching
from robot_server import Reply, RobotServer, Webhook
from smtp_server import SMTPServer

from auto_model_monitor import ConfigError, MonitorConfig
from auto_model_monitor.cli import main as cli
from auto_model_monitor.settings import NotifierFactory

SECRET = "CANARY4711"
CODE = "abcdefghijklmnop"
WATCH = ("checkpoints", "--threshold", "0.004", "--interval", "0.05", "--log-dir", "logs")


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Every test has a folder of its own with one hit in it, and an environment without secrets."""
    monkeypatch.chdir(tmp_path)
    for name in ("AUTH_CODE", "AUTH_CODE_FILE", "NOTIFY"):
        monkeypatch.delenv(f"AUTO_MODEL_MONITOR_{name}", raising=False)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/val_loss_0.003.pt").touch()
    return tmp_path


@pytest.fixture
def hooks():
    """Start receivers that check the signature; each has the URL that leads there."""
    with ExitStack() as running:

        def start(*replies):
            server = running.enter_context(RobotServer(Webhook(SECRET)))
            server.replies.extend(replies)
            server.notify = f"json://localhost:{server.port}/{SECRET}?secret={SECRET}"
            return server

        yield start


@pytest.fixture
def run(capsys):
    """Call the program in this process; return its status, stdout and stderr."""

    def call(*arguments):
        status = cli.main(list(arguments))
        return (status, *capsys.readouterr())

    return call


def everything_written(place):
    return b"".join(path.read_bytes() for path in (place / "logs").rglob("*") if path.is_file())


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_watch_sends_through_every_channel_and_shows_no_secret(place, hooks):
    """Two webhooks get the alert, signed; no file is made instead of a mail, and no secret is seen."""
    first, second = hooks(), hooks()
    with watching(*WATCH, "--notify", first.notify, "--notify", second.notify) as running:
        running.wait_for("delivered")
        running.wait_for("delivered")
        assert running.end() == 0
    assert [request.json["facts"]["score"] for hook in (first, second) for request in hook.requests] == [
        0.003
    ] * 2
    assert SECRET not in running.out + running.said
    assert SECRET.encode() not in everything_written(place)
    assert not (place / "logs/mailbox").exists()


@pytest.mark.parametrize("how", ["file", "environment", "file by environment", "toml", "file by toml"])
def test_urls_need_not_stand_among_the_processes(place, hooks, how):
    """A file of URLs, the environment and the settings name channels as the option does."""
    hook, arguments, env = hooks(), [], dict(os.environ)
    (place / "conf").mkdir()
    (place / "conf/urls").write_text(f"\n# at night\n  {hook.notify}  \n{hook.notify}\n", encoding="utf-8")
    toml = place / "conf/night.toml"
    if how == "file":
        arguments = ["--notify", "@conf/urls"]
    elif how == "environment":
        env["AUTO_MODEL_MONITOR_NOTIFY"] = f" {hook.notify}\n{hook.notify} "
    elif how == "file by environment":
        env["AUTO_MODEL_MONITOR_NOTIFY"] = "@conf/urls"
    else:
        toml.write_text(f'notify = "{"@urls" if how == "file by toml" else hook.notify}"\n', encoding="utf-8")
        arguments = ["--config", "conf/night.toml"]
    for file in (place / "conf").iterdir():
        file.chmod(0o600)
    done = program("test-notify", *arguments, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(hook.requests) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_file_of_urls_that_others_read(place, hooks, run):
    """A file with secrets that others can read makes one warning, without the secrets."""
    (place / "urls").write_text(hooks().notify, encoding="utf-8")
    (place / "night.toml").write_text(f'notify = ["{hooks().notify}"]', encoding="utf-8")
    for path in ("urls", "night.toml"):
        (place / path).chmod(0o644)
    status, out, errors = run("test-notify", "--notify", "@urls")
    assert (status, errors.count("chmod 600 urls")) == (0, 1)
    more = run("test-notify", "--config", "night.toml")[2]
    assert more.count("night.toml holds the URLs of notify and others can read it") == 1
    assert SECRET not in out + errors + more


def test_each_channel_is_tested(hooks, run):
    """Each channel has one line with its result; one refusal makes status 1."""
    good, bad = hooks(), hooks(Reply(401, f"who are you, {SECRET}?".encode()))
    status, out, errors = run("test-notify", "--notify", bad.notify, "--notify", good.notify)
    assert status == 1
    assert out.count("\n") == errors.count("\n") == 1
    assert out.startswith(f"webhook http://localhost:{good.port} ")
    assert out.endswith(": accepted\n")
    assert errors.startswith(f"webhook http://localhost:{bad.port} ")
    assert ": not accepted: " in errors
    assert SECRET not in out + errors
    assert good.requests[0].json["subject"].startswith("✅ 测试邮件 · ")


@pytest.mark.parametrize(
    ("options", "receivers"),
    [
        ([], [["me@qq.com"]]),
        (["--notify", "mailto:a@163.com"], [["a@163.com"]]),
        (["--notify", "mailto:a@163.com,b@163.com"], [["a@163.com", "b@163.com"]]),
        (["--notify", "mailto:a@163.com", "--notify", "mailto:b@163.com"], [["a@163.com"], ["b@163.com"]]),
        (["--notify", "mailto:a@163.com", "--to", "c@qq.com"], [["c@qq.com"], ["a@163.com"]]),
        (["--notify", "mailto:me@qq.com", "--to", "me@qq.com"], [["me@qq.com"]]),
    ],
)
def test_mailto(smtp_server, redirect, monkeypatch, run, options, receivers):
    """mailto: replaces the default receiver: the sender's mailbox sends there, and to every --receiver."""
    server = smtp_server(tls="ssl", hostname="smtp.qq.com")
    redirect("smtp.qq.com", server)
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", CODE)
    status, out, errors = run("test-notify", "--sender", "me@qq.com", *options)
    assert (status, errors) == (0, "")
    assert [mail.recipients for mail in server.mails] == receivers
    assert CODE not in out


def test_a_channel_beside_the_mailbox(hooks, smtp_server, redirect, monkeypatch, run):
    """With a sender, a URL adds a channel to the mails."""
    server, hook = smtp_server(tls="ssl", hostname="smtp.qq.com"), hooks()
    redirect("smtp.qq.com", server)
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", CODE)
    assert run("test-notify", "--sender", "me@qq.com", "--notify", hook.notify)[0] == 0
    assert (len(server.mails), len(hook.requests)) == (1, 1)


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ([SECRET], "expected a URL such as dingtalk://"),
        ([f"dingtalk://{SECRET}?secrets={SECRET}"], "expected the parameters"),
        (["mailto:a@qq.com"], "expected a sender, whose mailbox sends to a@qq.com, got none"),
        ([f"mailto:me:{SECRET}@qq.com"], "expected an address such as mailto:you@qq.com"),
        (["@nowhere"], "expected a file of URLs after '@', got 'nowhere': No such file"),
        ([f"json://h/{SECRET} x", f"wecom://?{SECRET}"], "2 problems:"),
    ],
)
def test_what_cannot_work(run, urls, expected):
    """A URL that names no channel ends a watch and a test with status 2, before anything starts."""
    options = [option for url in urls for option in ("--notify", url)]
    for command in (["watch", *WATCH], ["test-notify"]):
        status, out, errors = run(*command, *options)
        assert (status, out) == (2, "")
        assert expected in " ".join(errors.split())
        assert SECRET not in errors


def test_every_channel_is_made_once():
    """Two watches with equal channels share the notifier, and one of them verifies the account."""
    config = MonitorConfig("a", 1.0, sender="me@qq.com", auth_code=CODE)
    other = MonitorConfig("b", 1.0, sender="me@qq.com", auth_code=CODE)
    factory = NotifierFactory(shared=True)
    urls = ["wecom://key"]
    first, second = factory.of(config, urls), factory.of(other, urls)
    assert [n.name for n in first] == [n.name for n in second]
    assert [[hasattr(n, "verify") for n in door] for door in (first, second)] == [
        [True, False],
        [False, False],
    ]
    with pytest.raises(ConfigError):
        factory.of(config, ["nothing"])


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_several_watches_log_in_once(place):
    """Two directories with one mailbox: one login at the start, and each mail arrives."""
    (place / "more").mkdir()
    (place / "more/val_loss_0.002.pt").touch()
    with SMTPServer(tls="ssl", hostname="smtp.qq.com", accounts={"me@qq.com": CODE}) as server:
        env = server.environ("smtp.qq.com", base={**os.environ, "AUTO_MODEL_MONITOR_AUTH_CODE": CODE})
        with watching("more", *WATCH, "--sender", "me@qq.com", env=env) as running:
            server.wait_for_mails(2)
            assert running.end() == 0
    assert len(server.logins) == 3
    assert running.said.count("the login was accepted") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_refused_login_ends_all_watches(place):
    """With several directories, too, a refused login ends the program with status 1."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com", accounts={"me@qq.com": "another"}) as server:
        env = server.environ("smtp.qq.com", base={**os.environ, "AUTO_MODEL_MONITOR_AUTH_CODE": CODE})
        done = program("watch", "more", *WATCH, "--sender", "me@qq.com", env=env)
    assert done.returncode == 1
    assert done.stderr.endswith("The watch ended because the login was refused.\n")
    assert "Traceback" not in done.stderr
