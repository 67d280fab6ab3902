"""Images: decoded with Pillow to one size, kept in memory if they fit, and returned in batches."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from ...core.errors import ConfigError
from ...core.extras import extra
from ._torch import Tensor, torch
from .architectures import size_for
from .class_folders import ClassFolders

with extra("trainer"):
    from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

# Files of unknown origin are opened with these decoders only: some of Pillow's start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_NAMED = 10  # unreadable images that the log names; the rest are counted
_SAMPLE = 200  # images whose size is read
_MEMORY = 1 << 30  # bytes of decoded images to keep in memory
_AHEAD = 3  # batches that are decoded in advance

Batch = tuple[Tensor, Tensor]  # images, n x 3 x size x size bytes; their classes' numbers


def usual_size(folders: ClassFolders) -> int:
    """Return the size in pixels at which to train on these images, from the headers of a sample.

    Raises:
        ConfigError: none of them can be read.
    """
    step = max(1, len(folders.files) // _SAMPLE)
    sides = [side for file in folders.files[::step] if (side := _shorter_side(file))]
    if not sides:
        raise ConfigError(
            f"--train-path: expected images, got none that can be read in {str(folders.path)!r}, "
            f"such as {folders.files[0]!r}"
        )
    return size_for(sides)


class Pictures:
    """The images of some class folders, as tensors.

    Images that cannot be read are left out; the log names the first few. The images are read when they are
    needed.

    Attributes:
        labels: the number of each image's class, including images that are left out.
        unreadable: the number of images left out so far.

    Args:
        folders: the images.
        size: pixels per side; larger images are scaled and cropped to their middle.
        threads: the number of images that are decoded at the same time.
        memory: the largest number of bytes of decoded images to keep.
    """

    def __init__(self, folders: ClassFolders, size: int, *, threads: int, memory: int = _MEMORY) -> None:
        self.labels = torch.tensor(folders.labels)
        self.unreadable = 0
        self._files: Sequence[str] = folders.files
        self._size = size
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="images")
        self._lock = Lock()
        self._bad: set[int] = set()
        self._kept: Tensor | None = None
        self._fits = len(folders.files) * 3 * size * size <= memory

    def __len__(self) -> int:
        """Return the number of images that are not left out."""
        return len(self._files) - self.unreadable

    def load(self, tick: Callable[[int], object] = lambda seen: None) -> None:
        """Decode all images now, if they fit into memory.

        Args:
            tick: called with the number of images decoded so far.
        """
        if not self._fits or self._kept is not None:
            return
        kept = torch.empty((len(self._files), 3, self._size, self._size), dtype=torch.uint8)
        for place, picture in enumerate(self._pool.map(self._decoded, range(len(self._files)))):
            if picture is not None:
                kept[place] = picture
            tick(place + 1)
        self._kept = kept

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[Batch]:
        """Yield the images in batches; a batch with unreadable images is smaller, and may be empty.

        Args:
            size: images per batch.
            order: the indices of the images; by default all, in their order.
        """
        chosen = torch.arange(len(self._files)) if order is None else order
        chunks = chosen.split(size)
        if self._kept is None:
            yield from self._streamed(chunks)
            return
        for chunk in chunks:
            good = self._readable(chunk)
            yield self._kept[good], self.labels[good]

    def report(self) -> None:
        """Log the number of unreadable images, if the log does not name all of them."""
        if self.unreadable > _NAMED:
            logger.warning("%d images cannot be read and are left out", self.unreadable)

    def _readable(self, chunk: Tensor) -> Tensor:
        if not self._bad:
            return chunk
        return torch.tensor([place for place in chunk.tolist() if place not in self._bad], dtype=torch.long)

    def _streamed(self, chunks: Iterable[Tensor]) -> Iterator[Batch]:
        """Decode batches in advance, while the caller uses earlier ones."""
        pending: deque[list[tuple[int, Future[Tensor | None]]]] = deque()
        for chunk in chunks:
            places = self._readable(chunk).tolist()
            pending.append([(place, self._pool.submit(self._decoded, place)) for place in places])
            if len(pending) > _AHEAD:
                yield self._gathered(pending.popleft())
        while pending:
            yield self._gathered(pending.popleft())

    def _gathered(self, chunk: list[tuple[int, Future[Tensor | None]]]) -> Batch:
        found = [(place, picture) for place, future in chunk if (picture := future.result()) is not None]
        if not found:
            return torch.empty((0, 3, self._size, self._size), dtype=torch.uint8), self.labels[:0]
        places, pictures = zip(*found, strict=True)
        return torch.stack(pictures), self.labels[list(places)]

    def _decoded(self, place: int) -> Tensor | None:
        file = self._files[place]
        try:
            return decode(file, self._size)
        except MemoryError:
            raise
        except Exception as error:  # decoders raise errors of any kind on broken files
            self._leave_out(place, file, error)
            return None

    def _leave_out(self, place: int, file: str, error: Exception) -> None:
        with self._lock:
            if place in self._bad:
                return
            self._bad.add(place)
            self.unreadable += 1
            count = self.unreadable
        if count <= _NAMED:
            logger.warning("left out %r, which cannot be read as an image: %s", file, error)


def decode(file: str, size: int) -> Tensor:
    """Return an image as 3 x size x size bytes: upright, RGB, scaled, and cropped to its middle.

    Raises:
        OSError: the file is not a valid image; Pillow raises other errors too.
    """
    with Image.open(file, formats=_FORMATS) as image:
        image.draft("RGB", (size, size))  # decodes a large JPEG at a reduced size, which is faster
        upright = ImageOps.exif_transpose(image)
        colours = _eight_bits(upright).convert("RGB")
    square = ImageOps.fit(colours, (size, size), Image.Resampling.BILINEAR)
    flat = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8)
    return flat.reshape(size, size, 3).permute(2, 0, 1)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit greys, which Pillow would otherwise clip at 255."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (255 / 65535))
    return image


def _shorter_side(file: str) -> int:
    """Return the shorter side of an image in pixels, from its header; 0 if it cannot be read."""
    try:
        with Image.open(file, formats=_FORMATS) as image:
            return int(min(image.size))
    except Exception:  # as above; decoding it reports the error
        return 0
