"""Folders of class folders: the list of images and their classes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import ConfigError

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
_NAMED = 5  # classes that an error names; the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFolders:
    """The images of one folder.

    Attributes:
        path: the folder.
        classes: the names of its folders, sorted; a class's number is its index.
        files: the paths of the images, sorted by class and name.
        labels: the number of each image's class.
    """

    path: Path
    classes: tuple[str, ...]
    files: tuple[str, ...]
    labels: tuple[int, ...]


def read_class_folders(path: Path, option: str) -> ClassFolders:
    """List the images in the class folders at ``path``; no image is opened.

    Args:
        path: the folder of class folders.
        option: the command-line option that named it, for errors.

    Raises:
        ConfigError: the folder does not exist, or a class has no image.
    """
    try:
        classes = sorted(entry.name for entry in os.scandir(path) if entry.is_dir() and _is_shown(entry))
        images = [sorted(_images(path / name)) for name in classes]
    except OSError as error:
        reason = error.strerror or error
        message = f"{option}: expected a folder of class folders, got {str(path)!r}: {reason}"
        raise ConfigError(message) from None
    if not classes:
        raise ConfigError(f"{option}: expected a folder for each class in {str(path)!r}, got none")
    empty = [name for name, files in zip(classes, images, strict=True) if not files]
    if empty:
        raise ConfigError(
            f"{option}: expected images ({' '.join(_ENDINGS)}) in each class folder of {str(path)!r}, "
            f"got none in {listed(empty)}"
        )
    labels = tuple(label for label, files in enumerate(images) for _ in files)
    files = tuple(file for some in images for file in some)
    return ClassFolders(path=path, classes=tuple(classes), files=files, labels=labels)


def check_classes(training: ClassFolders, validation: ClassFolders, num_classes: int) -> None:
    """Check that both folders hold the same classes, and that their number is ``num_classes``.

    Raises:
        ConfigError: the classes or their number differ.
    """
    found = len(training.classes)
    if found != num_classes:
        raise ConfigError(
            f"--num-classes: expected the number of class folders in {str(training.path)!r}, {found} "
            f"({listed(training.classes)}), got {num_classes}"
        )
    missing = sorted({*training.classes} - {*validation.classes})
    strange = sorted({*validation.classes} - {*training.classes})
    if missing or strange:
        differences = [f"no {listed(missing)}"] * bool(missing) + [f"also {listed(strange)}"] * bool(strange)
        raise ConfigError(
            f"--val-path: expected the classes of {str(training.path)!r} in {str(validation.path)!r}, "
            f"got {' and '.join(differences)}"
        )


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return the first few names, quoted, and the number of the others."""
    shown = ", ".join(repr(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _images(folder: Path) -> Iterator[str]:
    """Yield the paths of the images in a folder and its subfolders; links to folders are not followed."""
    pending = [os.fspath(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if not _is_shown(entry):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.name.lower().endswith(_ENDINGS) and entry.is_file():
                    yield entry.path


def _is_shown(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".")
