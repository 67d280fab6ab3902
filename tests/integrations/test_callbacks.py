"""Callbacks of frameworks in real trainings: each number is that of the framework's own record."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes import RecordingNotifier

pytestmark = pytest.mark.frameworks

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("YOLO_CONFIG_DIR", "/tmp")


class Watched:
    """The arguments of a callback, and what it reported and sent."""

    def __init__(self, folder: Path) -> None:
        self.notifier = RecordingNotifier()
        self.settings = {"notifiers": [self.notifier], "log_dir": folder / "logs", "language": "en"}
        self.readings = []

    def of(self, callback):
        callback.monitor.listeners.append(lambda readings, alerts: self.readings.extend(readings))
        return callback

    def series(self, metric):
        return [reading.value for reading in self.readings if reading.metric == metric]

    @property
    def subjects(self):
        return [message.subject for message in self.notifier.sent]


@pytest.fixture
def watched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    return Watched(tmp_path)


def same(ours, theirs):
    assert len(ours) == len(theirs) > 0
    assert all(math.isclose(a, float(b), rel_tol=1e-6) for a, b in zip(ours, theirs, strict=True))


def ends_with_an_alert_and_the_end(watched):
    """The first message is about the rule, the last about the training's end."""
    assert len(watched.notifier.sent) >= 2
    assert "finished" in watched.subjects[-1]
    assert not any("crashed" in subject for subject in watched.subjects)


def table(rows=64):
    numpy = pytest.importorskip("numpy")
    generator = numpy.random.default_rng(1)
    x = generator.normal(size=(rows, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


def test_hugging_face(watched, tmp_path):
    """A Trainer's numbers are those of ``state.log_history``, and the mail names the checkpoint."""
    pytest.importorskip("accelerate")
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    from auto_model_monitor.integrations import HuggingFaceCallback

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 2)

        def forward(self, x, labels=None):
            logits = self.linear(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    x, y = table()
    rows = [{"x": torch.tensor(a), "labels": int(b)} for a, b in zip(x, y, strict=True)]
    arguments = transformers.TrainingArguments(
        "out", num_train_epochs=3, eval_strategy="epoch", save_strategy="epoch", logging_steps=4,
        report_to=[], use_cpu=True, disable_tqdm=True, learning_rate=0.1, per_device_train_batch_size=8,
    )  # fmt: skip
    callback = watched.of(HuggingFaceCallback("eval_loss < 5 for 1", **watched.settings))
    trainer = transformers.Trainer(
        Net(), arguments, train_dataset=rows, eval_dataset=rows, callbacks=[callback]
    )
    trainer.train()
    history = trainer.state.log_history
    for metric in ("eval_loss", "loss", "grad_norm", "learning_rate"):
        same(watched.series(metric), [entry[metric] for entry in history if metric in entry])
    steps = [reading.step for reading in watched.readings if reading.metric == "eval_loss"]
    assert steps == [entry["step"] for entry in history if "eval_loss" in entry]
    assert str(tmp_path / "out" / "checkpoint-8") in watched.notifier.sent[0].text
    ends_with_an_alert_and_the_end(watched)


def lightning_parts():
    pytest.importorskip("lightning")
    import lightning.pytorch as lightning
    import torch

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 2)
            self.fails = False

        def _loss(self, batch):
            if self.fails and self.current_epoch == 1:
                raise RuntimeError("a broken batch")
            return torch.nn.functional.cross_entropy(self.linear(batch[0]), batch[1])

        def training_step(self, batch, _):
            loss = self._loss(batch)
            self.log("train_loss", loss, on_step=False, on_epoch=True)
            return loss

        def validation_step(self, batch, _):
            self.log("val_loss", self._loss(batch))
            self.log("always", 0.5)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    x, y = table()
    data = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    return lightning, Net(), torch.utils.data.DataLoader(data, batch_size=8)


def test_lightning(watched, tmp_path):
    """A LightningModule's numbers are those that the trainer logs, constant ones included."""
    lightning, net, loader = lightning_parts()
    from lightning.pytorch.loggers import CSVLogger

    from auto_model_monitor.integrations import LightningCallback

    callback = watched.of(LightningCallback("val_loss < 5", **watched.settings))
    logger = CSVLogger(tmp_path / "csv")
    trainer = lightning.Trainer(
        max_epochs=3, logger=logger, callbacks=[callback], enable_progress_bar=False, accelerator="cpu",
        enable_model_summary=False, log_every_n_steps=1,
    )  # fmt: skip
    trainer.fit(net, loader, loader)
    (table_of,) = (tmp_path / "csv").rglob("metrics.csv")
    rows = list(csv.DictReader(table_of.read_text().splitlines()))
    for metric in ("val_loss", "train_loss", "always"):
        same(watched.series(metric), [row[metric] for row in rows if row[metric]])
    assert watched.series("val_loss")[-1] == pytest.approx(float(trainer.logged_metrics["val_loss"]))
    assert ".ckpt" in watched.notifier.sent[0].text
    ends_with_an_alert_and_the_end(watched)


def test_a_crash_in_lightning(watched):
    """An error of the training propagates, and the message of the end names it."""
    lightning, net, loader = lightning_parts()
    from auto_model_monitor.integrations import LightningCallback

    net.fails = True
    callback = watched.of(LightningCallback(**watched.settings))
    trainer = lightning.Trainer(
        max_epochs=3, logger=False, callbacks=[callback], enable_progress_bar=False, accelerator="cpu",
        enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="a broken batch"):
        trainer.fit(net, loader, loader)
    (subject,) = watched.subjects
    assert "crashed" in subject
    assert "a broken batch" in watched.notifier.sent[0].text


def test_keras(watched):
    """A fit()'s numbers are those of ``History.history``."""
    keras = pytest.importorskip("keras")
    from auto_model_monitor.integrations import KerasCallback

    x, y = table()
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    callback = watched.of(KerasCallback("val_loss < 5", **watched.settings))
    history = model.fit(x, y, validation_split=0.25, epochs=4, verbose=0, callbacks=[callback])
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for metric, values in history.history.items():
        same(watched.series(metric), values)
    assert [r.epoch for r in watched.readings if r.metric == "loss"] == [epoch + 1 for epoch in history.epoch]
    ends_with_an_alert_and_the_end(watched)


def test_xgboost(watched):
    """The rounds' numbers are those of ``evals_result()``, and an early stop is an end."""
    xgboost = pytest.importorskip("xgboost")
    from auto_model_monitor.integrations import XGBoostCallback

    x, y = table()
    callback = watched.of(XGBoostCallback("validation_0-logloss < 5", **watched.settings))
    model = xgboost.XGBClassifier(n_estimators=60, callbacks=[callback], early_stopping_rounds=3)
    model.fit(x, y, eval_set=[(x[:20], 1 - y[:20])], verbose=False)
    found = model.evals_result()["validation_0"]["logloss"]
    assert len(found) < 60
    same(watched.series("validation_0-logloss"), found)
    ends_with_an_alert_and_the_end(watched)


def test_lightgbm(watched):
    """The rounds' numbers are those that ``record_evaluation`` records."""
    lightgbm = pytest.importorskip("lightgbm")
    from auto_model_monitor.integrations import LightGBMCallback

    x, y = table()
    data, found = lightgbm.Dataset(x, y), {}
    callback = watched.of(LightGBMCallback("valid_0-binary_logloss < 5", **watched.settings))
    parameters = {"objective": "binary", "metric": ["binary_logloss", "auc"], "verbose": -1}
    lightgbm.train(
        parameters, data, 8, valid_sets=[lightgbm.Dataset(x, y, reference=data)],
        callbacks=[callback, lightgbm.record_evaluation(found)],
    )  # fmt: skip
    for metric, values in found["valid_0"].items():
        same(watched.series(f"valid_0-{metric}"), values)
    ends_with_an_alert_and_the_end(watched)


def test_catboost(watched):
    """The rounds' numbers are those of ``get_evals_result()``, of two trainings one after the other."""
    catboost = pytest.importorskip("catboost")
    from auto_model_monitor.integrations import CatBoostCallback

    x, y = table()
    callback = watched.of(CatBoostCallback("validation-Logloss < 5", **watched.settings))
    expected = []
    for depth in (2, 3):
        model = catboost.CatBoostClassifier(10, depth=depth, verbose=False, allow_writing_files=False)
        model.fit(x, y, eval_set=(x, y), callbacks=[callback])
        expected += model.get_evals_result()["validation"]["Logloss"]
    callback._reporter._end_unfinished(None)  # what the program's end does
    same(watched.series("validation-Logloss"), expected)
    assert sum("finished" in subject for subject in watched.subjects) == 2
    ends_with_an_alert_and_the_end(watched)


def test_ignite(watched):
    """The numbers are those of the engines' states."""
    pytest.importorskip("ignite")
    import torch
    from ignite.engine import Engine, Events
    from ignite.metrics import Average

    from auto_model_monitor.integrations import IgniteHandler

    trainer = Engine(lambda engine, value: 1.0 / (engine.state.iteration + value))
    evaluator = Engine(lambda engine, value: torch.tensor(value / trainer.state.epoch))
    Average().attach(trainer, "loss")
    Average().attach(evaluator, "error")
    expected = {"loss": [], "validation/error": []}
    handler = watched.of(IgniteHandler("validation/error < 50", **watched.settings))
    handler.attach(trainer, validation=evaluator)

    @trainer.on(Events.EPOCH_COMPLETED)
    def evaluate(engine):
        expected["loss"].append(engine.state.metrics["loss"])
        expected["validation/error"].append(evaluator.run([1.0, 2.0]).metrics["error"])

    trainer.run([1.0, 2.0, 3.0], max_epochs=3)
    for metric, values in expected.items():
        same(watched.series(metric), values)
    ends_with_an_alert_and_the_end(watched)


def test_fastai(watched):
    """The numbers are the rows of the recorder."""
    pytest.importorskip("fastai")
    import torch
    from fastai.data.core import DataLoader, DataLoaders
    from fastai.learner import Learner
    from fastai.metrics import accuracy

    from auto_model_monitor.integrations import FastaiCallback

    x, y = table()
    rows = [(torch.tensor(a), torch.tensor(b)) for a, b in zip(x, y, strict=True)]
    loaders = DataLoaders(DataLoader(rows, bs=8, shuffle=True), DataLoader(rows, bs=8))
    learner = Learner(loaders, torch.nn.Linear(4, 2), torch.nn.functional.cross_entropy, metrics=accuracy)
    callback = watched.of(FastaiCallback("valid_loss < 5", **watched.settings))
    learner.fit(3, cbs=[callback])
    for number, metric in enumerate(("train_loss", "valid_loss", "accuracy")):
        same(watched.series(metric), [row[number] for row in learner.recorder.values])
    ends_with_an_alert_and_the_end(watched)


def load_torchvision():
    """Import torchvision, whose library the index has for CUDA alone, beside a torch for processors."""
    import torch
    from ultralytics.utils.nms import TorchNMS

    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            library.impl(name, TorchNMS.nms, "CPU")
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision

        torchvision.extension._has_ops = lambda: True
        return library
    return torchvision


def test_ultralytics(watched, tmp_path):
    """The numbers are the columns of ``results.csv``, and the mail names ``last.pt``."""
    ultralytics = pytest.importorskip("ultralytics")
    from PIL import Image

    from auto_model_monitor.integrations import UltralyticsCallbacks

    library = load_torchvision()
    for split in ("train", "val"):
        for folder in ("images", "labels"):
            (tmp_path / folder / split).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (32, 32), (number * 50, 90, 30)).save(
                tmp_path / "images" / split / f"{number}.png"
            )
            (tmp_path / "labels" / split / f"{number}.txt").write_text("0 0.5 0.5 0.4 0.4\n")
    (tmp_path / "data.yaml").write_text(
        f"path: {tmp_path}\ntrain: images/train\nval: images/val\nnames: [thing]\n"
    )
    model = ultralytics.YOLO("yolov8n.yaml", verbose=False)
    callbacks = watched.of(UltralyticsCallbacks("metrics/mAP50(B) >= 0", **watched.settings))
    callbacks.attach(model)
    model.train(
        data=str(tmp_path / "data.yaml"), epochs=2, imgsz=32, batch=4, workers=0, device="cpu", plots=False,
        project=str(tmp_path / "runs"), name="one", verbose=False,
    )  # fmt: skip
    (results,) = (tmp_path / "runs").rglob("results.csv")
    rows = [{k.strip(): v for k, v in row.items()} for row in csv.DictReader(results.open())]
    metrics = [name for name in rows[0] if name not in ("epoch", "time")]
    assert {"metrics/mAP50(B)", "val/box_loss", "train/box_loss"} <= set(metrics)
    for metric in metrics:
        ours, theirs = watched.series(metric), [float(row[metric]) for row in rows]
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-4)
    assert library is not None  # which forgets its operators with the last reference
    assert "last.pt" in watched.notifier.sent[0].text
    ends_with_an_alert_and_the_end(watched)


def test_mmengine(watched, tmp_path):
    """The numbers are those of ``scalars.json``, and the mail names the checkpoint."""
    pytest.importorskip("mmengine")
    import torch
    from mmengine.evaluator import BaseMetric, Evaluator
    from mmengine.model import BaseModel
    from mmengine.runner import Runner

    from auto_model_monitor.integrations import MMEngineHook

    class Net(BaseModel):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 2)

        def forward(self, x, y, mode):
            logits = self.linear(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, y)} if mode == "loss" else (logits, y)

    class Right(BaseMetric):
        def process(self, data_batch, data_samples):
            logits, y = data_samples
            self.results.append(float((logits.argmax(1) == y).float().mean()))

        def compute_metrics(self, results):
            return {"accuracy": sum(results) / len(results)}

    x, y = table()
    data = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    hook = watched.of(MMEngineHook("accuracy >= 0", **watched.settings))
    runner = Runner(
        Net(), str(tmp_path / "work"), train_dataloader=torch.utils.data.DataLoader(data, batch_size=8),
        val_dataloader=torch.utils.data.DataLoader(data, batch_size=8), val_evaluator=Evaluator(Right()),
        optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.1}},
        train_cfg={"by_epoch": True, "max_epochs": 3}, val_cfg={}, custom_hooks=[hook], log_level="ERROR",
        default_hooks={"logger": {"type": "LoggerHook", "interval": 8}},
    )  # fmt: skip
    runner.train()
    (scalars,) = (tmp_path / "work").rglob("scalars.json")
    rows = [json.loads(line) for line in scalars.read_text().splitlines()]
    same(watched.series("accuracy"), [row["accuracy"] for row in rows if "accuracy" in row])
    assert len(watched.series("loss")) == 3
    assert ".pth" in watched.notifier.sent[0].text
    ends_with_an_alert_and_the_end(watched)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("raise ValueError('no more data')", "crashed: train.py, ValueError: no more"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "interrupted"),
        ("raise KeyboardInterrupt", "interrupted"),
    ],
    ids=["error", "SIGTERM", "Ctrl-C"],
)
def test_the_end_of_a_framework_without_an_event_for_errors(tmp_path, last, expected):
    """What ends a Keras training is reported when the program ends, and its exit status stays."""
    pytest.importorskip("keras")
    (tmp_path / "train.py").write_text(
        "import numpy, keras\n"
        "from auto_model_monitor.integrations import KerasCallback\n"
        "class Ends(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n"
        f"        if epoch == 1:\n            {last}\n"
        "model = keras.Sequential([keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "x = numpy.ones((8, 2))\n"
        "watch = KerasCallback('loss < 1e9', log_dir='logs', language='en')\n"
        "model.fit(x, x[:, 0], epochs=3, verbose=0, callbacks=[watch, Ends()])\n"
    )
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode != 0
    mails = [path.read_bytes() for path in (tmp_path / "logs" / "mailbox").glob("*.eml")]
    from email import message_from_bytes, policy

    subjects = [message_from_bytes(mail, policy=policy.default)["subject"] for mail in mails]
    assert len(subjects) == 2
    assert any(expected in subject for subject in subjects), (subjects, done.stderr)


def test_a_step_costs_at_most_50_microseconds(tmp_path):
    """The events of a step, with nothing or one logged number, cost the training's thread little."""
    transformers = pytest.importorskip("transformers")
    from auto_model_monitor.integrations import HuggingFaceCallback

    callback = HuggingFaceCallback("eval_loss < 0.4", log_dir=tmp_path / "logs")
    arguments, state = transformers.TrainingArguments("out", report_to=[]), transformers.TrainerState()
    control = transformers.TrainerControl()
    callback.on_train_begin(arguments, state, control)
    costs = []
    for _ in range(20):
        start = time.thread_time()
        for step in range(200):
            state.global_step = step
            callback.on_step_begin(arguments, state, control)
            callback.on_log(arguments, state, control, logs={"loss": 0.5, "learning_rate": 1e-3})
        costs.append((time.thread_time() - start) / 200 * 1e6)
    callback.on_train_end(arguments, state, control)
    assert min(costs) <= 50
