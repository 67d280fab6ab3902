"""The command ``run`` under a real Slurm of one machine: needs root, and Debian's slurm-wlm and munge."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path

import pytest
from programs import PROGRAM

from tests.servers.running_servers import free_port
from tests.waiting import until

pytestmark = pytest.mark.servers

_PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sbatch", "scancel")
_CONFIG = """\
ClusterName=test
SlurmctldHost=localhost
AuthType=auth/munge
AuthInfo=socket={place}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=debug Nodes=n1 Default=YES MaxTime=INFINITE State=UP
"""
# Runs until it is told that its time is nearly over.
TRAINS = """
import signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: sys.exit("saved"))
print("Epoch 1 - val_loss: 0.5", flush=True)
time.sleep(200)
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Slurm with one node of two tasks; the folder of the jobs."""
    missing = [name for name in _PROGRAMS if shutil.which(name, path=_path()) is None]
    if missing or os.getuid() != 0:
        pytest.skip(f"a real Slurm needs root and {', '.join(missing) or 'its programs'}")
    for name in ("state", "spool", "jobs"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", _path())
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "slurm.conf"))
    monkeypatch.chdir(tmp_path / "jobs")
    ports = [free_port(), free_port()]
    (tmp_path / "slurm.conf").write_text(_CONFIG.format(place=tmp_path, ports=ports))
    key = tmp_path / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    socket = tmp_path / "munge.socket"
    munge = ["munged", "-F", "--force", f"--key-file={key}", f"--socket={socket}"]
    munge += [f"--{name}-file={tmp_path / name}" for name in ("pid", "seed")]
    daemons = [subprocess.Popen(munge, stderr=subprocess.DEVNULL)]
    try:
        until(socket.exists)
        for command in (["slurmctld", "-D"], ["slurmd", "-D", "-N", "n1"]):
            output = (tmp_path / f"{command[0]}.log").open("wb")
            daemons.append(subprocess.Popen(command, stdout=output, stderr=output))
        until(lambda: "idle" in _output("sinfo", "-h", "-o", "%t"))
        yield tmp_path / "jobs"
        until(lambda: not _output("squeue", "-h"))  # else a process of Slurm's waits for the controller
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(60)


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _output(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60).stdout


def mails() -> list[Message]:
    files = sorted(Path("monitor_logs/mailbox").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def test_two_tasks_of_srun_send_one_message_that_names_the_job(slurm: Path):
    """``srun -n2 auto-model-monitor run`` keeps the output of both tasks, and sends one message."""
    command = [*PROGRAM, "run", "--language", "en", "--", "echo", "Epoch 1 - val_loss: 0.5"]
    shown = _output("srun", "-n2", "-J", "two", *command)
    assert shown.count("val_loss") == 2
    (mail,) = mails()
    assert "Slurm job: 1 (two), node n1, partition debug" in mail.as_bytes().decode()


def test_the_signal_of_a_batch_job_is_passed_on_and_reported(slurm: Path):
    """What ``--signal=B:USR1@300`` sends to the script's own process ends the training, and is a message."""
    Path("train.py").write_text(TRAINS)
    command = " ".join([*PROGRAM, "run", "--language", "en", "--", sys.executable, "train.py"])
    Path("job.sh").write_text(f"#!/bin/bash\nexec {command}\n")
    _output("sbatch", "-J", "batch", "-o", "batch.out", "job.sh")
    until(lambda: "val_loss" in Path("batch.out").read_text() if Path("batch.out").exists() else False)
    _output("scancel", "--signal=USR1", "--batch", "1")
    until(lambda: len(mails()) == 2)
    assert "saved" in Path("batch.out").read_text()
    subjects = " ".join(mail["Subject"] for mail in mails())
    assert "train.py is about to reach its time limit" in subjects
    assert "train.py failed" in subjects
