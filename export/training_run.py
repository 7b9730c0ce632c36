"""A training from files to a checkpoint, which goes on where an earlier one was stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from realtime.errors import OptionError, SinkError

from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from .dataset import Photographs
from .loss_networks import load_loss_network
from .options import TrainingOptions
from .paintings import LearningHints, learning_hints
from .perceptual import LossNetwork
from .preview import write_preview
from .train import Progress, Trainer

CHECKPOINT_NAME = "checkpoint.pt"


def train(
    paintings: list[Path],
    content: Path,
    loss_network: str,
    output: Path,
    options: TrainingOptions,
    *,
    add_to: Path | None = None,
    start_from: Path | None = None,
    every: int = 250,
    device: str = "cpu",
    on_step: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Train from files to a checkpoint, going on where an earlier run in ``output`` was stopped.

    Args:
        paintings: one picture a style.
        content: folder of photographs.
        loss_network: name or file, see `export.loss_networks.load_loss_network`.
        output: folder for ``checkpoint.pt`` and ``preview.png``.
        options: see `TrainingOptions`; with ``add_to`` the network's shape is that checkpoint's.
        add_to: add the styles to this checkpoint; its trunk and styles stay as they are.
        start_from: a checkpoint of the same styles whose weights to start from.
        every: steps between checkpoints and previews.
        device: a torch device.
        on_step: called after every step.

    Returns:
        The path of the checkpoint.

    Raises:
        OptionError: an input is missing or damaged, or the folder holds another training.
        SinkError: the folder cannot be written.
        SourceError: a painting cannot be read.
    """
    path = output / CHECKPOINT_NAME
    _check_folder(output)
    if add_to and start_from:
        raise OptionError("give --add-to, which trains new styles only, or --start-from, not both")
    base = load_checkpoint(add_to) if add_to else None
    start = load_checkpoint(start_from) if start_from else None
    if base is not None:
        options = replace(options, network=base.config)
    earlier = load_checkpoint(path) if path.is_file() else None
    if earlier is not None and options.learning_rate is None:
        options = replace(options, learning_rate=earlier.training["learning_rate"])
    options = options.with_rate(is_trained=bool(base or start))
    if earlier is not None:
        _check_resumable(earlier, options, path)
        _check_hints(earlier, paintings, path)
    judge = load_loss_network(loss_network)
    if earlier is not None:
        _check_judge(earlier, judge, path)
    photographs = Photographs(content, crop=options.crop)
    trainer = Trainer(
        paintings,
        photographs,
        judge,
        options,
        base=base,
        start=start,
        device=torch.device(device),
    )
    if earlier is not None:
        trainer.resume(earlier)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{output} cannot be made: {error.strerror}") from error
    for progress in trainer.run():
        on_step(progress)
        if progress.step % every == 0 or progress.step == options.steps:
            save_checkpoint(trainer.checkpoint(), path)
            write_preview(trainer, content, output / "preview.png")
    return path


def _check_folder(output: Path) -> None:
    """Refuse a folder that cannot be written, before any work is done."""
    if output.exists() and not output.is_dir():
        raise SinkError(f"{output} is a file; give a folder for the training")
    nearest = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
    if not os.access(nearest, os.W_OK):
        raise SinkError(f"{output} cannot be written: permission denied in {nearest}")


def _check_judge(earlier: Checkpoint, judge: LossNetwork, path: Path) -> None:
    before = earlier.training.get("loss_network", judge.name)
    if before != judge.name:
        raise OptionError(
            f"{path} belongs to a training with the loss network '{before}'; give it with"
            " --loss-network, or another folder for -o"
        )


def _check_hints(earlier: Checkpoint, paintings: list[Path], path: Path) -> None:
    """Refuse to go on with a painting at another scale or weight than the run began with."""
    before = earlier.training.get("hints", {})
    for painting in paintings:
        now, then = learning_hints(painting), LearningHints(**before.get(painting.stem, {}))
        if now != then:
            raise OptionError(
                f"{path} belongs to a training of {painting.name} with scale {then.scale:g} and"
                f" weight {then.weight:g} instead of {now.scale:g} and {now.weight:g}; say so in"
                f" {painting.with_suffix('.toml').name} to go on, or use another folder for -o"
            )


def _check_resumable(earlier: Checkpoint, options: TrainingOptions, path: Path) -> None:
    """Refuse to go on with other options than those the run began with, but for its length."""
    before = TrainingOptions.from_dict(earlier.training).to_dict()
    now = options.to_dict()
    now["steps"] = before["steps"]
    changed = [key for key in now if now[key] != before[key]]
    if changed:
        listed = ", ".join(
            f"--{key.replace('_', '-')} {before[key]} instead of {now[key]}" for key in changed
        )
        raise OptionError(
            f"{path} belongs to a training with {listed}; use the same options to go on, or"
            " another folder for -o"
        )
