import pytest

from tests.datasets.view.drawn import labelled, labels
from vision.datasets.labels import LabelledPhoto
from vision.datasets.view.suspicion import label_suspicions, model_suspicions, suspicions
from vision.datasets.view.trust import Trust, measure_trust
from vision.detections import Detections

NAMES_HERE = ("bin", "litter", "graffiti")
TRUST = Trust(
    bar=dict.fromkeys(NAMES_HERE, 0.5),
    hit={"bin": 0.9, "litter": 0.5, "graffiti": 0.8},
    seen={"bin": (0.2, 0.6, 0.8), "litter": (0.4, 0.4, 0.4), "graffiti": (0.7, 0.7, 0.7)},
)
BIN = ("bin", [50.0, 20, 100, 80])  # a third of the photo's side: large
NOTHING = labels()


@pytest.mark.parametrize(
    ("photo", "found", "expected"),
    [
        pytest.param(labelled(BIN), labels(BIN, scores=[0.9]), [], id="agreed"),
        pytest.param(labelled(), labels(BIN, scores=[0.8]), [("missing", 0.72, None, 0)], id="nothing labelled"),
        pytest.param(labelled(), labels(BIN, scores=[0.4]), [], id="not confident"),
        pytest.param(labelled(annotated="litter"), labels(BIN, scores=[0.9]), [], id="category not annotated"),
        pytest.param(
            labelled(BIN), labels(("bin", [55, 25, 75, 45]), BIN, scores=[0.9, 0.9]), [], id="part of a labelled thing"
        ),
        pytest.param(labelled(BIN), NOTHING, [("doubtful", 0.8, 0, None)], id="nothing seen"),
        pytest.param(
            labelled(BIN), labels(BIN, scores=[0.05]), [("doubtful", 0.48, 0, None)], id="hardly anything seen"
        ),
        pytest.param(labelled(BIN), labels(BIN, scores=[0.2]), [], id="weakly seen"),
        pytest.param(
            labelled(("bin", [50, 20, 58, 28])), NOTHING, [("doubtful", 0.6, 0, None)], id="small ones are seen less"
        ),
        pytest.param(labelled(BIN, annotated="litter"), NOTHING, [], id="labelled although not annotated"),
        pytest.param(
            labelled(BIN),
            labels(("graffiti", BIN[1]), ("bin", BIN[1]), scores=[0.9, 0.1]),
            [("category", 0.9 * 0.8 * 0.9, 0, 0)],
            id="other category",
        ),
        pytest.param(
            labelled(("bin", [0, 20, 50, 60])),
            labels(("bin", [20, 20, 70, 60]), scores=[0.8]),
            [("loose", 0.8 * 0.9 * (0.5 - 3 / 7) / 0.2, 0, 0)],
            id="overlaps by three sevenths",
        ),
    ],
)
def test_what_a_model_says_against_labels(
    photo: LabelledPhoto, found: Detections, expected: list[tuple[str, float, int | None, int | None]]
) -> None:
    got = model_suspicions(photo, found, TRUST)
    assert [(s.kind, s.label, s.prediction) for s in got] == [(kind, *about) for kind, _, *about in expected]
    assert [s.score for s in got] == pytest.approx([score for _, score, *_ in expected], abs=1e-3)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        pytest.param([BIN, ("bin", [0, 0, 40, 40])], [], id="two bins"),
        pytest.param([BIN, ("litter", [50, 20, 100, 79])], [("duplicate", 59 / 60, 1)], id="one thing twice"),
        pytest.param([("bin", [150, 20, 250, 80])], [("outside", 0.75, 0)], id="half outside"),
        pytest.param([("bin", [150, 20, 200.5, 80])], [], id="rounding"),
        pytest.param([("litter", [10, 10, 10.5, 30])], [("tiny", 0.75, 0)], id="half a pixel wide"),
    ],
)
def test_boxes_that_are_odd_by_themselves(
    boxes: list[tuple[str, list[float]]], expected: list[tuple[str, float, int]]
) -> None:
    got = label_suspicions(labelled(*boxes))
    assert [(s.kind, s.label) for s in got] == [(kind, label) for kind, _, label in expected]
    assert [s.score for s in got] == pytest.approx([score for _, score, _ in expected])


def test_of_unreadable_photos_nothing_else_is_said() -> None:
    found = suspicions([labelled(BIN)] * 2, [NOTHING] * 2, unreadable={1})
    assert [[s.kind for s in of_photo] for of_photo in found] == [["doubtful"], ["unreadable"]]


def test_trust_follows_how_often_the_model_is_right() -> None:
    photos = [labelled(BIN, annotated="bin")] * 12 + [labelled(annotated="bin")] * 3
    found = [labels(BIN, scores=[0.8])] * 11 + [NOTHING] + [labels(BIN, scores=[0.9])] * 3
    trust = measure_trust(photos, found)
    assert trust.bar == {"bin": pytest.approx(0.8)}
    assert trust.hit == {"bin": pytest.approx((11 + 1) / (14 + 2))}
    overall = (11 + 1) / (12 + 2)
    assert trust.seen["bin"] == pytest.approx((overall, overall, (11 + 2 * overall) / (12 + 2)))


def test_few_finds_leave_the_bar_at_a_half() -> None:
    assert measure_trust([labelled(BIN)], [labels(BIN, scores=[0.9])]).bar["bin"] == 0.5


def test_the_strongest_suspicion_comes_first_and_foreign_names_are_ignored() -> None:
    foreign = Detections.of([[0, 0, 9, 9]], [0.99], [0], ("dog",))
    photo = labelled(BIN, ("bin", [150, 10, 200, 50]), ("bin", [151, 10, 200, 50]))
    assert [s.kind for s in suspicions([photo], [foreign])[0]] == ["duplicate"]
    seen = labels(BIN, ("bin", [150, 10, 200, 50]), ("litter", [10, 70, 40, 90]), scores=[0.9, 0.9, 0.9])
    scores = [s.score for s in suspicions([photo], [seen])[0]]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
