"""kill -9 at random moments: no alert is lost, and none is repeated that the server acknowledged to us.

KILLS in the environment sets how often, 200 in the full check; the counts are printed with ``-s``.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from smtp_server import SMTPServer

KILLS = int(os.environ.get("KILLS", "8"))
CHECKPOINTS = 500
WATCH = """
import sys
from auto_model_monitor import CustomParser, ModelMonitor, MonitorConfig
config = MonitorConfig(
    sys.argv[1], 0.9, "aaaa@qq.com", auth_code="xxxx", check_interval=0.01, log_dir=sys.argv[2],
    parser=CustomParser(r"loss_([0-9.]+)"),
)
ModelMonitor(config).start_monitoring()
"""


def delivered(database):
    """The ids of the messages whose acceptance is noted on the disk."""
    if not database.exists():
        return set()
    connection = sqlite3.connect(database, timeout=30)
    try:
        sql = "SELECT a.id FROM alerts a JOIN deliveries d ON d.alert = a.number WHERE d.state = 'delivered'"
        return {row[0] for row in connection.execute(sql)}
    except sqlite3.OperationalError:  # killed before it had made its tables
        return set()
    finally:
        connection.close()


def ids(mails):
    return [str(mail.message["X-Auto-Model-Monitor-Alert-Id"]) for mail in mails]


@pytest.mark.campaign
@pytest.mark.timeout(300 + 10 * KILLS)
def test_nothing_is_lost_and_nothing_repeated(tmp_path):
    """Over all kills each alert arrives, and what was noted as accepted never arrives a second time."""
    chance = random.Random(9)
    folder, logs = tmp_path / "ckpts", tmp_path / "logs"
    folder.mkdir()
    database = logs / "outbox.db"
    losses = [f"{0.9 * (1 - n / CHECKPOINTS) * chance.uniform(0.9, 1.1):.6f}" for n in range(CHECKPOINTS)]
    repeated = []
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
        environ = server.environ("smtp.qq.com")

        def start():
            command = [sys.executable, "-c", WATCH, str(folder), str(logs)]
            return subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)

        # A watch is killed somewhere between its start and twice the time to its first mail, on any machine.
        (folder / "first_loss_0.899999.pt").touch()
        begun = time.monotonic()
        watch = start()
        server.wait_for_mails(1, 200)
        span = 2 * (time.monotonic() - begun)
        watch.kill()
        watch.wait()
        for kill in range(KILLS):
            known, before = delivered(database), len(server.mails)
            watch = start()
            share = losses[kill * CHECKPOINTS // KILLS : (kill + 1) * CHECKPOINTS // KILLS]
            life = chance.uniform(0.3, 1) * span
            for n, loss in enumerate(share):
                (folder / f"k{kill}_n{n}_loss_{loss}.pt").touch()
                threading.Event().wait(chance.uniform(0, 2 * life / len(share)))
            watch.kill()
            watch.wait()
            repeated += [i for i in ids(server.mails[before:]) if i in known]
        known, before = delivered(database), len(server.mails)
        watch = start()
        try:
            best = min(map(float, losses))
            server.wait_for(lambda: any(f"loss_{best:.6f}" in m.text for m in server.mails), 200)
        finally:
            watch.terminate()
            watch.wait(100)
        repeated += [i for i in ids(server.mails[before:]) if i in known]
        arrived = ids(server.mails)
    connection = sqlite3.connect(database)
    alerts = [row[0] for row in connection.execute("SELECT id FROM alerts ORDER BY number")]
    lost = set(alerts) - set(arrived)
    again = len(arrived) - len(set(arrived))
    print(
        f"\nkill -9: {KILLS} kills, {CHECKPOINTS} checkpoints, {len(alerts)} alerts, {len(arrived)} mails; "
        f"lost {len(lost)}, repeated {len(repeated)}; "
        f"killed between the server's answer and our note of it, so sent again under the same id: {again}"
    )
    assert len(alerts) >= min(3, 1 + KILLS // 8)  # few kills on a busy machine leave little time for more
    assert not lost
    assert not repeated
    assert again <= KILLS
