"""The origin of a message: its project, the watch that sent it, and how to end that watch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from ..core.alerts import Level
from ..core.slurm_job import SlurmJob
from ..i18n import Wording
from ..text.cleaning import for_header, for_name

Tone = Literal["calm", "warning", "critical"]

LONGEST_SUBJECT = 80  # characters; phones show fewer still
MARKS = {"calm": "✅", "warning": "⚠️", "critical": "🚨", "resolved": "↩️"}
_TONES: Mapping[Level, Tone] = {Level.INFO: "calm", Level.WARNING: "warning", Level.CRITICAL: "critical"}
_LONGEST_PROJECT, _LONGEST_HOST = 24, 20  # characters in a subject
_ADDRESS = re.compile(r"[\d.]+")
# Directories that frameworks and people create inside a project: none of them names it.
_WITHIN_A_PROJECT = re.compile(
    r"(?:saved?|best|my|train|training|model|lightning|tb|tensorboard)?[-_]?"
    r"(?:check_?points?|ckpts?|weights?|logs?|runs?|outputs?|out|saves?|models?|results?|exps?|experiments?|"
    r"train|version|trial|seed|fold|run|detect|segment|work_?dirs?|snapshots?|artifacts?|predictions?(?:\.csv|\.parquet|\.jsonl)?|mlruns|wandb|files|"
    r"data\d*|disk\d*|home|mnt|media|root|tmp|nas|scratch|workspace|users|volumes)"
    r"[-_]?\d*|v?\d[\d\-_.:T]*|\.+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a message comes from.

    Attributes:
        watch_dir: the absolute directory that is watched; empty when there is none.
        host: the name of the machine.
        process: the process ID of the watch; 0 when unknown.
        job: the Slurm job that the watch is part of; None outside a job.
    """

    watch_dir: str = ""
    host: str = ""
    process: int = 0
    job: SlurmJob | None = None

    @property
    def project(self) -> str:
        """The last part of the directory that is no usual name such as ``checkpoints`` or ``version_0``."""
        parts = [part for part in PurePath(self.watch_dir).parts if part.strip("/\\") and part[1:] != ":\\"]
        named = (part for part in reversed(parts[-5:]) if not _WITHIN_A_PROJECT.fullmatch(part))
        return next(named, parts[-1] if parts else "")

    @property
    def place(self) -> str:
        """Project and machine, short: ``cifar@gpu3``."""
        host = self.host if _ADDRESS.fullmatch(self.host) else self.host.partition(".")[0]
        short = for_header(self.project, _LONGEST_PROJECT), for_header(host, _LONGEST_HOST)
        return "@".join(filter(None, short))

    def subject(self, mark: str, sentence: str) -> str:
        """Return a subject that begins with what happened and ends with the place."""
        tail = f" · {self.place}" if self.place else ""
        room = LONGEST_SUBJECT - len(mark) - 1 - len(tail)
        return f"{mark} {for_header(sentence, room)}{tail}"

    def facts(self) -> dict[str, str]:
        """Return the same for programs."""
        known = {"watch_dir": for_name(self.watch_dir), "host": for_name(self.host)}
        if self.job is not None:
            known |= {"job_id": for_name(self.job.id), "job_name": for_name(self.job.name)}
            known |= {"node": for_name(self.job.node), "partition": for_name(self.job.partition)}
        return {name: text for name, text in known.items() if text}

    def job_text(self, words: Wording) -> str:
        """Return the job in one line: ``4410872 (bert), node gpu-07, partition a100``; empty outside one."""
        if self.job is None:
            return ""
        name, number = for_name(self.job.name), for_name(self.job.id)
        parts = [words.remarked.format(value=number, remark=name) if name else number]
        for key, place in (("node", self.job.node), ("partition", self.job.partition)):
            if place:
                parts.append(words.placed.format(name=words.labels[key], place=for_name(place)))
        return words.listed.join(parts)

    def footer(self, words: Wording) -> str:
        """Return the lines that name the watch and state how to end it, or to receive less from it."""
        if not self.watch_dir or not self.process:
            return ""
        place = {"directory": for_name(self.watch_dir), "host": for_name(self.host) or "localhost"}
        return words.footer.format(sender=words.sender, process=self.process, **place)


def tone_of(level: Level, *, resolved: bool) -> Tone:
    """Return the tone of a message; an all-clear is calm."""
    return "calm" if resolved else _TONES[level]


def mark_of(level: Level, *, resolved: bool) -> str:
    """Return the sign that a subject begins with."""
    return MARKS["resolved" if resolved else tone_of(level, resolved=False)]


def sender_of(level: Level, words: Wording, *, resolved: bool) -> str:
    """Return what stands above a mail: how urgent it is, or the name of this program."""
    if resolved:
        return words.resolved
    return {Level.WARNING: words.warning, Level.CRITICAL: words.critical}.get(level, words.sender)
