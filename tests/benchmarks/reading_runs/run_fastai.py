"""fastai: fit_one_cycle with two metrics; ``table``, and ``fit`` twice."""

import sys

import torch
from fastai.basics import Callback, CrossEntropyLossFlat, DataLoaders, F1Score, Learner, accuracy
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from truth import data, note

torch.manual_seed(0)
x, y = (torch.tensor(each) for each in data())
loaders = DataLoaders(*(DataLoader(TensorDataset(x[a:b], y[a:b]), 32) for a, b in ((0, 256), (256, 400))))


class Noter(Callback):
    order = 60

    def after_epoch(self):
        values = self.recorder.values[-1]
        for name, value in zip(("train_loss", "valid_loss", "accuracy", "f1_score"), values, strict=True):
            also = [f"val_{name}"] if name[0] in "af" else []
            note(name, value, self.epoch, also=also)


net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
learner = Learner(
    loaders, net, loss_func=CrossEntropyLossFlat(), metrics=[accuracy, F1Score()], cbs=[Noter()]
)
if sys.argv[1] == "table":
    learner.fit_one_cycle(4, 1e-2)
else:
    learner.fit(3, 1e-2)
