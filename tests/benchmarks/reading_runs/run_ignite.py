"""ignite: trainer and evaluator; ``bar`` (tqdm with metrics), ``print`` (the documentation's handlers)."""

import logging
import sys

import torch
from ignite.contrib.handlers import ProgressBar
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.metrics import Accuracy, Loss, RunningAverage
from ignite.utils import setup_logger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from truth import data, note

VARIANT = sys.argv[1]
torch.manual_seed(0)
x, y = (torch.tensor(each) for each in data())
train, val = (DataLoader(TensorDataset(x[a:b], y[a:b]), 32) for a, b in ((0, 256), (256, 400)))
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
trainer = create_supervised_trainer(model, torch.optim.Adam(model.parameters(), 1e-2), nn.CrossEntropyLoss())
metrics = {"accuracy": Accuracy(), "nll": Loss(nn.CrossEntropyLoss())}
train_evaluator = create_supervised_evaluator(model, metrics=metrics)
evaluator = create_supervised_evaluator(model, metrics=metrics)
RunningAverage(output_transform=lambda out: out).attach(trainer, "loss")
if VARIANT == "bar":
    ProgressBar().attach(trainer, ["loss"])
else:
    trainer.logger = setup_logger("trainer")
    evaluator.logger = setup_logger("evaluator")
    logging.getLogger("ignite").setLevel(logging.INFO)


@trainer.on(Events.ITERATION_COMPLETED)
def batch(engine):
    note("train_loss", engine.state.metrics["loss"], engine.state.epoch, optional=True)


@trainer.on(Events.EPOCH_COMPLETED)
def measure(engine):
    epoch = engine.state.epoch
    for split, each, loader in (("train", train_evaluator, train), ("val", evaluator, val)):
        each.run(loader)
        found = each.state.metrics
        name = {"train": "Training", "val": "Validation"}[split]
        average = f"Avg accuracy: {found['accuracy']:.4f} Avg loss: {found['nll']:.4f}"
        print(f"{name} Results - Epoch: {epoch} {average}")
        note(f"{split}_accuracy", found["accuracy"], epoch)
        note(f"{split}_loss", found["nll"], epoch)


trainer.run(train, max_epochs=4)
