"""The code blocks of the READMEs and the guides, and a project in which each of them runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from robot_server import RobotServer, reply
from smtp_server import SMTPServer

import auto_model_monitor

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = Path(auto_model_monitor.__file__).parent
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
TOPICS = ("settings", "names", "rules", "mails", "logs", "guarantees", "performance", "production", "run")
GUIDES = tuple((PACKAGE / f"docs/{topic}.en.md", PACKAGE / f"docs/{topic}.zh.md") for topic in TOPICS)
ENGLISH = (READMES[0], *(english for english, _ in GUIDES))


@dataclass(frozen=True)
class Block:
    """A code block, and where it stands."""

    path: Path
    number: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.path.name}-{self.number}"


def blocks_of(path: Path, *languages: str) -> list[Block]:
    """Return the blocks of a page, of all languages or of some."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    blocks = [Block(path, number, language, code) for number, (language, code) in enumerate(found)]
    return [block for block in blocks if not languages or block.language in languages]


def same_code(english: list[Block], chinese: list[Block]) -> bool:
    """Return whether blocks differ in comments, texts in Chinese, and the language of mails alone."""
    pairs = [list(map(_bare, pair)) for pair in zip(english, chinese, strict=True)]
    return all([*map(_without_texts, *pair)] == [*map(_without_texts, *reversed(pair))] for pair in pairs)


def _bare(block: Block) -> list[str]:
    code = re.sub(r'(, language="en"| --language en|^ *language ?= ?"en",?$)', "", block.code, flags=re.M)
    return [line for line in (re.sub(r"\s*#.*", "", line).rstrip() for line in code.splitlines()) if line]


def _without_texts(line: str, other: str) -> str:
    return line if line == other else re.sub(r'"[^"]*"', '"…"', line)


def commands_in(block: Block) -> list[str]:
    """Return the command lines of a block, those that a backslash continues joined."""
    return block.code.replace("\\\n", " ").strip().splitlines()


class Result(NamedTuple):
    """What a program printed, and its exit status."""

    status: int
    output: str
    errors: str


class Project:
    """A folder as a user has it, in which mails, webhooks and package installations lead nowhere else.

    Attributes:
        folder: where programs run.
        server: the mail server that stands for smtp.qq.com.
    """

    def __init__(self, folder: Path, server: SMTPServer, robot: RobotServer) -> None:
        self.folder, self.server, self._robot = folder, server, robot
        self.environ = server.environ("smtp.qq.com")
        self.environ |= {
            "HOME": str(folder),
            "LANGUAGE": "en",
            "AUTO_MODEL_MONITOR_AUTH_CODE": "xxxx",
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([self.environ["PYTHONPATH"], str(TESTS / "framework_stubs")]),
        }
        _write_samples(folder)
        (folder / "urls.txt").write_text(f"json://127.0.0.1:{robot.port}/hook\n")
        (folder / "urls.txt").chmod(0o600)

    def run_python(self, code: str) -> Result:
        """Run a script; one that watches until Ctrl-C gets it once a message has arrived."""
        (self.folder / "script.py").write_text(code, encoding="utf-8")
        return self._run([sys.executable, "script.py"], endless="start_monitoring()" in code)

    def run_command(self, command: str) -> Result:
        """Run a command line; one that runs until Ctrl-C gets it once it has done its work."""
        endless = re.search(r"auto-model-monitor (watch|serve|logs (?!-))", command) is not None
        return self._run(["bash", "-c", f"set -o pipefail; {command}"], endless=endless)

    def _run(self, arguments: list[str], *, endless: bool) -> Result:
        before = self._messages()
        out, err = self.folder / "stdout.txt", self.folder / "stderr.txt"
        with out.open("w") as stdout, err.open("w") as stderr:
            process = subprocess.Popen(
                arguments,
                cwd=self.folder,
                env=self.environ,
                stdout=stdout,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            for _ in range(600):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.05 if endless else 60)
                    break
                if self._messages() > before or "\nCtrl-C " in out.read_text():
                    os.killpg(process.pid, signal.SIGINT)
                    break
            status = process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return Result(status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def _messages(self) -> int:
        files = len(list(self.folder.glob("monitor_logs/mailbox/*.eml")))
        return len(self.server.mails) + len(self._robot.requests) + files


@contextmanager
def project(folder: Path) -> Iterator[Project]:
    """Make a project in an empty folder, and its servers for as long as the block runs."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server, RobotServer(lambda _: reply({})) as robot:
        yield Project(folder, server, robot)


def _write_samples(folder: Path) -> None:
    shutil.copytree(TESTS / "quicktest", folder / "quicktest")
    shutil.copytree(TESTS / "quicktest/logs", folder / "checkpoints")
    for run in ("runs/a", "runs/b"):
        shutil.copytree(TESTS / "quicktest/logs", folder / run)
    evaluation = {"epoch": 1.0, "step": 500, "eval_loss": 0.35}
    state = {"epoch": 1.0, "global_step": 500, "log_history": [evaluation]}
    _write(folder / "output/checkpoint-500/trainer_state.json", json.dumps(state))
    _write(folder / "runs/detect/train/results.csv", "epoch,time,metrics/mAP50-95(B)\n1,10.1,0.52\n")
    _write(folder / "predictions.csv", "id,time,prediction,sex\n1,2026-11-27T08:00:00+08:00,1,f\n")
    _write(folder / "labels.csv", "id,label\n1,1\n")
    _write(folder / "train.log", "Epoch 1/3 - val_acc=91.9\n")
    _write(folder / "train.py", "print('Epoch 1/3 - val_acc=91.9')\n")
    for name, script in {
        "auto-model-monitor": f'exec {shlex.quote(sys.executable)} -m auto_model_monitor "$@"',
        "python": f'case "$*" in -m*|tests/*) exit 0;; esac; exec {shlex.quote(sys.executable)} "$@"',
        "pip": "exit 0",
        "git": 'mkdir "$(basename "$2")"',
    }.items():
        _write(folder / "bin" / name, f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o755)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
