"""A model in production for thirty days: it goes bad on day 20, and the right answers come three days late.

Run it from this folder:  python production_test.py
It needs no settings, no account and no network (but  pip install "auto-model-monitor[production]").
The mails are files in `production_test_mails`.
"""

import random
import tempfile
from datetime import datetime, timezone

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from auto_model_monitor import MailboxNotifier, Monitor, PredictionLog, PredictionSource, SimulatedClock

BAD_DAYS = range(20, 26)  # a new scanner measures everything in half
LATE = 3  # days until the right answers are known
PATIENTS = 120  # a day

x, y = load_breast_cancer(return_X_y=True)
chance = random.Random(7)
order = chance.sample(range(len(y)), len(y))
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x[order[:269]], y[order[:269]])

clock = SimulatedClock(datetime(2026, 11, 1, tzinfo=timezone.utc))  # leave it out, and days take days
folder = tempfile.mkdtemp()
log = PredictionLog(folder, model="diagnosis", clock=clock)  # in the program that serves the model
source = PredictionSource(folder, window="1d", timezone=timezone.utc, late="7d", clock=clock)
mailbox = MailboxNotifier("production_test_mails")
rules = ["accuracy < 90%", "stalled 2d"]
monitor = Monitor(source, rules, [mailbox], clock=clock, log_dir=None)
labels = []
for day in range(1, 31):
    for patient in chance.choices(order[269:], k=PATIENTS):
        clock.advance(86_400 / PATIENTS)
        with log.prediction(features={"radius": x[patient][0]}) as row:
            row.score = model.predict_proba([x[patient] * (0.5 if day in BAD_DAYS else 1.0)])[0, 1]
            row.prediction = int(row.score > 0.5)
        labels.append((row.id, y[patient]))
    for name, label in labels[(day - LATE - 1) * PATIENTS : (day - LATE) * PATIENTS] if day > LATE else []:
        log.label(id=name, label=label)
    log.close()
    for alert in monitor.check():
        state = "over" if alert.resolved else "alert"
        print(f"day {day}: {state}: {alert.rule} on {alert.reading.name}, {alert.reading.value:.1%}")
monitor.close(10)
