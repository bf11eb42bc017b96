"""The checkpoint that is published: weights to fine-tune from, without what names the machine they were made on."""

from pathlib import Path

from vision.training.runtime import import_ultralytics

__all__ = ["save_weights"]

KEPT = ("model", "date", "version")
PRIVATE = ("data", "model", "name", "project", "save_dir", "resume", "cfg")  # training arguments that hold paths


def save_weights(checkpoint: Path, out: Path, licence: str) -> None:
    """Write the network of `checkpoint` as an Ultralytics checkpoint to start a training from."""
    import_ultralytics()
    import torch

    content = torch.load(checkpoint, map_location="cpu", weights_only=False)
    slim = {key: content.get(key) for key in KEPT}
    slim["model"] = content.get("ema") or content["model"]
    slim["train_args"] = {key: value for key, value in content["train_args"].items() if key not in PRIVATE}
    slim["model"].args = dict(slim["train_args"])
    slim["model"].pt_path = out.name
    torch.save(slim | {"epoch": -1, "license": licence}, out)
