"""Files and directories that only their owner reads."""

from __future__ import annotations

import os
import stat

import pytest

from auto_model_monitor.core.private_files import make_private_directory, open_private


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0, 0o022, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("flags", [os.O_RDWR, os.O_WRONLY, os.O_WRONLY | os.O_APPEND, os.O_RDWR | os.O_TRUNC])
def test_a_new_file_is_its_owners(tmp_path, umask, flags):
    """A file that is created has mode 0600 under any umask, and is closed in programs that are started."""
    file = open_private(tmp_path / "file", flags)
    assert not os.get_inheritable(file)
    os.close(file)
    assert mode(tmp_path / "file") == 0o600


@pytest.mark.parametrize("wider", [0o600, 0o640, 0o644, 0o664, 0o666])
def test_an_existing_file_keeps_its_content_and_its_mode(tmp_path, umask, wider):
    """An existing file is opened as it is: its owner may have opened it to others."""
    path = tmp_path / "file"
    path.write_text("before")
    path.chmod(wider)
    file = open_private(path, os.O_RDWR)
    assert os.read(file, 10) == b"before"
    os.close(file)
    assert mode(path) == wider


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND])
@pytest.mark.parametrize("target", ["file", "missing", "folder", "other link", "itself"])
def test_no_link_is_followed(tmp_path, flags, target):
    """A link in the place of the file is refused, whatever it leads to, and nothing is created or changed."""
    (tmp_path / "file").write_text("of somebody else")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other link").symlink_to("file")
    link = tmp_path / ("itself" if target == "itself" else "link")
    link.symlink_to(target)
    with pytest.raises(OSError, match="link"):
        open_private(link, flags)
    assert (tmp_path / "file").read_text() == "of somebody else"
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("kind", ["pipe", "folder"])
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR])
def test_what_is_no_file_is_refused(tmp_path, kind, flags):
    """A pipe and a directory are refused, without waiting for another end."""
    path = tmp_path / kind
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    with pytest.raises(OSError, match=f"{kind}'"):
        open_private(path, flags)


def test_reading_creates_nothing(tmp_path):
    """A file that is opened for reading is not created."""
    with pytest.raises(FileNotFoundError):
        open_private(tmp_path / "file", os.O_RDONLY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["a", "a/b", "a/b/c/d"])
def test_new_directories_are_their_owners(tmp_path, umask, below):
    """Every directory that is created has mode 0700; those that exist keep theirs."""
    tmp_path.chmod(0o755)
    make_private_directory(tmp_path / below)
    made = [path for path in tmp_path.rglob("*")]
    assert len(made) == below.count("/") + 1
    assert {mode(path) for path in made} == {0o700}
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("wider", [0o700, 0o750, 0o755, 0o775, 0o777])
def test_an_existing_directory_keeps_its_mode(tmp_path, wider):
    """A directory that exists is left as it is."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log").chmod(wider)
    make_private_directory(tmp_path / "log")
    assert mode(tmp_path / "log") == wider


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path):
    """A file where the directory must be is an error, and stays as it is."""
    (tmp_path / "log").write_text("mine")
    with pytest.raises(FileExistsError):
        make_private_directory(tmp_path / "log")
    assert (tmp_path / "log").read_text() == "mine"
