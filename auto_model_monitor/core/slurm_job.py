"""The Slurm job that this process is part of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmJob:
    """What Slurm gives the processes of a job to know about it; a text is empty where it is not known.

    Attributes:
        id: the job's number.
        name: the job's name.
        node: the node that this process runs on.
        partition: the partition that it runs in.
        ends: when its time limit ends it, in seconds since 1970 UTC; None where that is not known.
    """

    id: str
    name: str = ""
    node: str = ""
    partition: str = ""
    ends: float | None = None


def slurm_job(environment: Mapping[str, str] | None = None) -> SlurmJob | None:
    """Return the Slurm job of this process; None outside a job."""
    found = os.environ if environment is None else environment
    number = found.get("SLURM_JOB_ID", "").strip()
    if not number:
        return None
    end = found.get("SLURM_JOB_END_TIME", "").strip()
    return SlurmJob(
        id=number,
        name=found.get("SLURM_JOB_NAME", "").strip(),
        node=found.get("SLURMD_NODENAME", "").strip(),
        partition=found.get("SLURM_JOB_PARTITION", "").strip(),
        ends=float(end) if end.isascii() and end.isdigit() else None,
    )
