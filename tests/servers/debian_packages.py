"""Programs of Debian packages, unpacked into a cache folder: nothing is installed, and no root is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def unpacked(name: str, packages: list[str]) -> Path:
    """Return the folder that the packages are unpacked in; skip the test where they cannot be had.

    The newest version that apt knows is downloaded once and kept in ``~/.cache``.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        pytest.skip(f"{name}: no Debian packages here")
    base = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "auto_model_monitor_tests"
    folder = base / name
    if folder.exists():
        return folder
    base.mkdir(parents=True, exist_ok=True)
    # Several processes of the tests may unpack at the same time: each its own, and the first is kept.
    with tempfile.TemporaryDirectory(dir=base) as place:
        command = ["apt-get", "-qq", "download", *packages]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=200)
        if done.returncode:
            pytest.skip(f"{name}: its packages cannot be downloaded: {done.stderr.strip()[-300:]}")
        new = Path(place, "unpacked")
        for package in sorted(Path(place).glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(new)], check=True, timeout=200)
        try:
            new.rename(folder)
        except OSError:
            assert folder.exists()
    return folder
