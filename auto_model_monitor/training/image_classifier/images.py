"""Images: decoded with Pillow to one size, kept in memory where they fit, and shown in batches."""

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

# Only these decoders are let at files of unknown origin; Pillow has some that start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_NAMED = 10  # unreadable images that the log names; the rest are counted
_SAMPLE = 200  # images whose size is looked at
_MEMORY = 1 << 30  # bytes of decoded images that are kept
_AHEAD = 3  # batches that are decoded while another is learnt from

Batch = tuple[Tensor, Tensor]  # images n x 3 x size x size, 0 to 255; their classes' numbers


def usual_size(folders: ClassFolders) -> int:
    """Return the size in pixels at which to train on these images, from the headers of some of them.

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

    Images that cannot be read are left out; the first few are named in the log.

    Attributes:
        labels: the class's number of each image, those left out included.
        unreadable: how many images were left out so far.
    """

    def __init__(self, folders: ClassFolders, size: int, *, threads: int, memory: int = _MEMORY) -> None:
        """Take the images; nothing is read yet.

        Args:
            folders: where they are.
            size: pixels a side; what is larger is cut to its middle.
            threads: how many images are decoded at a time.
            memory: bytes of decoded images that may be kept.
        """
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
        """Return how many images there are, those left out not included."""
        return len(self._files) - self.unreadable

    def load(self, tick: Callable[[int], object] = lambda seen: None) -> None:
        """Decode all images now, where they fit into memory; later batches cost nothing then.

        Args:
            tick: called with the number of images that were decoded so far.
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
        """Yield the images in batches; one from which images were left out is smaller, and may be empty.

        Args:
            size: images a batch.
            order: the images' numbers, by default all in their order.
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
        """Log how many images could not be read, where not all of them were named."""
        if self.unreadable > _NAMED:
            logger.warning("%d images cannot be read and are left out", self.unreadable)

    def _readable(self, chunk: Tensor) -> Tensor:
        if not self._bad:
            return chunk
        return torch.tensor([place for place in chunk.tolist() if place not in self._bad], dtype=torch.long)

    def _streamed(self, chunks: Iterable[Tensor]) -> Iterator[Batch]:
        """Decode each batch while those before it are learnt from."""
        waiting: deque[list[tuple[int, Future[Tensor | None]]]] = deque()
        for chunk in chunks:
            places = self._readable(chunk).tolist()
            waiting.append([(place, self._pool.submit(self._decoded, place)) for place in places])
            if len(waiting) > _AHEAD:
                yield self._gathered(waiting.popleft())
        while waiting:
            yield self._gathered(waiting.popleft())

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
        except Exception as error:  # whatever a decoder raises on a broken file: there is no list of it
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
    """Return an image as 3 x size x size bytes: upright, in colours, scaled, and cut to its middle.

    Raises:
        OSError: the file is no image, or a broken one; Pillow raises other errors, too.
    """
    with Image.open(file, formats=_FORMATS) as image:
        image.draft("RGB", (size, size))  # a JPEG of many pixels is decoded smaller, and faster
        upright = ImageOps.exif_transpose(image)
        colours = _eight_bits(upright).convert("RGB")
    square = ImageOps.fit(colours, (size, size), Image.Resampling.BILINEAR)
    flat = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8)
    return flat.reshape(size, size, 3).permute(2, 0, 1)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit greys, which Pillow would otherwise cut off at 255."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (255 / 65535))
    return image


def _shorter_side(file: str) -> int:
    """Return the shorter side of an image in pixels from its header, 0 where it has none."""
    try:
        with Image.open(file, formats=_FORMATS) as image:
            return int(min(image.size))
    except Exception:  # as above; reading it will say so
        return 0
