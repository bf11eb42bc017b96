"""Labels in and out: COCO, YOLO, Pascal VOC, LabelMe, CVAT and Label Studio, checked against the photos."""

from vision.datasets.formats.files import Format, LabelFile, detect_format, fix_labels, read_labels, read_source
from vision.datasets.formats.findings import Code, Finding
from vision.datasets.formats.write import Images, losses, write_labels

__all__ = [
    "Code",
    "Finding",
    "Format",
    "Images",
    "LabelFile",
    "detect_format",
    "fix_labels",
    "losses",
    "read_labels",
    "read_source",
    "write_labels",
]
