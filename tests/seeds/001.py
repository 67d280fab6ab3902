"""Data, cleaning, training, metrics, a report and a text message. Run it here: python 001.py [FOLDER]"""

import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

from auto_model_monitor import Monitor, PredictionSource, Renderer
from auto_model_monitor.evaluation import ConfusionMatrix
from auto_model_monitor.settings import read_env_file

DEFAULTS = ["batch_size=128", "num_epochs=10", "learning_rate=0.01", "data_dir=./data", "threshold=0.9"]
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
train, test = train_test_split(pd.read_csv(data), test_size=0.2, shuffle=False)
rate, size, inputs = float(env["learning_rate"]), int(env["batch_size"]), ["debt", "income"]
classifier = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=rate, random_state=0)
for start in [*range(0, len(train), size)] * int(env["num_epochs"]):
    batch = train[start : start + size]
    classifier.partial_fit(batch[inputs], batch["target"], classes=[0, 1])
scores, answers = classifier.predict_proba(test[inputs])[:, 1], classifier.predict(test[inputs])
print(f"Test score：{classifier.score(test[inputs], test['target']):.2f}")
print(f"Confusion matrix：{ConfusionMatrix(Counter(zip(test['target'], answers, strict=True))).table()}")
day = date.today() - timedelta(days=1)  # the day of the predictions: it is judged when it has ended
answers = {"time": str(day), "prediction": answers, "score": scores, "label": test["target"]}
table = pd.DataFrame(answers)
value = {reading.metric: f"{reading.value:.2f}" for reading in PredictionSource(table).read()}
report = " ".join(value[metric] for metric in ("accuracy", "precision", "recall", "f1"))
threshold, notify = float(env["threshold"]), [env["notify"]] if "notify" in env else []
texts = Renderer(language="zh", subject_template=f"{model} 模型出现异常！")
monitor = Monitor(PredictionSource(table), [f"accuracy < {threshold}"], notify, renderer=texts, log_dir=None)
print(f"{model} 监控已启动！\n{model} 监控已启动，阈值为：{threshold:.2f}")
print("| Model | Accuracy | Precision | Recall | F1-score | Loss | Time |")
print(f"| {model} |", report.replace(" ", " | "), f"| {value['log_loss']} | {day} |")
if monitor.check():
    print(f"{model} 监控报警：{report}\n| Model | Alarm |\n| {model} | accuracy |\n{model} 模型出现异常！")
else:
    print(f"{model} 监控报表：{report}\n{model} 模型正常运行！")
monitor.close(60)
print(f"{model} 监控已停止！")
