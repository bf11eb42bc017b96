"""Events made by hand beside a truth made by hand: what each mistake costs."""

import datetime as dt
from typing import Any

import pytest

from vision.datasets.patrol.truth import PatrolTruth, TruthPanel, TruthProblem, View
from vision.errors import ResultError
from vision.evaluation.events.event_matching import track_of
from vision.evaluation.events.event_metrics import EventReport, Figures, score_events, score_tracks
from vision.footage.result import CameraInfo, Event, EventFile, Observation, Picture, Visit
from vision.inference.results import ModelInfo, ScreenedCategory

PILE, WALL, BIN, SMALL = (100, 100, 200, 200), (300, 100, 400, 200), (500, 100, 560, 200), (20, 20, 30, 30)
Corners = tuple[float, float, float, float]


def view(box: Corners, frames: range = range(60)) -> View:
    """Something that the camera passes: it moves to the left by a pixel a frame."""
    boxes = tuple((box[0] - i, box[1], box[2] - i, box[3]) for i in range(len(frames)))
    return View(frames=tuple(frames), boxes=boxes, visible=(1.0,) * len(frames))


def problem(name: str, categories: tuple[str, ...], box: Corners, to_find: bool = True, panel: int = 0) -> TruthProblem:
    kind = "wall" if "graffiti" in categories else categories[0]
    return TruthProblem(id=name, kind=kind, categories=categories, panel=panel, to_find=to_find, view=view(box))


@pytest.fixture
def truth() -> PatrolTruth:
    """Two panels side by side: the left one labels no posting, the right one nothing on the ground."""
    ground, walls = ("garbage_pile", "overflowing_bin"), ("graffiti", "illegal_posting")
    return PatrolTruth(
        recipe="drawn",
        split="test",
        seed=(0, 0),
        started=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        width=1000,
        height=300,
        fps=30,
        seconds=4,
        panels=(
            TruthPanel(photo="a/a.png", annotated=ground, view=view((60, 0, 280, 300))),
            TruthPanel(photo="b/b.png", annotated=walls, view=view((280, 0, 1000, 300))),
        ),
        problems=(
            problem("pile", ("garbage_pile",), PILE),
            problem("wall", ("graffiti", "illegal_posting"), WALL, panel=1),
            problem("bin", ("overflowing_bin",), BIN, to_find=False, panel=1),
        ),
    )


def looks(
    box: Corners, category: str = "garbage_pile", frames: range = range(0, 60, 6), score: float = 0.8
) -> list[Observation]:
    """What a perfect tracker sees of a box."""
    return [
        Observation(
            seconds=i / 30, category=category, score=score, box=(max(0, box[0] - i), box[1], box[2] - i, box[3])
        )
        for i in frames
    ]


def scored(truth: PatrolTruth, *tracks: list[Observation]) -> Figures:
    return score_tracks({"p": [track_of(track) for track in tracks]}, {"p": truth}).total


def test_perfect_events(truth: PatrolTruth) -> None:
    figures = scored(truth, looks(PILE), looks(WALL, "graffiti"))
    assert figures == Figures(problems=2, found=2, true_events=2, agreeing=2)
    assert (figures.recall, figures.precision, figures.duplicates, figures.count_error, figures.agreement) == (
        1,
        1,
        1,
        0,
        1,
    )


def test_nothing_is_found(truth: PatrolTruth) -> None:
    figures = scored(truth)
    assert figures == Figures(problems=2)
    assert (figures.recall, figures.precision, figures.duplicates, figures.count_error) == (0, None, None, -1)


def test_a_problem_that_is_reported_twice(truth: PatrolTruth) -> None:
    figures = scored(truth, looks(PILE, frames=range(30)), looks(PILE, frames=range(30, 60)), looks(WALL, "graffiti"))
    assert figures == Figures(problems=2, found=2, true_events=3, agreeing=3)
    assert (figures.recall, figures.precision, figures.duplicates, figures.count_error) == (1, 1, 1.5, 0.5)


def test_an_event_about_nothing_is_false(truth: PatrolTruth) -> None:
    figures = scored(truth, looks(PILE), looks((210, 210, 270, 290)))
    assert figures == Figures(problems=2, found=1, true_events=1, agreeing=1, false_events=1)
    assert (figures.recall, figures.precision, figures.count_error) == (0.5, 0.5, 0)


@pytest.mark.parametrize(
    ("box", "category"),
    [((220, 210, 270, 290), "graffiti"), ((700, 100, 800, 200), "garbage_pile")],
    ids=["a posting on the ground's panel", "a pile on the walls' panel"],
)
def test_what_a_panel_does_not_label_is_not_judged(truth: PatrolTruth, box: Corners, category: str) -> None:
    assert scored(truth, looks(box, category)) == Figures(problems=2, unjudged_events=1)


def test_an_event_where_no_panel_is_false(truth: PatrolTruth) -> None:
    late = [Observation(seconds=3.5, category="litter", score=0.5, box=(10, 10, 40, 40))]
    assert scored(truth, late) == Figures(problems=2, false_events=1)


def test_a_problem_that_need_not_be_found_is_neither_missed_nor_false(truth: PatrolTruth) -> None:
    assert scored(truth, looks(BIN, "overflowing_bin")) == Figures(problems=2, optional_events=1)


@pytest.mark.parametrize(
    "box",
    [(320, 120, 350, 150), (200, 50, 600, 250), (340, 100, 440, 200), (280, 120, 310, 150)],
    ids=["a member of the group", "a group round it", "shifted by 40 %", "a third of it inside"],
)
def test_groups_and_members(truth: PatrolTruth, box: Corners) -> None:
    figures = scored(truth, looks(box, "illegal_posting"))
    expected = 0 if box[0] == 280 else 1
    assert (figures.true_events, figures.false_events) == (expected, 1 - expected)


def test_the_category_may_be_wrong_but_is_counted(truth: PatrolTruth) -> None:
    figures = scored(truth, looks(PILE, "overflowing_bin"), looks(WALL, "graffiti"))
    assert figures.found == 2
    assert figures.agreement == 0.5


@pytest.mark.parametrize(("wrong", "expected"), [(5, 1), (6, 0)])
def test_half_of_the_observations_have_to_fit(truth: PatrolTruth, wrong: int, expected: int) -> None:
    elsewhere = looks((210, 210, 270, 290), frames=range(0, wrong * 6, 6))
    assert scored(truth, [*looks(PILE, frames=range(30, 55, 5)), *elsewhere]).true_events == expected


def test_of_two_boxes_the_one_of_the_category_counts(truth: PatrolTruth) -> None:
    both = truth.model_copy(
        update={"problems": (*truth.problems, problem("full", ("overflowing_bin",), (100, 100, 220, 200)))}
    )
    kinds = score_tracks(
        {"p": [track_of(looks((100, 100, 205, 200), "overflowing_bin")), track_of(looks(PILE))]}, {"p": both}
    ).kinds
    assert {kind: figures.found for kind, figures in kinds.items()} == {
        "garbage_pile": 1,
        "overflowing_bin": 1,
        "wall": 0,
    }


def test_boxes_between_two_frames_are_interpolated(truth: PatrolTruth) -> None:
    thin = problem("thin", ("overflowing_bin",), (900, 0, 900.5, 300))
    moved = truth.model_copy(update={"problems": (thin,)})
    exact = [Observation(seconds=10.4 / 30, category="graffiti", score=1, box=(889.6, 0, 890.1, 300))]
    assert scored(moved, exact).found == 1
    assert scored(moved, [exact[0].model_copy(update={"box": (888.6, 0, 889.1, 300)})]).found == 0


def test_a_track_is_what_its_scores_say() -> None:
    track = track_of([*looks(PILE, "bin", range(3), 0.3), *looks(PILE, "garbage_pile", range(3, 5), 0.6)])
    assert track.category == "garbage_pile"


def test_figures_by_kind_and_patrol(truth: PatrolTruth) -> None:
    tracks = {
        "a": [track_of(looks(PILE)), track_of(looks((210, 210, 270, 290)))],
        "b": [track_of(looks(WALL, "graffiti")), *[track_of(looks(PILE))] * 3],
    }
    report = score_tracks(tracks, {"a": truth, "b": truth, "c": truth})
    assert report.patrols["c"] == Figures(problems=2)
    assert report.kinds["garbage_pile"] == Figures(problems=3, found=2, true_events=4, agreeing=4, false_events=1)
    assert report.kinds["wall"] == Figures(problems=3, found=1, true_events=1, agreeing=1)
    assert report.total.count_error == 0
    assert report.mean_count_error == pytest.approx((0 + 1 + 1) / 3)
    low, high = report.interval("recall") or (1, 0)
    assert 0 <= low < (report.total.recall or 0) < high <= 1
    assert EventReport({"a": Figures(problems=1)}).interval("recall") is None
    assert EventReport({"a": Figures(), "b": Figures()}).interval("recall") is None


def test_the_same_from_an_event_file(truth: PatrolTruth) -> None:
    report = score_events(event_file(looks(PILE), looks(WALL, "graffiti")), {"p": truth})
    assert report.total == Figures(problems=2, found=2, true_events=2, agreeing=2)


@pytest.mark.parametrize(("name", "change"), [("q", {}), ("p", {"width": 8})], ids=["no camera", "another size"])
def test_a_file_about_other_videos_is_refused(truth: PatrolTruth, name: str, change: dict[str, Any]) -> None:
    file = event_file(looks(PILE))
    cameras = tuple(camera.model_copy(update=change) for camera in file.cameras)
    with pytest.raises(ResultError, match=name) as error:
        score_events(file.model_copy(update={"cameras": cameras}), {name: truth})
    assert "\n" not in str(error.value)


def event_file(*tracks: list[Observation]) -> EventFile:
    """A file whose camera p has an event for each track."""
    names = ("garbage_pile", "graffiti")
    categories = tuple(ScreenedCategory(name=name, zh=name, is_problem=True, threshold=0.5) for name in names)
    model = ModelInfo(name="m", sha256="0" * 64, input_size=(64, 64), categories=categories)
    camera = CameraInfo(
        name="p",
        source="p.mp4",
        motion="moving",
        mode="archive",
        width=1000,
        height=300,
        duration_seconds=4,
        looked_at=10,
        unchanged=0,
        skipped=0,
    )
    events = tuple(
        Event(
            id=f"{number:012x}",
            camera="p",
            category=track[0].category,
            category_share=1,
            score=0.8,
            observation_count=len(track),
            start_seconds=track[0].seconds,
            end_seconds=track[-1].seconds,
            state="left_view",
            visits=(Visit(start_seconds=track[0].seconds, end_seconds=track[-1].seconds),),
            picture=Picture(file="p.jpg", seconds=track[0].seconds, width=1000, height=300, boxes=(track[0],)),
            history=tuple(track),
        )
        for number, track in enumerate(tracks)
    )
    time = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return EventFile(created=time, software="test", provider="cpu", model=model, cameras=(camera,), events=events)
