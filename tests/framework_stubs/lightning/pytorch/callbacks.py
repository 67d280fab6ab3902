"""Stands for Lightning where it is not installed: names as its ``ModelCheckpoint`` formats them."""

import re


class ModelCheckpoint:
    """Puts ``name=`` before each field of the pattern, as Lightning does."""

    def __init__(self, dirpath, filename, monitor):
        self.filename = filename

    def format_checkpoint_name(self, metrics):
        return re.sub(r"{(\w+)", r"\1={\1", self.filename).format(**metrics) + ".ckpt"
