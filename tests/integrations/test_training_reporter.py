"""What every callback does, seen through one that needs no framework to be installed."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest

from auto_model_monitor import MissingExtraError, integrations
from auto_model_monitor.integrations import LightGBMCallback
from tests.fakes import RecordingNotifier


def round_of(number, value, rounds=3, begin=0):
    results = [("valid_0", "l2", value, False)]
    return SimpleNamespace(
        iteration=number, begin_iteration=begin, end_iteration=rounds, evaluation_result_list=results
    )


def callback_of(tmp_path, *rules):
    notifier = RecordingNotifier()
    return LightGBMCallback(*rules, notifiers=[notifier], log_dir=tmp_path / "logs", language="en"), notifier


def test_the_face_imports_no_framework():
    """Importing the room, and a callback that needs none, loads no training framework."""
    code = (
        "import sys, auto_model_monitor.integrations as face; face.LightGBMCallback; face.CatBoostCallback;"
        "print(*{'torch', 'keras', 'transformers', 'lightgbm', 'xgboost'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_training_is_an_alert_and_its_end(tmp_path):
    """A number beyond the rule is one message, the end another; a second training is two more."""
    callback, notifier = callback_of(tmp_path, "valid_0-l2 < 0.4")
    for values in ((0.9, 0.5, 0.3), (0.8, 0.35, 0.37)):
        for number, value in enumerate(values):
            callback(round_of(number, value))
    subjects = [message.subject.split(" · ")[0] for message in notifier.sent]
    assert [subject for subject in subjects if "below" in subject] == [
        "✅ valid_0-l2 0.3 below 0.4",
        "✅ valid_0-l2 0.35 below 0.4",
    ]
    assert sum("finished" in subject for subject in subjects) == 2


def test_copies_share_the_monitor_and_another_process_makes_its_own(tmp_path):
    """A deep copy, as searches over parameters make, reports to the same monitor; a pickle can be loaded."""
    callback = LightGBMCallback("valid_0-l2 < 0.4", log_dir=tmp_path / "logs")
    assert copy.deepcopy(callback)._reporter is callback._reporter
    assert [rule.name for rule in pickle.loads(pickle.dumps(callback._reporter)).monitor.rules] == [
        "valid_0-l2 < 0.4"
    ]


def test_no_error_of_ours_reaches_the_training(tmp_path, caplog):
    """An event that holds something else than expected is logged, and the training continues."""
    callback, notifier = callback_of(tmp_path, "valid_0-l2 < 0.4")
    callback(SimpleNamespace(iteration=None))
    assert "the training continues" in caplog.text
    assert notifier.sent == []


def test_other_ranks_are_silent_in_callbacks(tmp_path, monkeypatch):
    """The process of rank 1 sends neither alerts nor the end."""
    monkeypatch.setenv("RANK", "1")
    callback, notifier = callback_of(tmp_path, "valid_0-l2 < 0.4")
    for number, value in enumerate((0.9, 0.5, 0.3)):
        callback(round_of(number, value))
    assert notifier.sent == []


def test_messages_of_callbacks_name_the_slurm_job(tmp_path, monkeypatch):
    """Inside a Slurm job the alerts and the end name it."""
    monkeypatch.setenv("SLURM_JOB_ID", "4410872")
    monkeypatch.setenv("SLURMD_NODENAME", "gpu-07")
    callback, notifier = callback_of(tmp_path, "valid_0-l2 < 0.4")
    for number, value in enumerate((0.9, 0.5, 0.3)):
        callback(round_of(number, value))
    assert len(notifier.sent) == 2
    assert all("Slurm job: 4410872, node gpu-07" in message.text for message in notifier.sent)


def test_a_callback_without_its_framework_names_it(monkeypatch):
    """The error names the callback and the package that is missing."""
    monkeypatch.setitem(sys.modules, "xgboost", None)
    monkeypatch.setitem(sys.modules, "xgboost.callback", None)
    monkeypatch.delitem(sys.modules, "auto_model_monitor.integrations.xgboost_callback", raising=False)
    monkeypatch.delitem(vars(integrations), "XGBoostCallback", raising=False)
    with pytest.raises(MissingExtraError, match="XGBoostCallback: this needs the package 'xgboost"):
        integrations.XGBoostCallback  # noqa: B018
