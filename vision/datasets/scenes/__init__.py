"""Draw street scenes with labels, and example photos as a town hands them over; none of them shows a real place."""

from vision.datasets.scenes.examples import write_examples
from vision.datasets.scenes.scene import SceneKind, draw_scene

__all__ = ["SceneKind", "draw_scene", "write_examples"]
