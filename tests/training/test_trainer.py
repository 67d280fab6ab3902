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
