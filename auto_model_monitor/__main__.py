"""``python -m auto_model_monitor`` is the program ``auto-model-monitor``."""

from __future__ import annotations

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
