"""Hugging Face's Trainer on a tiny model of one's own; ``bar`` as it is, ``plain`` without its bar."""

import sys

import numpy as np
import torch
from torch import nn
from transformers import Trainer, TrainerCallback, TrainingArguments
from truth import data, note

PLAIN = sys.argv[1] == "plain"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, x=None, labels=None):
        logits = self.net(x)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class Noter(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **_):
        logs = dict(logs or {})
        epoch = int(np.ceil(logs.pop("epoch", 0)))
        total = "train_runtime" in logs
        for key, value in logs.items():
            if any(word in key for word in ("runtime", "per_second", "flos")):
                continue
            name = {"loss": "train_loss", "learning_rate": key}.get(key, key)
            if total:
                name, epoch = "mean_train_loss", None
            note(name, value, epoch, optional=total or key in ("learning_rate", "grad_norm"))


def measured(result):
    found = result.predictions.argmax(1)
    hits = (found == 1) & (result.label_ids == 1)
    return {
        "accuracy": (found == result.label_ids).mean(),
        "recall": hits.sum() / max(1, (result.label_ids == 1).sum()),
    }


torch.manual_seed(0)
x, y = data()
rows = [{"x": torch.tensor(a), "labels": int(b)} for a, b in zip(x, y, strict=True)]
args = TrainingArguments(
    "out",
    num_train_epochs=4,
    per_device_train_batch_size=32,
    eval_strategy="epoch",
    logging_steps=4,
    save_strategy="epoch",
    disable_tqdm=PLAIN,
    learning_rate=1e-2,
    report_to=[],
    use_cpu=True,
)
trainer = Trainer(
    Net(),
    args,
    train_dataset=rows[:256],
    eval_dataset=rows[256:],
    compute_metrics=measured,
    callbacks=[Noter()],
)
trainer.train()
