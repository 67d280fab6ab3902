"""Train a model, compare its accuracy in production with that in training, and mail when it is below 90 %.

Run it from this folder:  python 003.py    (or with the folder of train.csv and production.csv)
"""

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

from sklearn.linear_model import LogisticRegression

from auto_model_monitor import EmailNotifier, Monitor, PredictionSource, Renderer

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "data")
threshold = 0.9
day = date.today() - timedelta(days=1)  # of the predictions: a day is judged when it has ended


def load(name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [[float(row["debt"]), float(row["income"])] for row in rows], [int(row["target"]) for row in rows]


def accuracy(name, model):
    """Write the model's predictions beside the right answers, and return the source that measures them."""
    x, y = load(name)
    path = folder / f"{name}.predictions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["time", "prediction", "target"], *zip([day] * len(y), model.predict(x), y, strict=True)]
        )
    source = PredictionSource(path, label="target")
    (reading,) = (reading for reading in source.read() if reading.metric == "accuracy")
    print(f"{name} accuracy: {reading.value:.2f}")
    return source


model = LogisticRegression().fit(*load("train"))
accuracy("train", model)
accuracy("production", model)

mail = EmailNotifier("aaaa@qq.com", "aaaa@qq.com", "xxxx")  # TODO: your mailbox and its authorisation code
texts = Renderer(
    subject_template="Model Performance Degradation Alert",
    content_template="Production accuracy dropped to {score:.2f}.",
)
source = PredictionSource(folder / "production.predictions.csv", label="target")
monitor = Monitor(source, [f"accuracy < {threshold}"], [mail], renderer=texts, log_dir=None)
alerts = monitor.check()
monitor.close(60)
print(f"alerts: {len(alerts)}")
