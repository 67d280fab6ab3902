"""poutyne: Model.fit_generator with its coloured bar, and without."""

import sys

import torch
from poutyne import Callback, Model
from torch import nn
from truth import data, note

torch.manual_seed(0)
x, y = data()


class Noter(Callback):
    def on_train_batch_end(self, batch_number, logs):
        for key in {"loss", "acc"} & logs.keys():
            note(f"train_{key}", logs[key], self.epoch, optional=True)

    def on_epoch_begin(self, epoch_number, logs):
        self.epoch = epoch_number

    def on_epoch_end(self, epoch_number, logs):
        for key, value in logs.items():
            if key not in ("epoch", "time", "size", "batch"):
                note(key if key.startswith("val") else f"train_{key}", value, epoch_number)


net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
model = Model(
    net,
    torch.optim.Adam(net.parameters(), 1e-2),
    "cross_entropy",
    batch_metrics=["accuracy"],
    epoch_metrics=["f1"],
)
options = {"progress_options": {"coloring": sys.argv[1] == "color"}}
model.fit(
    x[:256],
    y[:256],
    validation_data=(x[256:], y[256:]),
    epochs=3,
    batch_size=32,
    callbacks=[Noter()],
    **options,
)
