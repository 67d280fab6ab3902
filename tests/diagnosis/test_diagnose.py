"""Why a training ended, from its output and its exit status."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from auto_model_monitor.diagnosis import CAUSES, EndFacts, EvidenceFilter, diagnose
from auto_model_monitor.i18n import wording

OUT_OF_MEMORY = """\
epoch 1 loss 0.5
Traceback (most recent call last):
  File "/home/me/train.py", line 22, in <module>
    main()
  File "/home/me/train.py", line 12, in main
    loss = model(batch)
  File "/opt/conda/lib/python3.10/site-packages/torch/nn/modules/module.py", line 1501, in _call_impl
    return forward_call(*args, **kwargs)
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 448.00 MiB (GPU 3; 79.15 GiB \
total capacity; 77.00 GiB already allocated; 212.00 MiB free; 78 GiB reserved in total by PyTorch)
"""
TWO_RANKS = """\
[rank1]: Traceback (most recent call last):
[rank0]: Traceback (most recent call last):
[rank1]:   File "/home/me/train.py", line 10, in <module>
[rank0]:   File "/home/me/train.py", line 12, in <module>
[rank0]:     dist.all_reduce(t)
[rank1]:     x = d["k"]
[rank0]: torch.distributed.DistBackendError: NCCL error in: ../ProcessGroupNCCL.cpp:1, remote process exited
[rank1]: KeyError: 'k'
"""
CHAINED = """\
Traceback (most recent call last):
  File "train.py", line 3, in load
    x = open(p)
FileNotFoundError: [Errno 2] No such file or directory: 'data/train.csv'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "train.py", line 22, in <module>
    load()
RuntimeError: loading failed
"""


def test_a_diagnosis_shows_the_line_the_place_and_what_to_do():
    """The evidence has its line number, the frame is the user's own, the remedy names the sizes."""
    found = diagnose(OUT_OF_MEMORY, 1, language="en")
    assert (found.cause, found.confidence, found.line) == ("gpu_oom", "proof", 9)
    assert found.evidence == OUT_OF_MEMORY.splitlines()[8]
    assert found.frame == "train.py:12 in main: loss = model(batch)"
    assert found.remedy.startswith("GPU 3: wanted 448.00 MiB, 212.00 MiB free of 79.15 GiB.")
    assert diagnose(OUT_OF_MEMORY, 1, language="zh").remedy.startswith("GPU 3：需要 448.00 MiB")


def test_the_deepest_cause_of_a_chain_counts():
    """Of exceptions that caused each other the first is the cause."""
    found = diagnose(CHAINED, 1, language="en")
    assert (found.cause, found.line) == ("file_not_found", 4)
    assert "data/train.csv" in found.remedy


def test_a_lost_connection_is_aftermath():
    """Of two ranks the one that has an error of its own failed first."""
    found = diagnose(TWO_RANKS, 1)
    assert (found.cause, found.rank, found.line) == ("code_error", "1", 8)
    assert found.frame == 'train.py:10: x = d["k"]'
    assert found.also_seen == ("comm_failure",)


@pytest.mark.parametrize(
    ("text", "exit_code", "cause"),
    [
        ("step 1 loss 0.1\n", 137, "killed"),
        ("hello\n", 1, "unknown"),
        ("usage: t.py [-h]\nt.py: error: unrecognized arguments: --foo\n", 2, "config"),
        ("slurmstepd: error: *** JOB 1 ON n CANCELLED AT x DUE TO TIME LIMIT ***\n", 143, "time_limit"),
        ("".join(f"step {i} loss: nan\n" for i in range(12)), 0, "nan"),
        ("step 1 loss: nan\n" + "".join(f"step {i} loss: 0.5\n" for i in range(12)), 0, "none"),
        (OUT_OF_MEMORY, 0, "none"),
        (OUT_OF_MEMORY + "epoch 2 loss 0.4\nTraining complete\n", None, "none"),
    ],
)  # fmt: skip
def test_the_exit_status_counts_with_the_text(text: str, exit_code: int | None, cause: str):
    """A text is judged with its exit status, and without one by how it goes on."""
    assert diagnose(text, exit_code).cause == cause


def test_what_was_measured_counts(tmp_path: Path):
    """A process that the kernel killed for memory is proven, whatever its output."""
    path = tmp_path / "output.log"
    path.write_bytes(b"step 1 loss 0.5\n")
    found = diagnose(path, -9, facts=EndFacts(oom_kills=1))
    assert (found.cause, found.confidence) == ("host_oom", "proof")
    found = diagnose("step 1 loss 0.5\nKilled\n", 137, facts=EndFacts(oom_kills=1))
    assert (found.cause, found.confidence, found.line) == ("host_oom", "proof", 2)


def test_a_peak_of_memory_is_named_where_it_tells_something():
    """A killed process that used little memory has no sentence about its peak of 0.0 GiB."""
    small, large = (diagnose("step 1", 137, facts=EndFacts(peak_memory=n << 20)).remedy for n in (9, 9216))
    assert "peak" not in small
    assert "9.0 GiB" in large


def test_each_cause_has_a_remedy_in_both_languages():
    """The catalogue has advice for each cause, and the same sentences about facts in both languages."""
    for language in ("zh", "en"):
        assert set(wording(language).remedies) == set(CAUSES) - {"none"}
    assert list(wording("zh").remedy_facts) == list(wording("en").remedy_facts)


def test_foreign_bytes_do_no_harm():
    """NULs, invalid UTF-8 and a line of megabytes are read past, and the cause is found."""
    noise = b"\x00\xff\xfe" + b"x" * 5_000_000 + b"\n" + b"10%|#| 1/10 [00:01<00:09, 1.0it/s]\r" * 20_000
    found = diagnose(noise + OUT_OF_MEMORY.encode(), 1)
    assert (found.cause, found.line) == ("gpu_oom", 10)


def test_the_filter_keeps_what_a_diagnosis_needs():
    """A reader that keeps only the lines that may matter and their end comes to the same cause."""
    keeps = EvidenceFilter()
    lines = OUT_OF_MEMORY.encode().split(b"\n")
    assert keeps.may_matter(lines[8])
    assert not keeps.may_matter(b"epoch 1 step 20 lr 0.1 acc 0.9")
    kept = [(number, line) for number, line in enumerate(lines, start=1) if keeps.may_matter(line)]
    found = diagnose(kept, 1)
    assert (found.cause, found.line) == ("gpu_oom", 9)


def test_a_megabyte_takes_little_time():
    """A log of one megabyte takes seconds at most; how few milliseconds is for the benchmarks to say."""
    text = "".join(
        f"[2024-01-01 10:00:00][INFO] epoch 1 step {n} loss: 0.4 lr: 1e-4\n" for n in range(16_000)
    )
    begin = time.process_time()
    assert diagnose(text + OUT_OF_MEMORY, 1).cause == "gpu_oom"
    assert time.process_time() - begin < 10


@pytest.mark.campaign
@pytest.mark.parametrize(
    "line",
    ["Error: Error:", "a." * 40 + "Error:", "Traceback (most recent call last):", "", "\x1b[0m"],
    ids=["errors", "long-names", "heads", "blank", "escapes"],
)
def test_an_output_of_one_line_over_and_over_takes_little_time(line: str):
    """A log in which every line looks like an error, or none shows anything, is no trap."""
    text = f"{line}\n" * (2**17 // (len(line) + 1))
    begin = time.process_time()
    diagnose(text, 1)
    assert time.process_time() - begin < 6
