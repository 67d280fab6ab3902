"""Networks are built offline, and their weights are read without running code."""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from auto_model_monitor.core.errors import ConfigError  # noqa: E402 - only where PyTorch is
from auto_model_monitor.training.image_classifier.architectures import ARCHITECTURES  # noqa: E402
from auto_model_monitor.training.image_classifier.networks import build, load  # noqa: E402


@pytest.fixture(autouse=True)
def _unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(autouse=True)
def _meta() -> Iterator[None]:
    yield
    torch.set_default_device("cpu")


@pytest.mark.parametrize("size", [8, 224])
@pytest.mark.parametrize("model", ARCHITECTURES)
def test_every_network_has_a_number_for_each_class_at_every_size(model: str, size: int) -> None:
    """Each network turns images of each size into one number per class."""
    torch.set_default_device("meta")
    network = build(model, classes=7, size=size)
    assert network(pixel_values=torch.empty(2, 3, size, size)).logits.shape == (2, 7)


@pytest.mark.parametrize(
    ("model", "millions"),
    [("resnet18", 11.7), ("resnet34", 21.8), ("resnet50", 25.6), ("resnet101", 44.5), ("vit-tiny", 5.7),
     ("vit-small", 22.1), ("vit-base", 86.6)],
)  # fmt: skip
def test_networks_are_as_large_as_published(model: str, millions: float) -> None:
    """With ImageNet's thousand classes, the number of weights is the published one."""
    torch.set_default_device("meta")
    network = build(model, classes=1000, size=224)
    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(millions * 1e6, rel=0.01)


@pytest.mark.parametrize(("size", "side"), [(8, 1), (32, 4), (64, 2), (224, 7)])
def test_small_images_are_not_halved_away(size: int, side: int) -> None:
    """A ResNet halves 32 pixels three times and larger images five times, so at least one pixel is left."""
    torch.set_default_device("meta")
    network = build("resnet18", classes=2, size=size)
    maps = network.resnet(torch.empty(2, 3, size, size)).last_hidden_state
    assert maps.shape == (2, 512, side, side)


def wrapped(state: dict[str, Any], path: Path, kind: str) -> Path:
    """Write weights as one or another program does."""
    if kind == "safetensors":
        pytest.importorskip("safetensors.torch").save_file(state, path / "w.safetensors")
        return path / "w.safetensors"
    if kind == "folder":
        pytest.importorskip("safetensors.torch").save_file(state, path / "model.safetensors")
        return path
    torch.save({"state_dict": state, "epoch": 3} if kind == "checkpoint" else state, path / "w.pt")
    return path / "w.pt"


@pytest.mark.parametrize("kind", ["safetensors", "folder", "checkpoint", "plain"])
def test_weights_are_taken_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    """A network with another network's weights has the same output."""
    torch.manual_seed(1)
    one, other = (build("resnet18", classes=3, size=8).eval() for _ in range(2))
    images = torch.randn(2, 3, 8, 8)
    assert not one(pixel_values=images).logits.equal(other(pixel_values=images).logits)
    assert load(other, wrapped(one.state_dict(), tmp_path, kind)) == []
    assert one(pixel_values=images).logits.equal(other(pixel_values=images).logits)


def test_the_last_layer_stays_random_for_other_classes(tmp_path: Path) -> None:
    """A network for three classes takes all weights for ten classes but those of the last layer."""
    ten, three = build("resnet18", classes=10, size=8), build("resnet18", classes=3, size=8)
    random_names = load(three, wrapped(ten.state_dict(), tmp_path, "plain"))
    assert random_names == ["classifier.1.weight", "classifier.1.bias"]
    stem = "resnet.embedder.embedder.convolution.weight"
    assert three.state_dict()[stem].equal(ten.state_dict()[stem])


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        ("resnet34", 8, r"resnet\.encoder\.stages\.0\.layers\.2\..* is unknown"),
        ("resnet18", 64, r"convolution\.weight: expected 64x3x3x3, got 64x3x7x7"),
        ("vit-tiny", 8, r"no resnet\.embedder.* and \d+ more"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path: Path, model: str, size: int, message: str) -> None:
    """The error names tensors that differ, and the options that may be wrong."""
    path = wrapped(build(model, classes=3, size=size).state_dict(), tmp_path, "plain")
    with pytest.raises(ConfigError, match=f"do not fit this network: .*{message}.*another --model") as caught:
        load(build("resnet18", classes=3, size=8), path)
    assert len(str(caught.value)) < 600


class Bomb:
    """Makes a folder where somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    "writes", [torch.save, lambda what, file: file.write_bytes(pickle.dumps(what, protocol=2))]
)
def test_no_code_in_a_file_of_weights_is_run(tmp_path: Path, writes: Any) -> None:
    """A pickle that holds more than weights is refused, and nothing in it is called."""
    writes({"state_dict": {"weight": Bomb(tmp_path / "exploded")}}, tmp_path / "w.pt")
    with pytest.raises(
        ConfigError, match=r"--weights-path: expected safetensors, or a file that torch\.load reads"
    ):
        load(build("resnet18", classes=3, size=8), tmp_path / "w.pt")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("w.pt", b"", "expected safetensors, or"),
        ("w.safetensors", b"\xff" * 64, "expected safetensors, or"),
        ("w.pt", None, r"expected weights, got '.*w\.pt': No such file"),
        ("folder/notes.txt", b"", "expected model.safetensors or pytorch_model.bin in .*, got neither"),
    ],
)
def test_a_file_without_weights_is_refused(
    tmp_path: Path, name: str, contents: bytes | None, message: str
) -> None:
    """The error names the file and what was expected of it."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(ConfigError, match=f"--weights-path: {message}"):
        load(build("resnet18", classes=3, size=8), path.parent if "/" in name else path)


def test_a_file_without_tensors_is_refused(tmp_path: Path) -> None:
    """A file of other harmless values is refused with what was expected."""
    torch.save({"epoch": 3}, tmp_path / "w.pt")
    with pytest.raises(ConfigError, match="--weights-path: expected tensors by name"):
        load(build("resnet18", classes=3, size=8), tmp_path / "w.pt")
