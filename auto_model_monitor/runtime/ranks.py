"""Which of a distributed training's processes this one is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

# The environment variables with a process's rank; the first that is set decides. Global ranks come before
# local ones, and what launches the processes before what launches the launcher: below ``sbatch`` a process of
# ``mpirun`` inherits the SLURM_PROCID of the script.
_RANKS = (
    "RANK",  # torchrun, DeepSpeed, Accelerate
    "PADDLE_TRAINER_ID",
    "RANK_ID",  # Ascend: MindSpore and PyTorch's NPU
    "HOROVOD_RANK",
    "OMPI_COMM_WORLD_RANK",  # Open MPI
    "MV2_COMM_WORLD_RANK",  # MVAPICH
    "PMIX_RANK",  # any launcher with PMIx
    "PMI_RANK",  # MPICH, Intel MPI
    "PMI_ID",
    "MP_CHILD",  # IBM's POE
    "PALS_RANKID",  # HPE
    "ALPS_APP_PE",  # Cray
    "JSM_NAMESPACE_RANK",  # IBM's jsrun
    "FLUX_TASK_RANK",
    "SLURM_PROCID",
)
_LOCAL_RANKS = (
    "LOCAL_RANK",
    "PADDLE_RANK_IN_NODE",
    "HOROVOD_LOCAL_RANK",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "MV2_COMM_WORLD_LOCAL_RANK",
    "MPI_LOCALRANKID",
    "SLURM_LOCALID",
)


def rank_of(environment: Mapping[str, str] | None = None) -> int | None:
    """Return this process's rank, None where no launcher has given it one."""
    found = os.environ if environment is None else environment
    rank = _first(found, _RANKS)
    if rank is not None:
        return rank
    local, node = _first(found, _LOCAL_RANKS), _first(found, ("NODE_RANK",))
    if local is None and not node:
        return _rank_of_tensorflow(found.get("TF_CONFIG", ""))
    return max(local or 0, node or 0)  # 0 for the first process of the first node alone


def _first(found: Mapping[str, str], names: Iterable[str]) -> int | None:
    ranks = (found.get(name, "").strip() for name in names)
    return next((int(rank) for rank in ranks if rank.isascii() and rank.isdigit() and len(rank) < 10), None)


def is_rank_zero(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether this process has rank 0, and so reports for a distributed training."""
    return not rank_of(environment)


def _rank_of_tensorflow(text: str) -> int | None:
    """Return the rank by ``TF_CONFIG``: the chief is the first, else worker 0."""
    import json  # slow to import, and few have this variable

    try:
        config = json.loads(text)
        kind, index = config["task"]["type"], int(config["task"]["index"])
        has_chief = any(name in config.get("cluster", {}) for name in ("chief", "master"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if kind in ("chief", "master"):
        return index
    return index + 1 if has_chief or kind != "worker" else index
