"""A second look at a request's paths when its turn has come: somebody may have put a link there meanwhile."""

from __future__ import annotations

from ..core.errors import ConfigError
from ..training import TrainingRequest
from .roots import Roots

_PATHS = ("train_path", "val_path", "save_path", "weights_path")


def check_again(roots: Roots, request: TrainingRequest) -> None:
    """Look whether the paths lead where they led when they were asked for, and whether that is still open.

    Raises:
        ConfigError: one of them does not.
    """
    for name in _PATHS:
        path = getattr(request, name)
        if path is not None and roots.resolve(name, path) != path:
            raise ConfigError(
                f"{name}: expected {path!r} as it was when requested, got a link that was put "
                "there since; ask again"
            )
