"""Checkpoints from which a killed training goes on exactly, and which are never half-written.

Ultralytics keeps only the average of the weights, in half precision; going on from it is another training.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from vision.files import replacing
from vision.training.runtime import import_ultralytics

__all__ = ["State", "exact_checkpoints", "read_state", "restore_exactly", "strip"]


class State(NamedTuple):
    """How far the training that wrote a checkpoint had come; both epochs count from 1."""

    epoch: int
    best_epoch: int
    over: bool


@contextmanager
def exact_checkpoints(trainer: Any) -> Iterator[None]:
    """Within the context Ultralytics writes last.pt and best.pt beside their places, which they take at its end.

    last.pt also gets the weights, their average and the optimizer in full.
    """
    import torch
    from ultralytics.utils.torch_utils import unwrap_model

    finals = trainer.best, trainer.last
    best, last = unfinished = [path.with_suffix(".unfinished") for path in finals]
    for path in unfinished:
        path.unlink(missing_ok=True)  # of a run that was killed here
    trainer.best, trainer.last = unfinished
    try:
        yield
    finally:
        trainer.best, trainer.last = finals
    checkpoint = torch.load(last, map_location="cpu", weights_only=False)
    checkpoint["exact"] = {
        "model": unwrap_model(trainer.model).state_dict(),
        "ema": trainer.ema.ema.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "over": bool(trainer.stop),
    }
    torch.save(checkpoint, last)
    if best.is_file():
        best.replace(finals[0])  # before last.pt: killed in between, the epoch is done again and nothing is lost
    last.replace(finals[1])


def restore_exactly(trainer: Any, checkpoint: dict[str, Any]) -> None:
    """Put what `exact_checkpoints` added into a trainer that has loaded the rest."""
    from ultralytics.utils.torch_utils import unwrap_model

    exact = checkpoint["exact"]
    unwrap_model(trainer.model).load_state_dict(exact["model"])
    trainer.ema.ema.load_state_dict(exact["ema"])
    trainer.optimizer.load_state_dict(exact["optimizer"])


def read_state(last: Path) -> State | None:
    """Return how far the training of this last.pt had come; None if there is no such file, or it is stripped."""
    import_ultralytics()
    import torch

    if not last.is_file():
        return None
    checkpoint = torch.load(last, map_location="cpu", weights_only=False)
    if not checkpoint.get("exact"):
        return None
    return State(checkpoint["epoch"] + 1, checkpoint["stopper"]["best_epoch"], checkpoint["exact"]["over"])


def strip(path: Path) -> None:
    """Leave in a checkpoint what using it takes, not what going on takes; a stripped one stays as it is."""
    from ultralytics.utils.torch_utils import strip_optimizer

    with replacing(path) as unfinished:
        strip_optimizer(path, s=str(unfinished), updates={"exact": None})
