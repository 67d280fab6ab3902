"""A model in production for thirty days: it goes bad on day 20, and the right answers come three days late.

Run it from this folder:  python production_test.py
It needs no settings, no account and no network (but the extra: pip install "auto-model-monitor[production]").
The mails are files in `production_test_mails`.
"""

import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from auto_model_monitor import MailboxNotifier, Monitor, PredictionSource, Renderer, SimulatedClock

LATE = 3  # days until an answer is known
BAD = range(20, 26)  # days on which a new scanner measures lengths in half

x, y = load_breast_cancer(return_X_y=True)
chance = random.Random(7)
order = chance.sample(range(len(y)), len(y))
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x[order[:269]], y[order[:269]])

first = datetime(2026, 11, 1, tzinfo=timezone.utc)
clock = SimulatedClock(first)  # your own monitor runs without one, on the clock of the machine
with TemporaryDirectory() as folder:
    source = PredictionSource(folder, window="1d", timezone="UTC", late="7d", clock=clock)
    mailbox = MailboxNotifier("production_test_mails")
    rules = ["accuracy < 90%", "stalled 2d"]
    with Monitor(
        source, rules, [mailbox], renderer=Renderer(language="en"), clock=clock, log_dir=None
    ) as monitor:
        known = []
        for day in range(1, 31):
            predictions, labels = [], []
            for number in range(150):
                patient = chance.choice(order[269:])
                row = x[patient] * (0.5 if day in BAD else 1.0)
                name, time = f"{day}-{number}", first + timedelta(days=day - 1, minutes=9 * number)
                score = model.predict_proba([row])[0, 1]
                predictions.append(
                    {"id": name, "time": time.isoformat(), "prediction": int(score > 0.5), "score": score}
                )
                labels.append({"id": name, "label": int(y[patient])})
            known.append(labels)
            Path(folder, f"predictions-{day}.jsonl").write_text(
                "\n".join(map(json.dumps, predictions)) + "\n"
            )
            if day > LATE:
                Path(folder, f"labels-{day}.jsonl").write_text(
                    "\n".join(map(json.dumps, known[day - LATE - 1])) + "\n"
                )
            clock.advance(86_400)
            for alert in monitor.check():
                print(
                    f"day {day}: {'resolved' if alert.resolved else 'alert'}: {alert.rule}, {alert.reading.value:.1%}"
                )
