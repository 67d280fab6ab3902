"""Configured commands, and the places of a request's values in them."""

from __future__ import annotations

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.training import Trainer
from tests.training.trainings import request


def test_a_command_is_split_once():
    """A command is split like a shell does when it is configured, and never again."""
    trainer = Trainer.parse("x", "python -m 'my trainer' {args}")
    argv = trainer.argv(request(train_path="/a b; rm -rf $HOME"), "/t/request.json")
    assert argv[:4] == ["python", "-m", "my trainer", "--model=resnet18"]
    assert "--train-path=/a b; rm -rf $HOME" in argv


def test_single_values_and_the_file_have_their_places():
    """Placeholders put each value, or the file, where the command needs it."""
    trainer = Trainer.parse(
        "x", 'train.sh --lr={learning_rate} {model} --config={args_file} --json={"a":{e}}'
    )
    assert trainer.argv(request(), "/t/r.json") == [
        "train.sh",
        "--lr=0.0001",
        "resnet18",
        "--config=/t/r.json",
        "--json={a:{e}}",
    ]
    assert Trainer("x", ("t", "--w={weights_path}")).argv(request(), "")[1] == "--w="


@pytest.mark.parametrize(
    ("name", "command", "expected"),
    [
        ("x", "", "a command"),
        ("x", "train 'oops", "quotation"),
        ("x", "train {arg}", "{args}"),
        ("x", "train --all={args}", "separate part"),
        ("x", "train \0", "NUL"),
        ("", "train", "name"),
        ("a/b", "train", "name"),
        ("a" * 65, "train", "name"),
    ],
)
def test_what_is_no_trainer_is_refused(name, command, expected):
    """An invalid trainer is refused when it is configured."""
    with pytest.raises(ConfigError, match=expected):
        Trainer.parse(name, command)


REFUSED = [
    "sh -c 'python train.py --model={model}'",
    "/bin/sh -c 'python train.py {model}'",
    "bash -lc 'cd x && exec python train.py --epochs {num_epochs}'",
    "bash -c -l 'echo ${model}'",
    "env A=1 bash -o pipefail -c 'train {train_path} | tee log'",
    "nohup nice -n 5 dash -ec 'train {args_file}'",
    "zsh -c 'train {save_path}' zsh {args}",
    "busybox sh -c 'train {device}'",
    "srun -n 1 bash -c 'train {weights_path}'",
    "python -c 'train(\"{model}\")'",
    "/usr/bin/python3.11 -u -W ignore -c 'train({learning_rate})'",
    "python '-cprint(\"{model}\")'",
    "perl -e 'print \"{model}\"'",
    "su trainer -c 'train {model}'",
    "flock /tmp/lock -c 'train {model}'",
    "node --eval 'train({batch_size})'",
]


@pytest.mark.parametrize("command", REFUSED)
def test_a_placeholder_inside_a_shells_program_is_refused_with_the_way_that_works(command):
    """A request's value would run as code there; the error shows how it becomes an argument."""
    with pytest.raises(ConfigError, match=r"as code.*sh -c 'python train\.py .* sh \{") as caught:
        Trainer.parse("x", command)
    (problem,) = caught.value.problems
    shown = problem.partition("argument: ")[2]
    trainer = Trainer.parse("x", shown)
    assert trainer.argv(request(), "/t/r.json")[3] == "sh"


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'python train.py \"$@\"' sh {args}",
        "sh -c 'python train.py --model \"$1\"' sh {model}",
        "bash -lc 'source env.sh; exec python train.py \"$@\"' bash {args}",
        "bash -e train.sh {model}",
        "bash train.sh -c {model}",
        "python train.py -c {args_file}",
        "python -m trainer -c {args_file} -e {num_epochs}",
        "python -u train.py --eval {val_path}",
        "sh -c 'echo {HOME} ${USER} {unknown}'",
        "env CONFIG=a python train.py {args}",
        "node train.js -e {num_epochs}",
        "train --shell=sh -c {model}",
    ],
)
def test_a_placeholder_that_no_shell_reads_is_accepted(command):
    """A script's own options, and the arguments after a shell's program, may hold placeholders."""
    assert Trainer.parse("x", command).command


def test_the_way_that_works_runs_nothing_of_a_request(work, tmp_path, monkeypatch):
    """With the command that the error shows, a hostile value arrives unchanged."""
    monkeypatch.chdir(tmp_path)
    evil = "a; touch x; $(touch x) `touch x`"
    here = work(Trainer.parse("x", """sh -c 'printf "%s\\n" "$1"' sh {model}"""))
    task = here.run(model=evil)
    assert here.messages(task.id) == [evil]
    assert not (tmp_path / "x").exists()


def test_a_trainer_has_formats_of_its_own(work):
    """A trainer's patterns are read in its own log alone, and the dispatcher's in all."""
    line = "echo 'score=0.5 | Verlust 0.25'"
    one = Trainer("one", ("/bin/sh", "-c", line), (r"Verlust (?P<val_loss>[0-9.]+)",))
    here = work(one, Trainer("other", ("/bin/sh", "-c", line)), patterns=[r"score=(?P<my_score>[0-9.]+)"])
    found = {name: here.run(trainer=name).latest_metrics for name in ("one", "other")}
    assert (found["one"]["val_loss"], found["one"]["my_score"]) == (0.25, 0.5)
    assert "val_loss" not in found["other"]
    assert found["other"]["my_score"] == 0.5


@pytest.mark.parametrize("pattern", ["[", "no group", "(?P<key>a)", 5, "(?P<a>x)(?P<a>y)"])
def test_a_wrong_pattern_of_a_trainer_is_refused(pattern):
    """What is no regex with named groups is refused with the trainer's name."""
    with pytest.raises(ConfigError, match="trainer x: pattern: expected"):
        Trainer("x", ("train",), (pattern,))
