"""skorch: its table; ``plain``, and ``wide`` with further scores and marks."""

import sys

import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, EarlyStopping, EpochScoring
from torch import nn
from truth import data, note


class Noter(Callback):
    def on_epoch_end(self, net, **_):
        row = net.history[-1]
        for key, value in row.items():
            if (isinstance(value, float) and key != "dur") or hasattr(value, "dtype"):
                also = [] if "_" in key else [f"val_{key}", f"train_{key}"]
                note(key, value, row["epoch"], also=also)


torch.manual_seed(0)
x, y = data()
more = [("f1", EpochScoring("f1", lower_is_better=False)), ("stop", EarlyStopping(patience=9))]
net = NeuralNetClassifier(
    nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)),
    criterion=nn.CrossEntropyLoss,
    optimizer=torch.optim.Adam,
    lr=0.01,
    max_epochs=4,
    callbacks=[*(more if sys.argv[1] == "wide" else ()), ("noter", Noter())],
)
net.fit(x, y)
