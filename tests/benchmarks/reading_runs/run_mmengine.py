"""mmengine: a Runner by epochs and one by iterations, with its own text logger."""

import sys

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from truth import data, note

BY_EPOCH = sys.argv[1] == "epoch"
x, y = (torch.tensor(each) for each in data())


class Net(BaseModel):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, x, y, mode):
        out = self.net(x)
        if mode == "loss":
            loss = nn.functional.cross_entropy(out, y)
            return {"loss_cls": loss, "acc": (out.argmax(1) == y).float().mean()}
        return out, y


class Accuracy(BaseMetric):
    default_prefix = "accuracy"

    def process(self, batch, samples):
        out, y = samples
        self.results.append({"hits": (out.argmax(1) == y).sum().item(), "all": len(y)})

    def compute_metrics(self, results):
        return {"top1": 100 * sum(r["hits"] for r in results) / sum(r["all"] for r in results)}


class Noter(Hook):
    priority = "LOWEST"

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if (runner.iter + 1) % 4:
            return
        scalars = runner.message_hub.log_scalars
        epoch = runner.epoch + 1 if BY_EPOCH else None
        for key in ("train/loss", "train/loss_cls", "train/acc"):
            if key in scalars:
                buffer = scalars[key]
                note(
                    key,
                    (buffer.current() if key.endswith("acc") else buffer.mean(4)),
                    epoch,
                    step=runner.iter + 1,
                    also=[key.split("/")[1]] if key != "train/loss" else [],
                )

    best = 0.0

    def after_val_epoch(self, runner, metrics=None):
        self.best = max(self.best, *metrics.values())
        note("best_acc", self.best, optional=True)
        note("learning_rate", 0.01, optional=True)
        for key, value in metrics.items():
            note(
                f"val/{key}",
                value,
                runner.epoch if BY_EPOCH else None,
                also=["val_top1_acc", "top1_acc", key],
            )


def loader(a, b):
    return DataLoader(TensorDataset(x[a:b], y[a:b]), 32)


torch.manual_seed(0)
train_cfg = (
    {"by_epoch": True, "max_epochs": 3, "val_interval": 1}
    if BY_EPOCH
    else {"by_epoch": False, "max_iters": 24, "val_interval": 8}
)
Runner(
    Net(),
    "out",
    train_dataloader=loader(0, 256),
    val_dataloader=loader(256, 400),
    train_cfg=train_cfg,
    val_cfg={},
    val_evaluator=[Accuracy()],
    optim_wrapper={"optimizer": {"type": "Adam", "lr": 0.01}},
    default_hooks={
        "logger": {"type": "LoggerHook", "interval": 4},
        "checkpoint": {
            "type": "CheckpointHook",
            "interval": 1,
            "by_epoch": BY_EPOCH,
            "save_best": "accuracy/top1",
        },
    },
    custom_hooks=[Noter()],
    log_processor={"by_epoch": BY_EPOCH, "window_size": 4},
).train()
