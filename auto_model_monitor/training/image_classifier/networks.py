"""The networks, built by transformers from a configuration, without downloads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ...core.extras import extra
from ._torch import Tensor, nn
from .architectures import ARCHITECTURES, SMALL, ResNet, ViT, patch_for
from .weights import read_weights

os.environ["HF_HUB_OFFLINE"] = "1"  # transformers reads it when it is imported
with extra("trainer"):
    from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

_NAMED = 3  # tensors that an error names; the rest are counted


def build(model: str, *, classes: int, size: int) -> Any:
    """Return a network with random weights.

    Args:
        model: one of :data:`ARCHITECTURES`.
        classes: the number of classes.
        size: the side of the images in pixels.
    """
    architecture = ARCHITECTURES[model]
    if isinstance(architecture, ResNet):
        return _resnet(architecture, classes, size)
    return _vit(architecture, classes, size)


def _resnet(architecture: ResNet, classes: int, size: int) -> Any:
    network = ResNetForImageClassification(
        ResNetConfig(
            hidden_sizes=list(architecture.widths),
            depths=list(architecture.depths),
            layer_type="bottleneck" if architecture.bottleneck else "basic",
            num_labels=classes,
        )
    )
    if size <= SMALL:
        # The usual stem halves the side twice, which leaves too little of small images.
        stem = network.resnet.embedder
        width = stem.embedder.convolution.out_channels
        stem.embedder.convolution = nn.Conv2d(3, width, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(stem.embedder.convolution.weight, mode="fan_out", nonlinearity="relu")
        stem.pooler = nn.Identity()
    return network


def _vit(architecture: ViT, classes: int, size: int) -> Any:
    return ViTForImageClassification(
        ViTConfig(
            hidden_size=architecture.width,
            num_attention_heads=architecture.heads,
            intermediate_size=4 * architecture.width,
            image_size=size,
            patch_size=patch_for(size),
            num_labels=classes,
        )
    )


def load(network: Any, path: Path) -> list[str]:
    """Load weights from a file, and return the names of those that stay random.

    The last layer stays random if the file has a different number of classes.

    Raises:
        ConfigError: the file holds no weights, or those of a different network.
    """
    given, expected = read_weights(path), network.state_dict()
    last = [name for name in expected if name.startswith("classifier.")]
    new = [name for name in last if name not in given or given[name].shape != expected[name].shape]
    kept = {name: tensor for name, tensor in given.items() if name not in new}
    problems = list(_differences(kept, {name: value for name, value in expected.items() if name not in new}))
    if problems:
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise ConfigError(
            f"--weights-path: the weights in {str(path)!r} do not fit this network: "
            f"{'; '.join(problems[:_NAMED])}{more}; is it another --model, or another --image-size?"
        )
    network.load_state_dict(kept, strict=False)
    return new


def _differences(given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> list[str]:
    missing = [f"no {name}" for name in expected if name not in given]
    strange = [f"{name} is unknown" for name in given if name not in expected]
    shapes = [
        f"{name}: expected {_shape(expected[name])}, got {_shape(given[name])}"
        for name in expected
        if name in given and expected[name].shape != given[name].shape
    ]
    return shapes + missing + strange


def _shape(tensor: Tensor) -> str:
    return "x".join(str(length) for length in tensor.shape) or "one number"
