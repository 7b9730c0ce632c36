"""How good are the paintings? Losses of a model on photographs it was not trained on.

Beside it stand the photograph itself, which nothing has painted; a reference network, trained on
the same photographs for as many steps (Johnson et al. 2016); and the optimisation of every single
picture (Gatys et al. 2016), which is the best that the losses can do, given time.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from realtime.engine import OnnxStylizer
from realtime.errors import OptionError
from realtime.frame import Image
from realtime.model import ModelDescription
from realtime.styles import parse_style

from .blends import BLENDS
from .checkpoint import load_checkpoint
from .dataset import SUFFIXES, list_pictures, read_picture, resize_short_side, to_tensor
from .onnx_export import to_onnx
from .optimize import OptimizationOptions, optimization_steps
from .paintings import read_painting
from .perceptual import LossNetwork, content_loss, style_loss, style_targets, total_variation

PHOTOGRAPH = "photograph"
OURS = "stylecam"
REFERENCE = "reference"
OPTIMISATION = "optimisation_{}"
RUNS = 3
"""Paintings of each photograph that are timed; their median counts."""


@dataclass(frozen=True)
class EvaluationOptions:
    """What is evaluated, and how thoroughly.

    Attributes:
        photographs: number of held-out photographs, spread evenly over the folder.
        optimized: number of these that the optimisation paints as well; it takes minutes for each.
        iterations: of the optimisation after which it is looked at, rising.
        from_noise: the optimisation starts from noise, as Gatys et al. did, not the photograph.
        size: shorter side of the photographs, in pixels.
        style_size: shorter side of the paintings, in pixels, times a painting's own scale.
        content_weight: weight of the content loss in the total.
        style_weight: weight of the style loss in the total.
        variation_weight: weight of the total variation in the total.
        strength: paint at this strength too, 0..1, and blend photograph and painting in the ways
            of `export.blends` by as much; None does neither.
    """

    photographs: int = 8
    optimized: int = 1
    iterations: tuple[int, ...] = (100, 300)
    from_noise: bool = False
    size: int = 360
    style_size: int = 512
    content_weight: float = 1.0
    style_weight: float = 6.0
    variation_weight: float = 0.1
    strength: float | None = None


@dataclass(frozen=True)
class Picture:
    """One painting, and what the losses say of it.

    Attributes:
        photograph: name of the photograph.
        style: name of the style.
        contender: who painted it.
        image: uint8 [H, W, 3], RGB.
        content: content loss, relative.
        style_loss: style loss, relative.
        total: weighted sum of these and of the total variation.
        milliseconds: time to paint it; None where nothing was painted.
    """

    photograph: str
    style: str
    contender: str
    image: Image
    content: float
    style_loss: float
    total: float
    milliseconds: float | None


@dataclass(frozen=True)
class Score:
    """Means over photographs, for one style and one contender; fields as in `Picture`."""

    style: str
    contender: str
    photographs: int
    content: float
    style_loss: float
    total: float
    milliseconds: float | None


Painter = Callable[[Image], Image]


class Judge:
    """Measures paintings of one style.

    Args:
        network: the loss network.
        painting: the style, uint8 [H, W, 3].
        options: weights of the total.
        device: where the network is.
    """

    def __init__(
        self,
        network: LossNetwork,
        painting: Image,
        options: EvaluationOptions,
        device: str,
    ) -> None:
        self.network = network
        self.device = device
        self.painting = self.to_tensor(painting)
        self._options = options
        self._targets = style_targets(network, self.painting)

    def to_tensor(self, image: Image) -> Tensor:
        """[1, 3, H, W] in 0..1, where the network is."""
        return to_tensor([image]).to(self.device)

    def __call__(self, image: Image, photograph: Image) -> tuple[float, float, float]:
        """Content, style and total loss of ``image`` as a painting of ``photograph``."""
        options = self._options
        with torch.no_grad():
            painted = self.to_tensor(image)
            features = self.network(painted)
            content = content_loss(features, self.network(self.to_tensor(photograph))).item()
            style = style_loss(self.network, features, self._targets).item()
            variation = total_variation(painted).item()
        total = (
            options.content_weight * content
            + options.style_weight * style
            + options.variation_weight * variation
        )
        return content, style, total


def evaluate(
    model: Path | None,
    content: Path,
    paintings: Path,
    network: LossNetwork,
    options: EvaluationOptions = EvaluationOptions(),
    *,
    reference: Path | None = None,
    styles: Sequence[str] = (),
    device: str = "cpu",
    on_picture: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[Picture]:
    """Paint held-out photographs and measure the results.

    Args:
        model: an ONNX file; None takes the one that ships.
        content: folder of photographs; with a manifest, only those held out are used.
        paintings: folder of the paintings, named after the styles.
        network: the loss network that judges.
        options: see `EvaluationOptions`.
        reference: a checkpoint to compare with, for the styles it has.
        styles: names of the styles; none stands for all whose painting is there.
        device: where torch computes. The networks run on the processor, where they are compared.
        on_picture: called with the number of pictures done and to do.

    Yields:
        The pictures, style by style.

    Raises:
        OptionError: no painting for a style, a style that the model does not know, or an input
            that is missing.
        ModelError: the model cannot be used.
        SourceError: a picture cannot be read.
    """
    shown = _photographs(content, options)
    with ExitStack() as stack:
        stylizer = stack.enter_context(OnnxStylizer(model, device="cpu"))
        known = [style.name for style in stylizer.description.painted_styles]
        for name in styles:
            parse_style(name, stylizer.description)
        chosen = _find_paintings(paintings, styles or known, strict=bool(styles))
        networks = {OURS: stylizer}
        if reference is not None:
            networks[REFERENCE] = stack.enter_context(_open_reference(reference))
        optimized = len(options.iterations) * min(options.optimized, len(shown))
        weaker = 0 if options.strength is None else 1 + len(BLENDS)
        todo = sum(
            len(shown) * (1 + weaker + len(_able(networks, style))) + optimized for style in chosen
        )
        done = 0
        for style, path in chosen.items():
            painting = read_painting(path, options.style_size)
            judge = Judge(network, painting, options, device)
            for picture in _pictures_of_style(style, judge, shown, _able(networks, style), options):
                yield picture
                done += 1
                on_picture(done, todo)


def score(pictures: Sequence[Picture]) -> list[Score]:
    """Means by style and contender, in the order in which they come."""
    groups: dict[tuple[str, str], list[Picture]] = {}
    for picture in pictures:
        groups.setdefault((picture.style, picture.contender), []).append(picture)
    return [
        Score(
            style,
            contender,
            len(group),
            statistics.fmean(p.content for p in group),
            statistics.fmean(p.style_loss for p in group),
            statistics.fmean(p.total for p in group),
            _mean_time(group),
        )
        for (style, contender), group in groups.items()
    ]


def _mean_time(group: Sequence[Picture]) -> float | None:
    times = [p.milliseconds for p in group if p.milliseconds is not None]
    return statistics.fmean(times) if times else None


def _photographs(content: Path, options: EvaluationOptions) -> dict[str, Image]:
    paths = list_pictures(content, "heldout")
    count = min(options.photographs, len(paths))
    spread = [paths[index * len(paths) // count] for index in range(count)]
    return {
        path.relative_to(content).as_posix(): resize_short_side(read_picture(path), options.size)
        for path in spread
    }


def _find_paintings(folder: Path, names: Sequence[str], *, strict: bool) -> dict[str, Path]:
    """The painting of each style; where ``strict``, of every one."""
    if not folder.is_dir():
        raise OptionError(f"{folder} is not a folder of paintings")
    files = {path.stem: path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES}
    found = {name: files[name] for name in names if name in files}
    missing = [name for name in names if name not in files]
    if not found or (strict and missing):
        raise OptionError(
            f"{folder} has no painting named {', '.join(missing)}; the style of a model is judged"
            " by the painting of its name"
        )
    return found


def _open_reference(checkpoint: Path) -> OnnxStylizer:
    """The reference in the same runtime as ours, so that their times can be compared."""
    trained = load_checkpoint(checkpoint)
    description = ModelDescription(trained.styles, trained.config.to_dict())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reference.onnx"
        path.write_bytes(to_onnx(trained.build().eval(), description).SerializeToString())
        return OnnxStylizer(path, device="cpu")


def _able(networks: Mapping[str, OnnxStylizer], style: str) -> dict[str, OnnxStylizer]:
    """Those of ``networks`` that know ``style``."""
    return {
        name: stylizer
        for name, stylizer in networks.items()
        if style in (known.name for known in stylizer.description.painted_styles)
    }


def _pictures_of_style(
    style: str,
    judge: Judge,
    shown: Mapping[str, Image],
    networks: Mapping[str, OnnxStylizer],
    options: EvaluationOptions,
) -> Iterator[Picture]:
    for index, (name, photograph) in enumerate(shown.items()):

        def measured(
            contender: str,
            image: Image,
            milliseconds: float | None,
            name: str = name,
            photograph: Image = photograph,
        ) -> Picture:
            losses = judge(image, photograph)
            return Picture(name, style, contender, image, *losses, milliseconds)

        yield measured(PHOTOGRAPH, photograph, None)
        for contender, stylizer in networks.items():
            stylizer.set_style(parse_style(style, stylizer.description))
            yield measured(contender, *_timed(stylizer, photograph))
            if contender == OURS and options.strength is not None:
                for way, image in _at_strength(stylizer, photograph, options.strength).items():
                    yield measured(way, image, None)
        if index < options.optimized and options.iterations:
            for iteration, image, milliseconds in _optimized(photograph, judge, options):
                yield measured(OPTIMISATION.format(iteration), image, milliseconds)


def _at_strength(stylizer: OnnxStylizer, photograph: Image, strength: float) -> dict[str, Image]:
    """Paintings at less than full strength, by how they came about."""
    painting = stylizer(photograph)
    stylizer.strength = strength
    weaker = {f"{OURS}_at_{strength:g}": stylizer(photograph)}
    stylizer.strength = 1.0
    blends = {name: blend(photograph, painting, strength) for name, blend in BLENDS.items()}
    return weaker | blends


def _timed(paint: Painter, photograph: Image) -> tuple[Image, float]:
    """The painting, and the median time of some runs after the first."""
    image = paint(photograph)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        paint(photograph)
        times.append(1000 * (time.perf_counter() - start))
    return image, statistics.median(times)


def _optimized(
    photograph: Image, judge: Judge, options: EvaluationOptions
) -> Iterator[tuple[int, Image, float]]:
    """The iteration, the picture and the time until then, at each of ``options.iterations``."""
    settings = OptimizationOptions(
        steps=max(options.iterations),
        content_weight=options.content_weight,
        style_weight=options.style_weight,
        variation_weight=options.variation_weight,
        from_noise=options.from_noise,
    )
    steps = optimization_steps(judge.to_tensor(photograph), judge.painting, judge.network, settings)
    seconds = 0.0
    for step in range(1, settings.steps + 1):
        start = time.perf_counter()
        picture, _ = next(steps)
        seconds += time.perf_counter() - start
        if step in options.iterations:
            yield step, _to_image(picture), 1000 * seconds


def _to_image(picture: Tensor) -> Image:
    pixels: Image = picture[0].mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(pixels)
