"""The trainer's command line: its options, and its errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from auto_model_monitor.training import TrainingRequest
from auto_model_monitor.training.image_classifier.arguments import read_arguments

GIVEN = {
    "model": "resnet18",
    "num-classes": "37",
    "train-path": "/data/train",
    "val-path": "/data/val",
    "save-path": "/checkpoints",
}


def line(**changes: str | None) -> list[str]:
    """Return a command line: the required options, changed."""
    options = {**GIVEN, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return [f"--{name}={value}" for name, value in options.items() if value is not None]


def test_what_a_request_passes_on_is_what_the_trainer_reads() -> None:
    """Every value of a training request arrives in the recipe, unchanged."""
    request = TrainingRequest(
        model="resnet18",
        num_classes=37,
        train_path="/data/train set",
        val_path="/data/val",
        save_path="/checkpoints",
        batch_size=16,
        num_epochs=3,
        learning_rate=3e-5,
        device="cuda:1",
        weights_path="/weights.safetensors",
    )
    recipe = read_arguments(request.arguments())
    for name, value in request.values().items():
        read = getattr(recipe, name)
        assert read == (Path(value) if name.endswith("_path") else value), name


def test_the_defaults_are_those_of_the_specification() -> None:
    """The required options alone train ten epochs of eight images per step at 1e-4."""
    recipe = read_arguments(line())
    assert (recipe.batch_size, recipe.num_epochs, recipe.learning_rate, recipe.device) == (8, 10, 1e-4, "cpu")
    assert (recipe.weights_path, recipe.image_size) == (None, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "resnet19"}, "argument --model: invalid choice: 'resnet19'"),
        ({"model": None}, "required: --model"),
        ({"num_classes": "1"}, "argument --num-classes: expected a whole number of at least 2, got '1'"),
        ({"num_classes": "3.0"}, "argument --num-classes: expected a whole number of at least 2, got '3.0'"),
        ({"batch_size": "0"}, "argument --batch-size: expected a whole number of at least 1, got '0'"),
        (
            {"batch_size": "1"},
            "--batch-size: expected at least 2, as resnet18 normalises over a batch",
        ),
        ({"num_epochs": "-1"}, "argument --num-epochs: expected a whole number of at least 1, got '-1'"),
        ({"num_epochs": "٣"}, "argument --num-epochs: expected a whole number of at least 1, got '٣'"),
        ({"learning_rate": "0"}, "argument --learning-rate: expected a finite number above 0, got '0'"),
        ({"learning_rate": "nan"}, "argument --learning-rate: expected a finite number above 0, got 'nan'"),
        ({"learning_rate": "inf"}, "argument --learning-rate: expected a finite number above 0, got 'inf'"),
        ({"learning_rate": "fast"}, "argument --learning-rate: expected a finite number above 0, got 'fast'"),
        ({"device": "gpu"}, "argument --device: expected cpu, cuda or cuda:<number>, got 'gpu'"),
        ({"device": "cuda:0\n"}, "argument --device: expected cpu, cuda or cuda:<number>, got 'cuda:0\\n'"),
        ({"train_path": ""}, "argument --train-path: expected a path, got ''"),
        (
            {"model": "vit-tiny", "image_size": "90"},
            "--image-size: expected a multiple of 16 for vit-tiny, got 90",
        ),
        ({"lr": "1"}, "unrecognized arguments: --lr=1"),
        ({"learning": "1"}, "unrecognized arguments: --learning=1"),
    ],
)
def test_a_mistake_is_reported_in_one_line_with_status_2(
    changes: dict[str, str | None], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An invalid option ends with status 2, and stderr has what was expected and got."""
    with pytest.raises(SystemExit) as ended:
        read_arguments(line(**changes))
    assert ended.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_mistake_is_reported_before_anything_heavy_is_imported() -> None:
    """Reading the command line imports neither PyTorch nor transformers nor Pillow."""
    program = (
        "import sys; from auto_model_monitor.training.image_classifier.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, sorted({'torch', 'transformers', 'PIL', 'numpy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, "--model=resnet18"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=200)
    assert done.stdout == "2 []\n"
