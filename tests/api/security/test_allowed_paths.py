"""The paths of requests, and the directories that they must stay in."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor import ConfigError
from auto_model_monitor.api.security import AllowedPaths


@pytest.fixture
def roots(tmp_path):
    """A root with a directory, a file, a link inside and links out of it."""
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    (root / "weights.pt").touch()
    (root / "inner").symlink_to("data")
    (root / "outer").symlink_to(tmp_path)
    (root / "absolute").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    (tmp_path / "root-beside").mkdir()
    return AllowedPaths([root])


@pytest.mark.parametrize(
    "path",
    [
        "/", "/etc", "/etc/passwd", "..", "../root-beside", "data/../../x", "outer", "outer/root-beside",
        "absolute",
        "absolute/ssl", "data\\..\\..\\etc", "..\\x", "%2e%2e/x", "%2E%2e%2fetc", "x%00", "data\x00",
        "a\nb", "\x7f",
        "..%2f", "%5c", "%252e%252e", "x/" * 3000, "data/../data",
    ],
)  # fmt: skip
def test_a_path_outside_is_refused(roots, path):
    """A path that leads outside, by dots, links or encoded dots, is refused for every use."""
    for use in (roots.resolve, roots.directory, roots.target, roots.file):
        with pytest.raises(ConfigError, match=r"^train_path: expected"):
            use("train_path", path)


def test_a_neighbour_with_the_same_beginning_is_outside(roots, tmp_path):
    """A directory whose name starts with the root's name is not below the root."""
    with pytest.raises(ConfigError, match="below"):
        roots.directory("x", str(tmp_path / "root-beside"))


def test_links_that_stay_inside_are_followed(roots, tmp_path):
    """A link to another path below the root resolves to that path."""
    assert roots.directory("x", "inner") == os.path.realpath(tmp_path / "root" / "data")


def test_unusual_names_are_names(roots, tmp_path):
    """Blanks, percent signs, quotes and Chinese characters are allowed in names."""
    for name in ("a b", "50% done", "数据", "it's", "-rf", "~", "$HOME", "a;b", "..."):
        (tmp_path / "root" / name).mkdir()
        assert roots.directory("x", name).endswith("/" + name)


def test_what_is_read_has_to_be_there(roots):
    """Paths to read must exist and have the right type; a path to write may be missing, but is not a file."""
    for use, path in (
        (roots.directory, "missing"),
        (roots.directory, "weights.pt"),
        (roots.directory, "loop"),
    ):
        with pytest.raises(ConfigError, match="directory that exists"):
            use("x", path)
    for path in ("missing", "data"):
        with pytest.raises(ConfigError, match="file that exists"):
            roots.file("x", path)
    with pytest.raises(ConfigError, match="which is a file"):
        roots.target("x", "weights.pt")
    assert roots.target("x", "new/deep").endswith("/root/new/deep")
    assert roots.file("x", "weights.pt").endswith("/root/weights.pt")


def test_paths_below_a_missing_root_are_accepted(tmp_path):
    """Below a missing root any path is accepted; once the root exists, paths are checked."""
    roots = AllowedPaths([tmp_path / "disk"])
    assert roots.directory("x", str(tmp_path / "disk" / "train")) == os.path.realpath(
        tmp_path / "disk" / "train"
    )
    (tmp_path / "disk").mkdir()
    with pytest.raises(ConfigError, match="exists"):
        roots.directory("x", str(tmp_path / "disk" / "train"))


def test_what_is_closed_is_closed_below_a_root(tmp_path):
    """The paths of a training cannot reach the store, which contains the token."""
    (tmp_path / "store").mkdir()
    (tmp_path / "way").symlink_to("store")
    roots = AllowedPaths([tmp_path], closed=str(tmp_path / "store"))
    for path in ("store", "store/tasks", "way", "way/x"):
        with pytest.raises(ConfigError, match="below"):
            roots.target("save_path", path)
    assert roots.target("save_path", "store2")


def test_roots_are_directories(tmp_path):
    """An empty list of roots, and a file as a root, are errors at the start."""
    (tmp_path / "file").touch()
    for given in ([], [tmp_path / "file"]):
        with pytest.raises(ConfigError, match="allow_paths"):
            AllowedPaths(given)
