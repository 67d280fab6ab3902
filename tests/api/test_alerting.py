"""Messages of a server about its trainings."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

from auto_model_monitor.api import alerting
from auto_model_monitor.text.terminal import Terminal
from tests.api.server_process import TRAINER, serving
from tests.api.test_serve import START, refused
from tests.smtp_server import SMTPServer
from tests.waiting import until

BODY = {"model": "resnet18", "num_classes": 2, "num_epochs": 3, "train_path": ".", "val_path": "."}


def test_a_log_line_that_meets_a_rule_sends_a_mail(tmp_path):
    """A log line that meets a rule sends one mail, and the end of the training another."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
        env = server.environ("smtp.qq.com") | {"AUTO_MODEL_MONITOR_AUTH_CODE": "CANARY-CODE"}
        options = ["--trainer", TRAINER, "--rule", "val_acc >= 84", "--sender", "you@qq.com"]
        with serving(*options, "--language", "en", cwd=tmp_path, env=env) as process:
            assert "val_acc >= 84" in process.output
            task = process.ask(START, {**BODY, "save_path": str(tmp_path / "out")})["task_id"]
            server.wait_for_mails(2)
            assert process.end() == 0
        hit, end = (mail.text for mail in server.mails)
    assert "val_acc" in hit
    assert "84.67" in hit
    assert f"resnet18 {task[:8]}" in hit
    assert "Training finished" in end
    assert "CANARY" not in process.output
    assert not any(b"CANARY" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_without_a_mailbox_mails_are_files(tmp_path):
    """With a rule but without a mailbox, mails become files in the store."""
    with serving("--trainer", TRAINER, "--rule", "nan", cwd=tmp_path) as process:
        process.ask(START, {**BODY, "model": "failing", "save_path": str(tmp_path / "out")})
        mailbox = tmp_path / "training_store" / "mailbox"
        until(lambda: list(mailbox.glob("*.eml")))
        assert process.end() == 0


def test_a_plain_server_sends_no_messages(tmp_path):
    """A server without rules and notifiers creates no outbox and no mailbox."""
    with serving("--trainer", TRAINER, cwd=tmp_path, env={"AUTO_MODEL_MONITOR_NOTIFY": ""}) as process:
        task = process.ask(START, {**BODY, "save_path": str(tmp_path / "out")})["task_id"]
        until(lambda: process.ask(f"/api/v2/training/{task}")["status"] == "completed")
        assert process.end() == 0
    there = {path.name for path in (tmp_path / "training_store").iterdir()}
    assert not {"outbox.db", "mailbox"} & there


def test_the_alerts_table_of_a_file_is_read(tmp_path):
    """The table [tell] accepts the names of a watch's file; errors name their location."""
    file = tmp_path / "serve.toml"
    file.write_text(
        '[tell]\nrules = "val_acc >= 84"\nlanguage = "en"\nreceiver = "a@b.example"\ndigest = "1h"\n'
    )
    with serving("--trainer", TRAINER, "--config", str(file), cwd=tmp_path) as process:
        assert "val_acc >= 84" in process.output
        assert process.end() == 0
    file.write_text('[tell]\nrule = "nan"\nlanguage = "fr"\ndigest = "often"\n')
    status, output = refused("--config", str(file), cwd=tmp_path)
    assert status == 2
    assert "tell.rule" in output
    assert "did you mean 'rules'" in output
    assert "tell.language" in output
    assert "tell.digest: expected a time such as '30s', '10min' or '1h', got 'often'" in output


def test_a_digest_collects_the_messages_of_a_server(tmp_path):
    """With digest in the table [tell], a hit and the end of the training are one mail."""
    file = tmp_path / "serve.toml"
    file.write_text('[tell]\nrules = "val_acc >= 84"\nlanguage = "en"\ndigest = "1h"\n')
    env = {"AUTO_MODEL_MONITOR_NOTIFY": ""}
    with serving("--trainer", TRAINER, "--config", str(file), cwd=tmp_path, env=env) as process:
        task = process.ask(START, {**BODY, "save_path": str(tmp_path / "out")})["task_id"]
        until(lambda: process.ask(f"/api/v2/training/{task}")["status"] == "completed")
        assert process.end() == 0
    (mail,) = (tmp_path / "training_store" / "mailbox").glob("*.eml")
    assert b"2 messages" in mail.read_bytes()


def test_a_wrong_rule_ends_the_start(tmp_path):
    """A wrong rule ends the start with what was expected."""
    status, output = refused("--port", "0", "--rule", "val_acc >> 90", cwd=tmp_path)
    assert status == 2
    assert "val_acc >> 90" in output


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        ("eval_loss < 0.3", "val_loss < 0.3"),
        ("eval_accuracy >= 90", "val_acc >= 90"),
        ("validation_loss<0.3", "val_loss<0.3"),
        ("eval_loss < 0.3 for 2", "val_loss < 0.3 for 2"),
        ("val_loss < 0.3", "val_loss < 0.3"),
        ("nan", "nan"),
    ],
)
def test_rules_name_metrics_as_the_log_reader_does(tmp_path, monkeypatch, rule, known):
    """A rule over a served training matches the metric that its log calls by another name."""
    received = []

    class Recorder:
        def __init__(self, dispatcher, rules, notifiers, **options):
            received.extend(rules)

    monkeypatch.setattr(alerting, "TrainingMonitor", Recorder)
    make = alerting.monitor_factory({"rules": [rule]}, tmp_path, Terminal(io.StringIO()))
    assert isinstance(make(None), Recorder)
    assert received == [known]
