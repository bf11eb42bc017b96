import numpy as np

from tests.datasets.photos import labelled
from vision.categories import NAMES
from vision.detections import Detections
from vision.evaluation.screening.false_alarms import false_alarms

LITTER = NAMES.index("litter")


def test_false_alarms_count_photos_and_only_what_the_source_labels() -> None:
    clean = [labelled([], [], {"litter", "bin"}) for _ in range(4)]
    litter, shy, bin_only, posting = (
        Detections.of([[0, 0, 9, 9]], [score], [NAMES.index(name)])
        for name, score in (("litter", 0.6), ("litter", 0.4), ("bin", 0.9), ("illegal_posting", 0.9))
    )
    alarms = false_alarms(clean, [litter, shy, bin_only, posting], dict.fromkeys(NAMES, 0.5))
    assert [(alarm.photos, alarm.alarms) for alarm in alarms] == [(4, 1)]
    dirty = [labelled(np.array([[0, 0, 9, 9]]), [LITTER], {"litter"})]
    assert false_alarms(dirty, [litter], dict.fromkeys(NAMES, 0.5)) == []
