"""Lightning: a training, a validation and a test; ``bar``, ``rich``, ``csv`` (no bar, a CSVLogger)."""

import sys
import warnings

import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, RichProgressBar, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from truth import data, note

VARIANT = sys.argv[1]
warnings.filterwarnings("ignore")


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))

    def _step(self, batch):
        x, y = batch
        out = self.net(x)
        return nn.functional.cross_entropy(out, y), (out.argmax(1) == y).float().mean()

    def training_step(self, batch, _):
        loss, acc = self._step(batch)
        self.log("train_loss", loss, prog_bar=True, on_step=True, on_epoch=True)
        self.log("train_acc", acc, prog_bar=True, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        loss, acc = self._step(batch)
        self.log_dict({"val_loss": loss, "val_acc": acc}, prog_bar=True)

    def test_step(self, batch, index):
        loss, acc = self._step(batch)
        self.log_dict({"test_loss": loss, "test_acc": acc})

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 1e-2)


class Noter(L.Callback):
    best = 9.0

    def on_train_batch_end(self, trainer, *_):
        for key in ("train_loss_step",):
            note(key, trainer.callback_metrics[key], trainer.current_epoch, optional=True)

    def on_train_epoch_end(self, trainer, _):
        self.best = min(self.best, float(trainer.callback_metrics["val_loss"]))
        note("best_val_loss", self.best, trainer.current_epoch, optional=True)
        for key, value in trainer.callback_metrics.items():
            if key not in ("train_loss", "train_loss_step"):
                note(
                    key,
                    value,
                    trainer.current_epoch,
                    also=["train_loss"] if key == "train_loss_epoch" else None,
                )

    def on_test_end(self, trainer, _):
        for key, value in trainer.callback_metrics.items():
            note(key, value)


torch.manual_seed(0)
x, y = data()
sets = [
    TensorDataset(torch.tensor(x[a:b]), torch.tensor(y[a:b])) for a, b in ((0, 256), (256, 336), (336, 400))
]
train, val, test = (DataLoader(each, batch_size=32) for each in sets)
bars = {"bar": [TQDMProgressBar(leave=True)], "rich": [RichProgressBar(leave=True)], "csv": []}[VARIANT]
trainer = L.Trainer(
    max_epochs=4,
    accelerator="cpu",
    log_every_n_steps=4,
    enable_progress_bar=VARIANT != "csv",
    enable_model_summary=True,
    logger=CSVLogger("out") if VARIANT == "csv" else False,
    callbacks=[
        ModelCheckpoint(dirpath="out", monitor="val_loss", verbose=True),
        EarlyStopping("val_loss", verbose=True, patience=9),
        Noter(),
        *bars,
    ],
)
net = Net()
trainer.fit(net, train, val)
trainer.test(net, test)
