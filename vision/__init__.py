"""CleanLane's detector: knows no web and no database, runs without torch."""

from vision.detections import Detections
from vision.images import Photo, read_photo
from vision.inference.detector import Detector

__all__ = ["Detections", "Detector", "Photo", "read_photo"]
