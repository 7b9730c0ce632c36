"""Pictures to train on: photographs, paintings, and pairs as two moments of a video."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from realtime.errors import OptionError, SourceError
from realtime.frame import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
_logger = logging.getLogger(__name__)


def read_picture(path: Path) -> Image:
    """Read a picture as uint8 RGB [H, W, 3].

    Raises:
        SourceError: missing or not a picture.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if decoded is None:
        raise SourceError(f"{path} is not a picture that can be read (JPEG, PNG, WebP, TIFF, BMP)")
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def resize_short_side(image: Image, side: int) -> Image:
    """Scale ``image`` so that its shorter side has ``side`` pixels."""
    height, width = image.shape[:2]
    factor = side / min(height, width)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(image, size, interpolation=method).astype(np.uint8, copy=False)


def cover(image: Image, width: int, height: int) -> Image:
    """The middle of ``image``, scaled to fill ``width`` x ``height`` pixels."""
    scale = max(width / image.shape[1], height / image.shape[0])
    size = (max(width, round(image.shape[1] * scale)), max(height, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(image, size, interpolation=method)
    top, left = (scaled.shape[0] - height) // 2, (scaled.shape[1] - width) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width], np.uint8)


def to_tensor(images: Sequence[Image]) -> Tensor:
    """Stack uint8 pictures [H, W, 3] of one size to float [N, 3, H, W] in 0..1."""
    stacked = torch.from_numpy(np.stack(images))
    return stacked.permute(0, 3, 1, 2).float() / 255


def list_pictures(folder: Path, split: str | None = None) -> list[Path]:
    """The pictures of a folder, in order.

    Args:
        folder: with pictures, at any depth.
        split: where the folder has a ``MANIFEST.csv`` with the columns ``file`` and ``split``,
            only the files of this split.

    Raises:
        OptionError: not a folder, or no picture in it.
    """
    if not folder.is_dir():
        raise OptionError(f"{folder} is not a folder of photographs")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    manifest = folder / "MANIFEST.csv"
    if split is not None and manifest.is_file():
        with manifest.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if rows and "split" in rows[0]:
            chosen = {row["file"] for row in rows if row["split"] == split}
            paths = [path for path in paths if path.name in chosen]
    if not paths:
        raise OptionError(f"{folder} has no pictures (JPEG, PNG, WebP, TIFF, BMP)")
    return paths


class Photographs:
    """Random square crops of a folder of photographs, decoded once and kept in memory."""

    def __init__(self, folder: Path, *, crop: int, split: str | None = "train") -> None:
        self.crop = crop
        self.images: list[Image] = []
        for path in list_pictures(folder, split):
            try:
                image = read_picture(path)
            except SourceError as error:
                _logger.warning("%s; left out", error)
                continue
            # Anything much larger than the crop only costs memory.
            largest = 2 * crop
            small = image if min(image.shape[:2]) <= largest else resize_short_side(image, largest)
            self.images.append(small)
        if not self.images:
            raise OptionError(f"{folder} has no picture that can be read")

    def batch(self, size: int, random: np.random.Generator) -> Tensor:
        """Draw ``size`` crops as float [size, 3, crop, crop] in 0..1.

        Scale, mirroring, exposure, contrast and colour vary, since the network must paint dim and
        pale frames as boldly as good photographs.
        """
        images = [
            self._crop(self.images[random.integers(len(self.images))], random) for _ in range(size)
        ]
        return vary_light(to_tensor(images), random)

    def _crop(self, image: Image, random: np.random.Generator) -> Image:
        side = int(random.integers(self.crop, self.crop * 3 // 2 + 1))
        image = resize_short_side(image, side)
        top, left = (int(random.integers(length - self.crop + 1)) for length in image.shape[:2])
        image = image[top : top + self.crop, left : left + self.crop]
        return np.ascontiguousarray(image[:, ::-1] if random.random() < 0.5 else image)


def vary_light(images: Tensor, random: np.random.Generator) -> Tensor:
    """Change exposure (gamma), contrast and colour cast of about two thirds of the pictures."""
    count = len(images)

    def draw(low: float, high: float, channels: int = 1) -> Tensor:
        values = random.uniform(low, high, (count, channels, 1, 1)).astype(np.float32)
        return torch.from_numpy(values)

    gamma = torch.exp2(draw(-0.8, 0.8))
    contrast, brightness, cast = draw(0.5, 1.1), draw(-0.1, 0.1), draw(0.9, 1.1, 3)
    varied = (images.clamp_min(1e-4) ** gamma - 0.5) * contrast + 0.5 + brightness
    chosen = torch.from_numpy(random.random((count, 1, 1, 1)) < 0.67)
    return torch.where(chosen, (varied * cast).clamp(0, 1), images)


@dataclass(frozen=True)
class Motion:
    """A synthetic movement between two pictures.

    Attributes:
        grid: sampling positions [N, H, W, 2] in -1..1, for `torch.nn.functional.grid_sample`.
        valid: [N, 1, H, W], 1 where the position lies inside the picture.
    """

    grid: Tensor
    valid: Tensor

    def to(self, device: torch.device) -> Motion:
        """The same movement on ``device``."""
        return Motion(self.grid.to(device), self.valid.to(device))

    def warp(self, images: Tensor) -> Tensor:
        """The moved ``images`` [N, C, H, W]."""
        return functional.grid_sample(images, self.grid, padding_mode="border", align_corners=False)


def random_motion(
    count: int, height: int, width: int, random: np.random.Generator, *, largest: float = 10.0
) -> Motion:
    """Smooth random movement plus a shift (ReReVST, Wang et al. 2020, section IV-B).

    Args:
        count: number of pictures.
        height: of the pictures, in pixels.
        width: of the pictures, in pixels.
        random: where the numbers come from.
        largest: largest shift, in pixels.
    """
    coarse = random.normal(0, 2.0, (count, 2, 4, 4)).astype(np.float32)
    smooth = functional.interpolate(
        torch.from_numpy(coarse), size=(height, width), mode="bicubic", align_corners=False
    )
    # Half of the pairs hold still but for the smooth part: a quiet room is where flicker shows.
    still = random.random((count, 1)) < 0.5
    shift = np.where(still, 0.0, random.uniform(-largest, largest, (count, 2)))
    scale: NDArray[np.float32] = np.where(still, 0.15, 1.0).astype(np.float32)
    flow = smooth * torch.from_numpy(scale)[:, :, None, None]
    flow = flow + torch.from_numpy(shift.astype(np.float32))[:, :, None, None]
    rows = torch.arange(height, dtype=torch.float32)[None, :, None] + flow[:, 1]
    columns = torch.arange(width, dtype=torch.float32)[None, None, :] + flow[:, 0]
    grid = torch.stack(((2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1), -1)
    valid = (grid.abs() <= 1).all(-1)[:, None].float()
    return Motion(grid, valid)


def camera_noise(images: Tensor, random: np.random.Generator) -> Tensor:
    """Add the noise of a webcam: Gaussian, partly blurred over neighbours, to [N, 3, H, W]."""
    count = len(images)
    sigma = torch.from_numpy(random.uniform(0, 0.03, (count, 1, 1, 1)).astype(np.float32))
    noise = torch.from_numpy(random.standard_normal(tuple(images.shape), dtype=np.float32))
    noise, sigma = noise.to(images.device), sigma.to(images.device)
    smooth = 2.0 * functional.avg_pool2d(noise, 3, 1, 1)
    blurred = torch.from_numpy(random.random((count, 1, 1, 1)) < 0.5)
    chosen = torch.where(blurred.to(images.device), smooth, noise)
    return (images + sigma * chosen).clamp(0, 1)
