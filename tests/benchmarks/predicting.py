"""A million predictions with their labels, 30 days and 4 regions: all metrics, and a look with nothing new.

``python tests/benchmarks/predicting.py [ROWS]`` writes the tables as Parquet and prints the seconds and the
memory of ``PredictionSource`` and of pandas with scikit-learn, which read the same files and compute the same
metrics, each in a process of its own, one after the other.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

DAYS = 30
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


def write(folder: Path, rows: int) -> None:
    """Write predictions.parquet and labels.parquet."""
    import duckdb

    connection = duckdb.connect()
    score = "(hash(i * 7) % 1000003) / 1000003.0"
    step = DAYS * 864e8 / rows
    connection.execute(f"""
        COPY (SELECT i AS id, TIMESTAMP '2026-10-29' + to_microseconds(CAST(i * {step} AS BIGINT)) AS time,
                     {score} AS score, CAST({score} > 0.5 AS INTEGER) AS prediction,
                     (hash(i * 11) % 100000) / 1e6 AS latency,
                     CASE WHEN hash(i * 17) % 200 = 0 THEN 'TimeoutError' END AS error,
                     ['north', 'east', 'south', 'west'][1 + CAST(hash(i * 3) % 4 AS INTEGER)] AS region
              FROM range({rows}) t(i)) TO '{folder / "predictions.parquet"}'""")
    connection.execute(f"""
        COPY (SELECT i AS id, CAST((hash(i * 13) % 1000) / 1000.0 < {score} AS INTEGER) AS label
              FROM range({rows}) t(i)) TO '{folder / "labels.parquet"}'""")


def ours(folder: Path) -> None:
    """Look twice."""
    from auto_model_monitor import PredictionSource
    from auto_model_monitor.core import SystemClock

    class Clock(SystemClock):
        def now(self) -> datetime:
            return NOW

    start = time.perf_counter()
    source = PredictionSource(
        folder / "predictions.parquet",
        folder / "labels.parquet",
        groups=["region"],
        timezone="UTC",
        clock=Clock(),
    )
    readings = len(source.read())
    first = time.perf_counter()
    assert len(source.read()) == 0
    seconds = time.perf_counter() - first
    _report(
        "PredictionSource", first - start, f"{readings} readings; a look with nothing new {seconds:.4f} s"
    )


def theirs(folder: Path) -> None:
    """Do the same with pandas and scikit-learn: join, then the metrics of each day and each region."""
    import pandas
    from sklearn import metrics

    start = time.perf_counter()
    rows = pandas.read_parquet(folder / "predictions.parquet")
    rows = rows.merge(pandas.read_parquet(folder / "labels.parquet"), on="id", how="left")
    rows["day"] = rows["time"].dt.floor("D")
    found = 0
    for keys in (["day"], ["day", "region"]):
        for _, part in rows.groupby(keys):
            y, p, s = part["label"], part["prediction"], part["score"]
            values = [metrics.accuracy_score(y, p), metrics.roc_auc_score(y, s), metrics.log_loss(y, s)]
            for average in ("binary", "macro", "micro", "weighted"):
                values += metrics.precision_recall_fscore_support(y, p, average=average)[:3]
            values += [*part["latency"].quantile([0.5, 0.95, 0.99]), part["error"].notna().mean()]
            found += len(values)
    _report("pandas and scikit-learn", time.perf_counter() - start, f"{found} values")


def _report(name: str, seconds: float, text: str) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    processor = time.process_time()  # with the imports; what counts on a busy machine
    print(f"{name}: {seconds:.2f} s, {processor:.2f} s of processor time in all, {memory:.0f} MiB; {text}")


def main() -> None:
    """Run the contenders."""
    contenders = {"ours": ours, "theirs": theirs}
    if len(sys.argv) == 3:
        contenders[sys.argv[1]](Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
        for name in contenders:
            subprocess.run([sys.executable, __file__, name, folder], check=True)


if __name__ == "__main__":
    main()
