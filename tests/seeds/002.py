"""Store a model's metrics in a database every midnight, and warn when its accuracy is below 90 %.

Run it here:  python 002.py [URL ACCURACY …]    such as mysql+pymysql://user:password@host/db 0.95 0.85 lost
"""

import sys
from datetime import datetime, timedelta, timezone
from threading import Event

from auto_model_monitor import (
    Cron,
    MailboxNotifier,
    Monitor,
    Renderer,
    SimulatedClock,
    SQLSource,
    performance_data,
)

url, *days = sys.argv[1:] or ["sqlite:///model_monitor.db", "0.95", "lost", "0.95", "0.95"]
zone = timezone(timedelta(hours=8))
clock = SimulatedClock(datetime(2026, 11, 27, 12, tzinfo=zone))  # leave it out, and it runs by the real one
stop = Event()


class DailyJob:
    """Stores the metrics of a day, and reads what is new in the table."""

    name = "performance_data"

    def __init__(self):
        self.table = SQLSource(url, table="performance_data", model="model_name", cursor="id")

    def read(self):
        print(f"{clock.now().astimezone(zone):%Y-%m-%d %H:%M}", accuracy := days.pop(0))
        if not days:
            stop.set()
        others = {"recall": 0.90, "precision": 0.92, "f1": 0.91, "auc": 0.98}
        performance_data.insert(url, model_name="model_1", accuracy=float(accuracy), **others)
        return self.table.read()


def show(_, alerts):
    for alert in alerts:
        print(texts.render(alert).text.splitlines()[0])


texts = Renderer(language="zh")
Monitor(
    DailyJob(),
    ["accuracy < 90%"],
    [MailboxNotifier("mailbox")],
    renderer=texts,
    schedule=Cron("0 0 * * *", "Asia/Shanghai"),
    log_dir=None,
    clock=clock,
    listeners=[show],
).run(stop)
for row in performance_data.rows(url):
    print(*(row[name] for name in ("model_name", "accuracy", "recall", "precision", "f1", "auc")))
