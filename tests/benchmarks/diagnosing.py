"""How often a diagnosis finds why a training ended, and how fast, beside GPUAlert's detector.

    python tests/benchmarks/diagnosing.py [--json] [--misses] [--folder DIR]

Scores the labelled logs of ``tests/diagnosis/corpus``. The rules are not fitted, so that leaving a framework
out means testing on its logs alone: their macro-F1 is given for each framework with several causes. GPUAlert
knows 15 classes; an answer counts as right for each cause that its class comprises, and success is decided by
the exit status, as its command does. It is measured where ``gpualert`` is installed. The bars: macro-F1 0.95,
no false alarm, 50 ms for 1 MB.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[2]))

from auto_model_monitor.diagnosis import diagnose
from tests.diagnosis.corpus_logs import CORPUS, LabelledLog, corpus
from tests.diagnosis.diagnosis_score import SUCCESS, Answer, Outcome, f1_of, outcomes, score

MACRO_F1, MILLISECONDS = 0.95, 50.0
_ROUNDS = 5
_FEWEST = 3  # causes of a framework that is left out
_CLASSES = {
    "GPU out-of-memory": ("gpu_oom",),
    "NCCL communication error": ("comm_timeout", "comm_failure"),
    "CUDA runtime error": ("gpu_kernel", "label_range", "gpu_hardware", "gpu_env"),
    "System out-of-memory": ("host_oom",),
    "Segmentation fault": ("native_crash",),
    "File not found": ("file_not_found",),
    "Permission denied": ("permission",),
    "Missing Python module": ("missing_module", "version_conflict"),
    "Division by zero": ("code_error",),
    "Tensor device mismatch": ("device_mismatch",),
    "NaN detected": ("nan",),
    "Process killed by OS": ("killed", "host_oom"),
    "Assertion failed": ("code_error",),
    "Python RuntimeError": (
        *("code_error", "shape_mismatch", "dtype_mismatch", "multiprocessing"),
        *("checkpoint_corrupt", "checkpoint_mismatch"),
    ),
    "Python exception": ("code_error", "bad_data"),
    "Process exited": ("unknown",),
}


def ours(log: LabelledLog) -> Answer:
    """Return this package's answer."""
    found = diagnose(log.text, log.exit_code, language="en")
    return Answer(found.cause, found.evidence, found.frame, found.rank)


def gpualert(log: LabelledLog) -> Answer:
    """Return GPUAlert's answer, which has no line, place or rank."""
    from gpualert.parse_errors import parse_errors  # type: ignore[import-not-found]

    if log.exit_code == 0:
        return Answer(SUCCESS)
    label = parse_errors("", log.text, log.exit_code)
    causes = next((causes for name, causes in _CLASSES.items() if label.startswith(name)), (SUCCESS,))
    return Answer(log.cause if log.cause in causes else causes[0])


def without_a_framework(found: list[Outcome]) -> dict[str, float]:
    """Return the macro-F1 of each framework's own logs."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in found:
        groups[outcome.log.framework].append(outcome)
    return {
        name: fmean(f1_of(group).values())
        for name, group in sorted(groups.items())
        if len({outcome.log.cause for outcome in group}) >= _FEWEST
    }


def milliseconds_for_a_megabyte(log: LabelledLog) -> float:
    """Return the processor time for a log of 1 MB that ends as ``log`` does."""
    line = "[2025-03-11 21:09:02] epoch 1/100 step {} train_loss=1.8842 val_loss=1.6021 errors=0\n"
    lines = "".join(line.format(step) for step in range(1_000_000 // len(line)))
    text = lines + log.text
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        diagnose(text, log.exit_code, language="en")
        best = min(best, time.process_time() - began)
    return best * 1000


def main() -> int:
    """Score, print, and fail below the bars."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, default=CORPUS, help="labelled logs")
    options.add_argument("--json", action="store_true", help="for programs")
    options.add_argument("--misses", action="store_true", help="list every miss")
    given = options.parse_args()
    logs = list(corpus(given.folder))
    contenders: dict[str, Callable[[LabelledLog], Answer]] = {"auto-model-monitor": ours}
    if find_spec("gpualert") is not None:
        contenders["gpualert"] = gpualert
    found = {name: outcomes(logs, answer) for name, answer in contenders.items()}
    scores = {name: score(answers) for name, answers in found.items()}
    frameworks = without_a_framework(found["auto-model-monitor"])
    slowest = max(
        milliseconds_for_a_megabyte(next(log for log in logs if log.cause == cause))
        for cause in ("gpu_oom", "unknown", SUCCESS)
        if any(log.cause == cause for log in logs)
    )
    if given.json:
        rows: dict[str, object] = {name: asdict(each) for name, each in scores.items()}
        print(json.dumps({**rows, "left_out": frameworks, "milliseconds": slowest}, indent=1))
    else:
        print(f"{'':20} {'logs':>5} {'macro-F1':>9} {'evidence':>9} {'place':>6} {'rank':>6} {'alarms':>7}")
        for name, each in scores.items():
            print(
                f"{name:20} {each.logs:5} {each.macro_f1:9.3f} {each.evidence:9.3f} {each.frames:6.2f} "
                f"{each.ranks:6.2f} {len(each.false_alarms):7}"
            )
        print("\nmacro-F1 of a framework that is left out:")
        print(", ".join(f"{name} {value:.2f}" for name, value in frameworks.items()))
        print(f"mean {fmean(frameworks.values()):.3f}; 1 MB takes {slowest:.1f} ms")
        print(*(scores["auto-model-monitor"].wrong if given.misses else ()), sep="\n")
    own = scores["auto-model-monitor"]
    return int(own.macro_f1 < MACRO_F1 or bool(own.false_alarms) or slowest > MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
