"""Keras 3 on torch: fit with a validation, and evaluate; ``1`` and ``2`` are its verbosities."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"
import keras
from truth import data, note

VERBOSE = int(sys.argv[1])
SEEN = {"split": "train", "epoch": 0}


class Noter(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        SEEN["epoch"] = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        for key, value in (logs or {}).items():
            note(f"train_{key}", value, SEEN["epoch"], optional=True)

    def on_test_batch_end(self, batch, logs=None):
        for key, value in (logs or {}).items():
            note(f"test_{key}", value, optional=True, also=[f"val_{key}"])

    def on_epoch_end(self, epoch, logs=None):
        note("learning_rate", self.model.optimizer.learning_rate, epoch + 1, optional=True)
        for key, value in (logs or {}).items():
            name = key if key.startswith("val_") else f"train_{key}"
            note(name, value, epoch + 1)


keras.utils.set_random_seed(0)
x, y = data()
model = keras.Sequential(
    [keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2, activation="softmax")]
)
model.compile(
    keras.optimizers.Adam(0.02),
    "sparse_categorical_crossentropy",
    metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(1, name="top_1")],
)
noter = Noter()
calls = [
    noter,
    keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True, verbose=1),
    keras.callbacks.ReduceLROnPlateau(patience=1, verbose=1),
]
model.fit(
    x[:256], y[:256], validation_data=(x[256:336], y[256:336]), epochs=4, verbose=VERBOSE, callbacks=calls
)
SEEN["epoch"] = None
result = model.evaluate(x[336:], y[336:], verbose=VERBOSE, return_dict=True)
for key, value in result.items():
    note(f"test_{key}", value, also=[f"val_{key}", f"eval_{key}"])
