"""The trainer as a program: ``python -m auto_model_monitor.training.image_classifier``.

Exit status: 0 trained, 1 failed during the training, 2 invalid options or data, 128 + n ended by signal n.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import NoReturn

from ...core.errors import ConfigError, MissingExtraError, MonitorError
from .arguments import read_arguments
from .interruption import Interruption

_FORMAT = "%(asctime)s - image_classifier - %(levelname)s - %(message)s"


def main() -> None:
    """Train as the command line specifies."""
    recipe = read_arguments()
    _log_to_standard_output()
    interruption = Interruption()
    interruption.watch()
    try:
        # PyTorch takes seconds to import: report mistakes first.
        from .training_loop import TrainingLoop

        TrainingLoop(recipe, interruption).train()
    except (ConfigError, MissingExtraError) as error:
        _end(2, error)
    except (MonitorError, OSError) as error:
        _end(1, error)


def _log_to_standard_output() -> None:
    """Log to standard output, and from libraries only warnings; escape characters that it cannot encode."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    logging.basicConfig(stream=sys.stdout, format=_FORMAT, level=logging.WARNING)
    logging.getLogger(__package__).setLevel(logging.INFO)
    logging.raiseExceptions = False  # the training continues if the reader of its log exits
    warnings.filterwarnings("ignore", module="PIL")  # this package's warnings name the image


def _end(status: int, error: Exception) -> NoReturn:
    sys.stderr.write(f"image_classifier: error: {error}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
