"""How much of what frameworks print is read, and how much of what is read is true.

    python tests/benchmarks/reading.py [--json] [--misses] [--only NAME]
    python tests/benchmarks/reading.py --install DIR [--only NAME] [--record]

Without ``--install`` the recorded corpora are replayed. With it, the frameworks are installed into
environments under DIR, each trains a small model for a few seconds, and a callback of its own writes the
truth beside its log; ``--record`` makes these logs the corpora. The bars: recall 98 %, precision 99.5 %, no
wrong epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.log_parser.reading_score import CORPORA, Score, recorded, score

RUNS = Path(__file__).parent / "reading_runs"
RECALL, PRECISION = 0.98, 0.995
_LIMIT = 300  # seconds of one run
_MOST_BYTES = 60_000  # of a log that is recorded


class Framework(NamedTuple):
    """What to install, and which script to run in which variants."""

    packages: str
    script: str
    variants: tuple[str, ...]


_TORCH = "torch numpy"
FRAMEWORKS = {
    "lightgbm": Framework(
        "lightgbm==4.7.0 scikit-learn", "boosting", ("lightgbm", "lightgbm_named", "lightgbm_cv")
    ),
    "xgboost": Framework("xgboost==3.2.0 scikit-learn", "boosting", ("xgboost", "xgboost_sklearn")),
    "catboost": Framework("catboost==1.2.10", "boosting", ("catboost", "catboost_auc", "catboost_two")),
    "sklearn": Framework("scikit-learn==1.9.1", "sklearn", ("mlp", "grid", "gbm", "sgd")),
    "keras": Framework(f"{_TORCH} keras==3.15.1", "keras", ("1", "2")),
    "lightning": Framework(f"{_TORCH} lightning==2.6.6 rich", "lightning", ("bar", "rich", "csv")),
    "transformers": Framework(
        f"{_TORCH} transformers==4.57.6 accelerate==1.15.0", "transformers", ("bar", "plain")
    ),
    "ignite": Framework(f"{_TORCH} pytorch-ignite==0.5.5 tqdm", "ignite", ("bar", "print")),
    "sb3": Framework(f"{_TORCH} stable-baselines3==2.9.0", "sb3", ("ppo", "eval", "a2c")),
    "spacy": Framework("spacy==3.8.18", "spacy", ("textcat", "ner")),
    "flair": Framework(f"{_TORCH} flair==0.15.1", "flair", ("tagger",)),
    "optuna": Framework("optuna==5.0.0", "optuna", ("one", "two")),
    "skorch": Framework(f"{_TORCH} skorch==1.4.0", "skorch", ("plain", "wide")),
    "poutyne": Framework(f"{_TORCH} poutyne==1.19.0", "poutyne", ("plain", "color")),
    "mmengine": Framework(f"{_TORCH} mmengine==0.10.7", "mmengine", ("epoch", "iter")),
}


def installed(folder: Path, name: str) -> Path:
    """Return the Python of a framework's environment, which is made on first use."""
    environment = folder / "venv" / name
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        packages = FRAMEWORKS[name].packages.split()
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


def run(folder: Path, name: str, variant: str) -> Path:
    """Train once; return the folder of the log and its truth."""
    python = installed(folder, name)
    place = folder / "runs" / f"{name}-{variant}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    environment = {
        **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        "TRUTH": str(place / f"{place.name}.truth.jsonl"),
        "PYTHONPATH": str(RUNS),
        "PYTHONWARNINGS": "ignore",
        "CUDA_VISIBLE_DEVICES": "",
        "COLUMNS": "120",
        "OMP_NUM_THREADS": "1",
    }
    command = [str(python), str(RUNS / f"run_{FRAMEWORKS[name].script}.py"), variant]
    with (place / f"{place.name}.log").open("wb") as log:
        done = subprocess.run(
            command, cwd=place, env=environment, stdout=log, stderr=log, timeout=_LIMIT, check=False
        )
    if done.returncode:
        print(f"{place.name}: exit status {done.returncode}, see {place}", file=sys.stderr)
    return place


def trained(folder: Path, only: str) -> Iterator[Path]:
    """Run every framework in every variant."""
    for name, framework in FRAMEWORKS.items():
        for variant in framework.variants:
            if f"{name}-{variant}".startswith(only):
                yield run(folder, name, variant)


def record(place: Path) -> None:
    """Make a run a corpus, without this machine's paths."""
    target = CORPORA / "runs"
    target.mkdir(parents=True, exist_ok=True)
    log = (place / f"{place.name}.log").read_bytes().replace(str(place).encode(), b"/home/user/run")
    if len(log) > _MOST_BYTES:
        print(f"{place.name}: {len(log)} bytes are too many to record", file=sys.stderr)
        return
    (target / f"{place.name}.log").write_bytes(log)
    shutil.copy(place / f"{place.name}.truth.jsonl", target)


def table(scores: list[Score]) -> str:
    """Return the scores as a table."""
    heads = f"{'':28} {'stand':>6} {'read':>6} {'recall':>8} {'readings':>9} {'true':>6} {'precision':>10} "
    lines = [heads + "wrong epochs"]
    lines += [
        f"{each.name:28} {each.expected:6} {each.found:6} {each.recall:8.2%} {each.readings:9} {each.true:6} "
        f"{each.precision:10.2%} {each.wrong_epochs:7}"
        for each in scores
    ]
    return "\n".join(lines)


def main() -> int:
    """Score, print, and fail below the bars."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--install", metavar="DIR", type=Path, help="install the frameworks there, and run them"
    )
    options.add_argument("--only", default="", metavar="NAME", help="the corpora whose names begin with NAME")
    options.add_argument("--record", action="store_true", help="make the runs the recorded corpora")
    options.add_argument("--folder", type=Path, default=CORPORA, help="corpora to replay")
    options.add_argument("--json", action="store_true", help="for programs")
    options.add_argument("--misses", action="store_true", help="list every miss")
    given = options.parse_args()
    folder = given.folder
    if given.install:
        folder = given.install.resolve() / "runs"
        for place in trained(given.install.resolve(), given.only):
            if given.record:
                record(place)
    scores = [
        score(name, log, truths) for name, log, truths in recorded(folder) if name.startswith(given.only)
    ]
    frameworks: dict[str, Score] = {}
    total = Score("total")
    for each in scores:
        name = each.name.partition("-")[0]
        frameworks.setdefault(name, Score(name)).add(each)
        total.add(each)
    if given.json:
        rows = {
            each.name: {**vars(each), "recall": each.recall, "precision": each.precision}
            for each in (*frameworks.values(), total)
        }
        print(json.dumps(rows, indent=1))
    else:
        print(table([*scores, total]))
        print(*(total.misses if given.misses else ()), sep="\n")
    return int(total.recall < RECALL or total.precision < PRECISION or total.wrong_epochs > 0)


if __name__ == "__main__":
    sys.exit(main())
