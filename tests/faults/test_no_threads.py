"""Where the system allows no further thread: the training runs, its error is seen, the alert is sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import auto_model_monitor

ROOT = Path(auto_model_monitor.__file__).parents[1]
NOBODY = 65534
HEAD = f"""\
import os, sys, logging, resource, threading
from auto_model_monitor import *
from auto_model_monitor.notifiers import MailboxNotifier
class Recorder:
    name = "recorder"
    def send(self, message): print("SENT", message.subject, flush=True)
config = MonitorConfig("ckpts", 0.5, log_dir="logs", check_interval=0.1, language="en")
os.mkdir("ckpts")
def found(): open("ckpts/val_loss_0.3.pt", "w").close()
if os.getuid() == 0:  # whom the limit does not bind; it becomes somebody who may still read every file
    import ctypes
    libc, both = ctypes.CDLL(None), 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc.prctl(8, 1, 0, 0, 0)  # PR_SET_KEEPCAPS
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
    libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(both, both, 0, 0, 0, 0))
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    threading.Thread(target=print).start()
except RuntimeError: pass
else: print("THREADS ARE ALLOWED")
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_NPROC of Linux")

MONITOR = "monitor = ModelMonitor(config, notifiers=[Recorder()])\n"
WATCHES = {
    "a watch": MONITOR + "with monitor:\n    found()\n",
    "start and stop": MONITOR + "monitor.start()\nfound()\nmonitor.stop()\n",
    "until the exit": MONITOR + "monitor.start()\nfound()\n",
    "a check by hand": MONITOR + "found()\nmonitor.check()\nmonitor.stop()\n",
    "a group": "with WatchGroup([ModelMonitor(config, notifiers=[Recorder()])]):\n    found()\n",
    "a training": "with notify_when_done(config, notifiers=[Recorder()]):\n    found()\n",
    "a decorated training": "@notify_when_done(config, notifiers=[Recorder()])\n"
    "def train(): found()\ntrain()\n",
}


def outcome_of(body):
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    try:
        (folder / "train.py").write_text(HEAD + body + 'print("TRAINED")\n', encoding="utf-8")
        (folder / "train.py").chmod(0o644)
        return subprocess.run(
            [sys.executable, "train.py"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=200,
            check=False,
        )
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("body", WATCHES.values(), ids=WATCHES)
def test_without_threads_the_alert_is_sent_from_the_main_thread(body):
    """Nothing is raised into the training, and what it finds is sent at the end."""
    ended = outcome_of(body)
    if "THREADS ARE ALLOWED" in ended.stdout:
        pytest.skip("this system does not apply RLIMIT_NPROC")
    assert ended.returncode == 0, ended.stderr
    assert "TRAINED" in ended.stdout
    assert ended.stdout.count("SENT") == 1, ended.stderr


@pytest.mark.parametrize("body", [body for name, body in WATCHES.items() if "found()\n" in body])
def test_without_threads_the_own_error_is_seen(body):
    """The training's own error leaves it, and no other."""
    ended = outcome_of(body.replace("found()\n", "found(); raise ValueError('my own')\n", 1))
    assert ended.returncode == 1
    assert ended.stderr.rstrip().endswith("ValueError: my own"), ended.stderr
    assert "cannot join" not in ended.stderr
