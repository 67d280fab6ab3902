"""Images become tensors, from memory or from disk, and unreadable ones are left out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")

from auto_model_monitor.core.errors import ConfigError  # noqa: E402 - only where PyTorch is
from auto_model_monitor.training.image_classifier.class_folders import read_class_folders  # noqa: E402
from auto_model_monitor.training.image_classifier.images import Pictures, decode, usual_size  # noqa: E402

RED, GREEN = (200, 20, 20), (20, 200, 20)


def halves(mode: str = "RGB") -> Any:
    """Return an image of 20 x 20: the left half red, the right half green."""
    image = Image.new("RGB", (20, 20), GREEN)
    image.paste(RED, (0, 0, 10, 20))
    return image.convert(mode)


def open_pictures(folder: Path, *, memory: int = 1 << 20) -> Pictures:
    """Return the images of a folder, read and loaded, at 8 x 8 pixels."""
    pictures = Pictures(read_class_folders(folder, "--train-path"), 8, threads=2, memory=memory)
    pictures.load()
    return pictures


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "RGB"), ("a.png", "RGBA"), ("a.png", "P"), ("a.gif", "P"), ("a.bmp", "RGB"), ("a.ppm", "RGB"),
     ("a.tif", "CMYK"), ("a.jpg", "RGB"), ("a.jpg", "CMYK"), ("a.webp", "RGB")],
)  # fmt: skip
def test_every_kind_of_image_becomes_colours(tmp_path: Path, name: str, mode: str) -> None:
    """Every kind of image becomes 3 x size x size bytes of RGB, its left half on the left."""
    halves(mode).save(tmp_path / name)
    found = decode(str(tmp_path / name), 8)
    assert (found.shape, found.dtype) == ((3, 8, 8), torch.uint8)
    for column, colour in ((1, RED), (6, GREEN)):
        assert (found[:, :, column].float() - torch.tensor(colour).view(3, 1)).abs().max() < 40


@pytest.mark.parametrize(("mode", "brightest"), [("L", 255), ("I;16", 65535), ("1", 1)])
def test_greys_keep_their_brightness(tmp_path: Path, mode: str, brightest: int) -> None:
    """Black, half and white are 0, about 128 and 255, also with 16 bits per pixel."""
    image = Image.new(mode, (3, 1))
    for place, value in enumerate((0, (brightest + 1) // 2, brightest)):
        image.putpixel((place, 0), value)
    image.resize((24, 8), Image.Resampling.NEAREST).save(tmp_path / "grey.png")
    found = decode(str(tmp_path / "grey.png"), 8)  # the middle third: the half
    expected = 255 if mode == "1" else 128
    assert (found.float() - expected).abs().max() <= 1


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    """The orientation in the EXIF data is applied."""
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by half a turn
    halves().save(tmp_path / "photo.jpg", exif=exif, quality=95)
    found = decode(str(tmp_path / "photo.jpg"), 8)
    assert found[0, 4, 1] < 100 < found[0, 4, 6]


def test_an_oblong_image_is_cut_to_its_middle(tmp_path: Path) -> None:
    """The shorter side fills the size, and the ends of the longer one are cropped."""
    image = Image.new("RGB", (40, 10), GREEN)
    image.paste(RED, (15, 0, 25, 10))
    image.save(tmp_path / "wide.png")
    assert decode(str(tmp_path / "wide.png"), 8)[0].min() > 150


@pytest.mark.parametrize("memory", [1 << 20, 0], ids=["in memory", "from disk"])
def test_broken_images_are_named_and_left_out(
    colours: Callable[..., Path], caplog: pytest.LogCaptureFixture, memory: int
) -> None:
    """An unreadable or truncated file is named in one warning, and is missing from every batch."""
    folder = colours("train")
    whole = (folder / "red" / "1.png").read_bytes()
    (folder / "red" / "1.png").write_bytes(whole[: len(whole) // 2])
    (folder / "blue" / "0.png").write_text("404 not found")
    pictures = open_pictures(folder, memory=memory)
    for _ in range(2):
        counts = torch.zeros(3, dtype=torch.int64)
        for images, labels in pictures.batches(5):
            assert len(images) == len(labels)
            counts += torch.bincount(labels, minlength=3)
        assert counts.tolist() == [3, 4, 3]
    assert (len(pictures), pictures.unreadable) == (10, 2)
    warned = sorted(record.args[0] for record in caplog.records)
    assert warned == [str(folder / "blue" / "0.png"), str(folder / "red" / "1.png")]


def test_many_broken_images_are_counted(
    colours: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    """After ten warnings by name, one warning has the number of all."""
    folder = colours("train", count=5)
    for file in folder.rglob("*.png"):
        file.write_bytes(b"")
    pictures = open_pictures(folder)
    pictures.report()
    assert len(caplog.records) == 11
    assert caplog.messages[-1] == "15 images cannot be read and are left out"
    assert [len(labels) for _, labels in pictures.batches(10)] == [0, 0]


def test_an_image_that_would_fill_the_memory_is_left_out(
    colours: Callable[..., Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that Pillow takes for a decompression bomb is left out like an unreadable one."""
    folder = colours("train")
    halves().save(folder / "red" / "0.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    pictures = open_pictures(folder)
    assert pictures.unreadable == 1
    assert "decompression bomb" in caplog.text


def test_a_file_that_only_claims_to_be_an_image_starts_no_program(tmp_path: Path) -> None:
    """PostScript under an image's name is refused, because Pillow would start Ghostscript."""
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n")
    with pytest.raises(OSError, match="cannot identify image file"):
        decode(str(tmp_path / "a.png"), 8)


def test_from_disk_is_as_from_memory(colours: Callable[..., Path]) -> None:
    """The batches are the same, in the requested order, whether or not the images fit into memory."""
    folder = colours("train", count=9)
    order = torch.randperm(27, generator=torch.Generator().manual_seed(5))
    kept, read = open_pictures(folder), open_pictures(folder, memory=0)
    for (images, labels), (others, truth) in zip(kept.batches(4, order), read.batches(4, order), strict=True):
        assert images.equal(others)
        assert labels.equal(truth)
    assert torch.cat([labels for _, labels in read.batches(4, order)]).equal(read.labels[order])


def test_the_usual_size_is_that_of_most_images(colours: Callable[..., Path]) -> None:
    """The size comes from the images' headers, and a broken or very large one does not matter."""
    folder = colours("train", side=24)
    Image.new("RGB", (4000, 3000)).save(folder / "red" / "0.png")
    (folder / "red" / "1.png").write_bytes(b"")
    assert usual_size(read_class_folders(folder, "--train-path")) == 24


def test_images_of_which_none_can_be_read_are_refused(colours: Callable[..., Path]) -> None:
    """If no header can be read, the error names the folder and a file."""
    folder = colours("train")
    for file in folder.rglob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(
        ConfigError, match=r"--train-path: expected images, got none that can be read in .*0\.png"
    ):
        usual_size(read_class_folders(folder, "--train-path"))


@pytest.fixture(autouse=True)
def _warnings_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="auto_model_monitor")
