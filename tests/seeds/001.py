"""Collect, clean, store, train, measure, report and alarm: one model, from its data to a text message.

Run it from this folder:  python 001.py    (or with a folder:  python 001.py ./data)
"""

import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

from auto_model_monitor import Monitor, PredictionSource
from auto_model_monitor.evaluation import ConfusionMatrix
from auto_model_monitor.settings import read_env_file

DEFAULTS = "batch_size=128 num_epochs=10 learning_rate=0.01 data_dir=./data threshold=0.9".split()
env = dict(setting.split("=") for setting in DEFAULTS)
model, folder = "model_name", Path(sys.argv[1] if len(sys.argv) > 1 else env["data_dir"])
data, env_file = folder / f"{model}.csv", folder / f"{model}.env"


def store(path, text):
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(path)  # a reader finds the former file or the new one, never half of one


if not env_file.exists():
    store(env_file, "\n".join(DEFAULTS))
env |= read_env_file(env_file)
rows = pd.read_csv(folder / f"{model}.raw.csv", dtype=str).apply(lambda column: column.str.strip())
clean = rows.drop_duplicates().apply(pd.to_numeric, errors="coerce").dropna()
print(f"{model} 清洗：{len(rows)} 行，重复 {rows.duplicated().sum()}，保留 {len(clean)}")
store(data, clean.to_csv(index=False))

table = pd.read_csv(data)
x, x_test, y, y_test = train_test_split(
    table[["debt", "income"]], table["target"], test_size=0.2, shuffle=False
)
rate, size = float(env["learning_rate"]), int(env["batch_size"])
classifier = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=rate, random_state=0)
for start in [*range(0, len(x), size)] * int(env["num_epochs"]):
    classifier.partial_fit(x[start : start + size], y[start : start + size], classes=[0, 1])
scores, answers = classifier.predict_proba(x_test)[:, 1], classifier.predict(x_test)
print(f"Test score：{classifier.score(x_test, y_test):.2f}")
print(f"Confusion matrix：{ConfusionMatrix(Counter(zip(y_test, answers, strict=True))).table()}")

threshold, channels = float(env["threshold"]), [env["notify"]] if "notify" in env else []
source = PredictionSource(pd.DataFrame({"score": scores, "prediction": answers, "label": y_test}))
value = {reading.metric: f"{reading.value:.2f}" for reading in source.read()}
report = " ".join(value[metric] for metric in ("accuracy", "precision", "recall", "f1"))
monitor = Monitor(source, [f"accuracy < {threshold}"], channels, log_dir=None)
print(f"{model} 监控已启动！\n{model} 监控已启动，阈值为：{threshold:.2f}")
print("| Model | Accuracy | Precision | Recall | F1-score | Loss | Time |")
print(f"| {model} |", report.replace(" ", " | "), f"| {value['log_loss']} | {datetime.now():%Y-%m-%d} |")
if monitor.check():
    print(f"{model} 监控报警：{report}\n| Model | Alarm |\n| {model} | accuracy |\n{model} 模型出现异常！")
else:
    print(f"{model} 监控报表：{report}\n{model} 模型正常运行！")
monitor.close(60)
print(f"{model} 监控已停止！")
