"""Paths that change while a training is pending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from tests.api.live import Live, Puppet, request
from tests.waiting import until


@pytest.mark.parametrize("name", ["train_path", "val_path", "save_path"])
def test_a_link_out_of_the_root_that_appears_while_pending_is_refused(
    live: Callable[..., Live], puppet: Callable[[], Puppet], tmp_path: Path, name: str
) -> None:
    """A path that leads out of its root when the training starts is refused."""
    server = live(allow_paths=[tmp_path / "root", tmp_path / "save"])
    root = tmp_path / "root"
    first = puppet()
    server.start(first, root)
    waiting = server.start(None, root)
    path = Path(request(root)[name])
    if path.exists():
        path.rename(tmp_path / "away")
    path.symlink_to("/etc")
    first.end()

    def details() -> Any:
        return server.ask("GET", f"/api/v2/training/{waiting}/details")

    until(lambda: details()["status"] == "failed")
    assert f"could not be started: {name}: expected a path below" in details()["reason"]


def test_a_link_within_the_roots_that_appears_while_pending_is_refused(
    live: Callable[..., Live], puppet: Callable[[], Puppet], tmp_path: Path
) -> None:
    """A path that leads to another directory when the training starts is refused."""
    server = live()
    first = puppet()
    server.start(first, tmp_path)
    waiting = server.start(None, tmp_path)
    (tmp_path / "val").rename(tmp_path / "away")
    (tmp_path / "val").symlink_to(tmp_path / "away")
    first.end()
    path = f"/api/v2/training/{waiting}/details"
    until(lambda: server.ask("GET", path)["status"] == "failed")
    assert "got a link that was put there since" in server.ask("GET", path)["reason"]
