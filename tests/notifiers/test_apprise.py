"""apprise: each service for itself, as text, without a word on the terminal and without a secret."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import traceback

import pytest
from robot_server import Reply

from auto_model_monitor import AppriseNotifier, ConfigError, Level, MissingExtraError, NotificationError

CANARY = "CANARYsecret4711"


@pytest.fixture(autouse=True)
def _apprise():
    pytest.importorskip("apprise")


def urls_of(server, *paths):
    return [f"json://me:{CANARY}@localhost:{server.port}/{path}?+X-Key={CANARY}" for path in paths]


def failure_of(notifier, message):
    with pytest.raises(NotificationError) as caught:
        notifier.send(message)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_every_service_gets_the_text(robot_server, make_message):
    """The subject and the plain text arrive at each service, with the level, and nothing is rendered."""
    server = robot_server()
    message = make_message(subject="a <b> *c*", text="  一 <x>\n\n[y](z)\n", level=Level.CRITICAL)
    AppriseNotifier(urls_of(server, "a", "b")).send(message)
    assert [request.path for request in server.requests] == ["/a", "/b"]
    for request in server.requests:
        content = json.loads(request.body)
        assert content["title"] == "a <b> *c*"
        assert content["message"].strip() == "一 <x>\n\n[y](z)"
        assert content["type"] == "failure"


def test_only_those_who_do_not_have_it_get_it_again(robot_server, make_message):
    """A service that failed is named, and the next attempt with the same message goes to it alone."""
    down = {"/b": True}
    server = robot_server(lambda request: Reply(503 if down.get(request.path) else 200))
    notifier = AppriseNotifier(urls_of(server, "a", "b", "c"))
    error = failure_of(notifier, make_message())
    assert not error.permanent
    assert "2 of 3" in str(error)
    assert "1 of 3" not in str(error)
    assert "503" in str(error)
    down.clear()
    notifier.send(make_message())
    assert [request.path for request in server.requests] == ["/a", "/b", "/c", "/b"]
    notifier.send(make_message(id="another"))
    assert len(server.requests) == 7


def test_a_service_that_breaks_is_a_failure_like_any_other(robot_server, make_message, monkeypatch):
    """An exception inside a plugin is reported as that service's failure."""
    server = robot_server()
    notifier = AppriseNotifier(urls_of(server, "a"))
    notifier.verify()

    def broken(*_, **__):
        raise RuntimeError(f"bug {CANARY}")

    monkeypatch.setattr(notifier._services[0].plugin, "send", broken)
    assert not failure_of(notifier, make_message()).permanent


def test_nothing_is_printed_and_nothing_logged(robot_server, make_message, capfd, caplog):
    """Neither a failure nor a success of apprise stands on the terminal or in anybody's log."""
    server = robot_server(lambda _: Reply(401))
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "urllib3"):
        failure_of(AppriseNotifier(urls_of(server, "a")), make_message())
        with pytest.raises(ConfigError):
            AppriseNotifier(f"nosuchservice://{CANARY}").verify()
    assert not [record for record in caplog.records if record.name.startswith(("apprise", "urllib3"))]
    assert CANARY not in caplog.text
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_a_url_that_apprise_does_not_know_is_named_without_it(make_message):
    """verify() names the URL that cannot work; sending is refused permanently."""
    notifier = AppriseNotifier(["json://localhost", f"nosuchservice://{CANARY}"])
    with pytest.raises(ConfigError, match="URL number 2 ") as caught:
        notifier.verify()
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert failure_of(notifier, make_message()).permanent


@pytest.mark.parametrize("urls", [[], "", "CANARY", ["json://a", f"//{CANARY}"], [None]])
def test_what_is_no_url_is_refused_early(urls):
    """No URL and something else are ConfigErrors, without what was given."""
    with pytest.raises(ConfigError) as caught:
        AppriseNotifier(urls)
    assert "CANARY" not in str(caught.value)


def test_the_time_out_reaches_the_service(robot_server, make_message):
    """A service that hangs costs the seconds that were given."""
    server = robot_server(lambda _: Reply(hang=True))
    assert not failure_of(AppriseNotifier(urls_of(server, "a"), timeout=0.2), make_message()).permanent


def test_name_and_repr_show_the_schemes_alone():
    """The name contains no secret and distinguishes two notifiers."""
    first, second = AppriseNotifier(f"tgram://{CANARY}/1"), AppriseNotifier(f"tgram://{CANARY}/2")
    assert first.name.startswith("apprise tgram ")
    assert first.name != second.name
    assert CANARY not in first.name + repr(first) + repr(vars(first))


def test_without_apprise_the_line_to_type_is_told(monkeypatch):
    """A missing package is an error at construction that names the extra."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingExtraError, match=r"auto-model-monitor\[apprise\]"):
        AppriseNotifier("json://localhost")


def test_all_loggers_are_as_before():
    """After the import and a check, every logger that was there has its handlers, level and filters."""
    code = (
        "import logging; from auto_model_monitor.notifiers.apprise import AppriseNotifier\n"
        "ours = ['auto_model_monitor', 'auto_model_monitor.monitor.loop']\n"
        "names = [*ours, 'mine', 'urllib3.connectionpool']\n"
        "loggers = [logging.getLogger(name) for name in names] + [logging.root]\n"
        "def one(l): return l.handlers[:], l.level, l.propagate, l.filters[:], l.disabled, type(l)\n"
        "def state(): return [one(l) for l in loggers], logging.getLoggerClass(), logging.getLevelName(30)\n"
        "before = state()\n"
        "AppriseNotifier('json://localhost').verify()\n"
        "assert before == state(), (before, state())\n"
        "assert not logging.getLogger('apprise').filters\n"
    )
    subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", code], check=True)
