"""``--rule`` on the command line, in files and in Python; and ``--fresh``."""

from __future__ import annotations

import io
import sys
from email import message_from_bytes, policy

import pytest
from programs import program, watching

from auto_model_monitor import (
    Comparison,
    ConfigError,
    DefaultParser,
    ModelMonitor,
    MonitorConfig,
    ThresholdRule,
)
from auto_model_monitor.cli import main as cli
from auto_model_monitor.monitor.watch_rules import direction_of, parser_of
from auto_model_monitor.settings import config_of, log_monitor_of, rules_of, watch_of
from auto_model_monitor.text.terminal import Terminal
from tests.fakes import RecordingNotifier

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
WATCH = ("--interval", "0.05", "--language", "en")


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Every test has a folder of its own, in which names hold two metrics."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTO_MODEL_MONITOR_NOTIFY", raising=False)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/epoch_1_val_loss_0.003_acc_0.96.pt").touch()
    return tmp_path


def subjects(place):
    mails = sorted((place / "monitor_logs/mailbox").glob("*.eml"))
    return sorted(
        message_from_bytes(m.read_bytes(), policy=policy.default)["Subject"].partition(" · ")[0]
        for m in mails
    )


@posix
@pytest.mark.parametrize("how", ["option", "toml"])
def test_rules_in_the_place_of_a_threshold(place, how):
    """Without a threshold the rules decide, each about its own metric of a name."""
    rules = ["val_loss < 0.004", "acc >= 0.95"]
    arguments = [part for rule in rules for part in ("--rule", rule)]
    if how == "toml":
        (place / "night.toml").write_text(f'rules = {rules}\nlog_dir = "monitor_logs"\n'.replace("'", '"'))
        arguments = ["--config", "night.toml"]
    with watching("checkpoints", *arguments, *WATCH) as running:
        running.wait_for("delivered")
        running.wait_for("delivered")
        assert running.end() == 0
    assert subjects(place) == [
        "✅ acc 0.96 at or above 0.95",
        "✅ val_loss 0.003 below 0.004",
    ]
    assert "WARNING" not in running.said


@posix
def test_a_rule_beside_a_threshold(place):
    """A threshold is about the chosen metric, and a rule is added to it."""
    arguments = ["--threshold", "0.9", "--mode", "higher", "--metric", "acc", "--rule", "val_loss < 0.004"]
    with watching("checkpoints", *arguments, *WATCH) as running:
        running.wait_for("delivered")
        running.wait_for("delivered")
        assert running.end() == 0
    assert len(subjects(place)) == 2


@posix
def test_fresh(place):
    """A restart repeats no alert, unless --fresh is given."""
    arguments = ("checkpoints", "--rule", "acc >= 0.95", *WATCH)
    with watching(*arguments) as running:
        running.wait_for("delivered")
        running.end()
    with watching(*arguments) as running:
        running.wait_for("resuming after the alert of epoch_1")
        running.end()
    assert len(subjects(place)) == 1
    with watching(*arguments, "--fresh") as running:
        running.wait_for("delivered")
        running.end()
    assert len(subjects(place)) == 2


def test_a_rule_that_cannot_be_read():
    """Each wrong rule is shown with a mark below the mistake, all in one error with status 2."""
    done = program(
        "watch", "checkpoints", "--rule", "acc >> 0.95", "--rule", "stalled soon", "--to", "nobody"
    )
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "auto-model-monitor: error: 3 problems:"
    number = next(n for n, line in enumerate(lines) if "acc >> 0.95" in line)
    assert lines[number + 1].index("^") == lines[number].index(">>")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "metric", "direction"),
    [
        ({"rules": ["acc > 0.9"]}, "acc", Comparison.HIGHER),
        ({"rules": ["nan", "val_loss < 1", "acc > 0.9"]}, "val_loss", Comparison.LOWER),
        ({"rules": ["acc > 0.9"], "metric": "loss"}, "loss", Comparison.LOWER),
        ({"rules": ["acc > 0.9"], "threshold": 1.0}, None, None),
        ({"rules": ["plateau 10"], "comparison_mode": "max"}, None, Comparison.HIGHER),
        ({"rules": ["disk < 5GB"]}, None, None),
    ],
)
def test_what_follows_from_the_rules(settings, metric, direction):
    """Without a threshold the first comparison decides on metric and direction, unless a setting does."""
    config, rules = config_of({"watch_dir": "x", **settings}), rules_of(settings)
    assert len(rules) == len(settings["rules"])
    assert parser_of(config, rules).metric == metric
    assert direction_of(config, rules) == direction


def test_the_key_of_a_watch_by_rules_is_that_of_version_0_4(place):
    """The key holds the first rule's metric and direction, so that an upgrade repeats no alert."""
    screen, before = Terminal(io.StringIO()), DefaultParser("acc")
    for path in ("checkpoints", "train.log"):
        config = MonitorConfig(path, 0.95, comparison_mode="higher", parser=before)
        settings = {"watch_dir": path, "rules": ["acc >= 0.95"], "log_dir": "logs"}
        if path == "checkpoints":
            now = watch_of([settings], screen, resume=True)
        else:
            hooks = {"on_entry": lambda entry: None, "on_look": lambda alerts, readings: True}
            now = log_monitor_of(settings, screen, follows=False, resume=True, **hooks)
        assert now.watch_key == ModelMonitor(config).watch_key


def test_equal_rules_are_one():
    """The same text given twice is one rule."""
    assert len(rules_of({"rules": ["nan", "nan"]})) == 1


def test_texts_in_python(place):
    """ModelMonitor takes rules as texts, beside rules, without any threshold."""
    config = MonitorConfig("checkpoints", parser=DefaultParser(metric="val_loss"))
    rules = ["acc >= 0.95 for 1", ThresholdRule(0.004, "lower"), "plateau 3"]
    monitor = ModelMonitor(config, rules=rules, notifiers=[RecordingNotifier()])
    assert [alert.rule for alert in monitor.check()] == ["acc >= 0.95 for 1", "threshold"]
    monitor.stop()


def test_neither_a_threshold_nor_a_rule():
    """A monitor without a threshold and rules is refused at construction."""
    with pytest.raises(ConfigError, match="threshold: expected a finite number"):
        ModelMonitor(MonitorConfig("checkpoints"))


def test_inspect_reads_what_the_rules_read(capsys, place):
    """With the rules of a file an inspection reads the same metric as the watch would."""
    (place / "night.toml").write_text('watch_dir = "checkpoints"\nrules = ["acc >= 0.95"]\n')
    assert cli.main(["inspect", "--config", "night.toml"]) == 0
    assert "best acc 0.96" in capsys.readouterr().out


@pytest.mark.parametrize(
    "rule",
    [
        "metrics/mAP50(B) > 0.6",
        "'metrics/mAP50(B)' > 0.6",
        '"metrics/mAP50-95(B)">0.4',
        "metrics/precision(B) >= 0.6",
        "'val/box_loss' < 1.25",
    ],
)
def test_a_rule_names_a_column_of_results_csv(capsys, place, rule):
    """A rule with Ultralytics' own name for a metric, quoted or not, alerts about results.csv."""
    columns = "metrics/precision(B),metrics/mAP50(B),metrics/mAP50-95(B),val/box_loss"
    (place / "results.csv").write_text(f"epoch,{columns}\n1,0.5,0.55,0.35,1.3\n2,0.6,0.65,0.45,1.2\n")
    assert cli.main(["logs", "results.csv", "--no-follow", "--rule", rule]) == 0
    captured = capsys.readouterr()
    assert "alert: " in captured.out + captured.err
