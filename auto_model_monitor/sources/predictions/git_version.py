"""The commit that a program runs from."""

from __future__ import annotations

import os
import subprocess

_TIMEOUT = 5.0  # seconds; a repository on a slow disk must not delay the program longer


def git_version() -> str | None:
    """Return the commit of the current directory, with ``-dirty`` where a tracked file differs from it.

    Without git, and outside a repository, it returns None.
    """
    # No tag is shown: two commits may follow the same one. No lock is taken, a commit may be in progress.
    command = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"]
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() or None if done.returncode == 0 else None
