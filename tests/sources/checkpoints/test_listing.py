"""What came and went between two listings."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor.parsers.unfinished import ignored_because
from auto_model_monitor.sources.checkpoints import EntryType
from auto_model_monitor.sources.checkpoints.directory import _suspects
from auto_model_monitor.sources.checkpoints.listing import Listing, _difference

names = st.lists(st.sampled_from([f"n{i}" for i in range(30)]), unique=True)


@given(names, names)
def test_the_difference_of_any_two_listings_is_that_of_the_sets(old: list[str], new: list[str]) -> None:
    """Whatever the order of two listings, what was added and removed must be right."""
    added, removed = _difference(old, new)
    assert set(added) == set(new) - set(old)
    assert added == [name for name in new if name in set(added)]
    assert removed == set(old) - set(new)


@given(st.lists(st.integers(0, 999), unique=True).map(sorted), st.integers(0, 999))
def test_one_name_more_or_less_anywhere_is_found(numbers: list[int], one: int) -> None:
    """In a directory that keeps its order, one new name must be found wherever it stands."""
    old = [str(number) for number in numbers]
    new = [str(number) for number in sorted({*numbers, one})]
    assert _difference(old, new) == ([name for name in new if name not in old], set())
    assert _difference(new, old) == ([], set(new) - set(old))


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), max_size=50))
def test_no_name_that_is_ignored_escapes_the_quick_look(some: list[str]) -> None:
    """The quick look may suspect too many names, never too few."""
    some += [".a", "tmp", "TmP1", "a.tmp", "a.TMP", "a-unfinished", "a-UNFINISHED", ".nfs0001"]
    ignored = {name for name in some if ignored_because(name) is not None}
    assert len(ignored) >= 8
    assert ignored <= set(_suspects(some))


def test_every_type_is_recognised_at_the_first_poll_and_later(tmp_path: Path) -> None:
    """Regular files, folders, links and what is neither must be known, with d_type and with stat."""
    first = _strange_folder(tmp_path / "first")
    later = Listing()
    (tmp_path / "later").mkdir()
    later.update(str(tmp_path / "later"))
    (tmp_path / "later" / "anchor").touch()
    later.update(str(tmp_path / "later"))
    _strange_folder(tmp_path / "later")
    expected = {
        "folder": EntryType.FOLDER,
        "to_folder": EntryType.LINKED_FOLDER,
        "fifo": EntryType.NEITHER,
        "socket": EntryType.NEITHER,
        "dangling": EntryType.NEITHER,
        "loop": EntryType.NEITHER,
        "device": EntryType.NEITHER,
    }
    assert Listing().update(str(first)).odd == expected
    assert later.update(str(tmp_path / "later")).odd == expected


def test_a_second_listing_finds_the_types_of_many_new_names(tmp_path: Path) -> None:
    """The types of a hundred names that appear together are found as well as that of one."""
    (tmp_path / "anchor").touch()
    listing = Listing()
    listing.update(str(tmp_path))
    for number in range(100):
        (tmp_path / f"file{number}").touch()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    change = listing.update(str(tmp_path))
    assert len(change.added) == 102
    assert change.odd == {"fifo": EntryType.NEITHER, "folder": EntryType.FOLDER}


def _strange_folder(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "file").touch()
    (folder / "folder").mkdir()
    (folder / "to_file").symlink_to("file")
    (folder / "to_folder").symlink_to("folder")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "device").symlink_to("/dev/null")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path may have 107 bytes only
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
    return folder
