"""The images in a folder of class folders, and the errors for folders without classes or images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auto_model_monitor.core.errors import ConfigError
from auto_model_monitor.training.image_classifier.class_folders import check_classes, read_class_folders


def write(root: Path, *names: str) -> Path:
    """Make empty files of these names below a folder."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_images_are_listed_by_class_in_a_fixed_order(tmp_path: Path) -> None:
    """Classes and images are sorted, so that the same folder gives the same numbers everywhere."""
    found = read_class_folders(
        write(tmp_path, "b/2.png", "b/1.JPG", "a/z/deep.webp", "a/x.tiff"), "--train-path"
    )
    assert found.classes == ("a", "b")
    assert [os.path.relpath(file, tmp_path) for file in found.files] == [
        "a/x.tiff",
        "a/z/deep.webp",
        "b/1.JPG",
        "b/2.png",
    ]
    assert found.labels == (0, 0, 1, 1)


def test_other_files_are_left_out(tmp_path: Path) -> None:
    """Other files, hidden ones, folders, pipes and files beside the classes are left out."""
    write(
        tmp_path,
        "a/1.png",
        "a/Thumbs.db",
        "a/.2.png",
        "a/3.png/4.jpg",
        "a/notes.txt",
        "top.png",
        ".git/5.png",
    )
    os.mkfifo(tmp_path / "a" / "pipe.png")
    found = read_class_folders(tmp_path, "--train-path")
    assert found.classes == ("a",)
    assert [os.path.relpath(file, tmp_path) for file in found.files] == ["a/1.png", "a/3.png/4.jpg"]


def test_links_are_followed_without_loops(tmp_path: Path) -> None:
    """A linked class or image is found; a link inside a class to its parent is not followed."""
    write(tmp_path / "elsewhere", "1.png")
    root = write(tmp_path / "data", "a/2.png")
    (root / "b").symlink_to(tmp_path / "elsewhere")
    (root / "a" / "3.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    (root / "a" / "again").symlink_to(root)
    found = read_class_folders(root, "--train-path")
    assert [os.path.relpath(file, root) for file in found.files] == ["a/2.png", "a/3.png", "b/1.png"]


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    """The error names the option, the path and the system's reason."""
    with pytest.raises(
        ConfigError, match=r"--val-path: expected a folder of class folders, got '.*nowhere': No such"
    ):
        read_class_folders(tmp_path / "nowhere", "--val-path")


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    """Images without class folders are refused."""
    with pytest.raises(ConfigError, match=r"--train-path: expected a folder for each class in .*, got none"):
        read_class_folders(write(tmp_path, "1.png"), "--train-path")


def test_classes_without_an_image_are_named(tmp_path: Path) -> None:
    """The first five empty classes are named and the others counted."""
    write(tmp_path, "full/1.png", *(f"empty{number}/notes.txt" for number in range(7)))
    with pytest.raises(
        ConfigError, match="got none in 'empty0', 'empty1', 'empty2', 'empty3', 'empty4' and 2 more"
    ):
        read_class_folders(tmp_path, "--train-path")


def test_a_different_number_of_classes_is_refused(tmp_path: Path) -> None:
    """The error has the number of class folders, and their names."""
    found = read_class_folders(write(tmp_path, "cat/1.png", "dog/1.png"), "--train-path")
    with pytest.raises(ConfigError, match=r"--num-classes: .* 2 \('cat', 'dog'\), got 37"):
        check_classes(found, found, 37)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat/1.png"], "got no 'dog'"),
        (["cat/1.png", "dog/1.png", "emu/1.png"], "got also 'emu'"),
        (["cat/1.png", "hund/1.png"], "got no 'dog' and also 'hund'"),
    ],
)
def test_other_validation_classes_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    """The error names the classes that only one of the two folders has."""
    training = read_class_folders(write(tmp_path / "train", "cat/1.png", "dog/1.png"), "--train-path")
    validation = read_class_folders(write(tmp_path / "val", *names), "--val-path")
    with pytest.raises(ConfigError, match=f"--val-path: expected the classes of .* {message}$"):
        check_classes(training, validation, 2)
