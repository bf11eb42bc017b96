"""Event files made by hand, judged against event files that stand for checked ones."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from vision.errors import ResultError
from vision.evaluation.events.event_footage import check_footage
from vision.evaluation.events.event_metrics import EventReport, Figures, score_events
from vision.evaluation.events.event_truth import truths_of
from vision.footage.result import CameraInfo, Event, EventFile, Observation, Picture, Visit
from vision.inference.results import ModelInfo, ScreenedCategory

CATEGORIES = {"garbage_pile": True, "graffiti": True, "illegal_posting": True, "bin": False}
Corners = tuple[float, float, float, float]
LEFT, RIGHT = (100, 100, 200, 200), (700, 100, 800, 200)


def look(seconds: float, box: Corners = LEFT, category: str = "garbage_pile") -> Observation:
    return Observation(seconds=seconds, category=category, score=0.8, box=box)


def event(
    *history: Observation, visits: Sequence[tuple[float, float]] = (), camera: str = "a", category: str = ""
) -> dict[str, Any]:
    """What makes an event, but for its id; by default with one visit from its first look to its last."""
    start, *_, end = sorted([history[0].seconds, *(seen.seconds for seen in history)])
    return {
        "camera": camera,
        "category": category or history[0].category,
        "category_share": 1,
        "score": 0.8,
        "observation_count": len(history),
        "start_seconds": start,
        "end_seconds": end,
        "state": "left_view",
        "visits": tuple(Visit(start_seconds=a, end_seconds=b) for a, b in visits or [(start, end)]),
        "picture": Picture(file="p.jpg", seconds=start, width=1000, height=300, boxes=(look(start),)),
        "history": history,
    }


def camera(name: str = "a", **change: Any) -> CameraInfo:
    info = CameraInfo(
        name=name,
        source=f"{name}.mp4",
        motion="moving",
        mode="archive",
        width=1000,
        height=300,
        duration_seconds=60,
        looked_at=30,
        unchanged=0,
        skipped=0,
    )
    return info.model_copy(update=change)


def file_of(
    *events: dict[str, Any], cameras: Sequence[CameraInfo] = (camera(),), categories: Sequence[str] = tuple(CATEGORIES)
) -> EventFile:
    screened = [
        ScreenedCategory(name=name, zh=name, is_problem=CATEGORIES.get(name, True), threshold=0.5)
        for name in categories
    ]
    return EventFile(
        created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        software="test",
        provider="cpu",
        model=ModelInfo(name="m", sha256="0" * 64, input_size=(64, 64), categories=tuple(screened)),
        cameras=tuple(cameras),
        events=tuple(Event(id=f"{number:012x}", **content) for number, content in enumerate(events)),
    )


def judged(truth: EventFile, events: EventFile) -> EventReport:
    check_footage(truth, events)
    return score_events(events, truths_of(truth))


PASSING = event(look(10, (500, 100, 600, 200)), look(14, (100, 100, 200, 200)))  # 100 pixels a second to the left
AGAIN = event(look(10), look(12), look(40), look(42), visits=[(10, 12), (40, 42)])


@pytest.mark.parametrize(
    ("truth", "seen", "is_found"),
    [
        pytest.param(PASSING, look(12, (300, 100, 400, 200)), True, id="between two looks it moves evenly"),
        pytest.param(PASSING, look(12, (400, 100, 500, 200)), False, id="it isn't elsewhere meanwhile"),
        pytest.param(PASSING, look(9.6, (500, 100, 600, 200)), True, id="0.4 s before the first look"),
        pytest.param(PASSING, look(9.4, (500, 100, 600, 200)), False, id="0.6 s before the first look"),
        pytest.param(PASSING, look(14.4, (100, 100, 200, 200)), True, id="0.4 s after the last look"),
        pytest.param(PASSING, look(14.6, (100, 100, 200, 200)), False, id="0.6 s after the last look"),
        pytest.param(AGAIN, look(41), True, id="in the second visit"),
        pytest.param(AGAIN, look(26), False, id="between two visits"),
        pytest.param(event(look(10)), look(10.5), True, id="half a second from the only look"),
        pytest.param(event(look(10)), look(10.6), False, id="more than that from the only look"),
        pytest.param(event(look(10), visits=[(8, 20)]), look(19), True, id="a visit outlasts its looks"),
        pytest.param(event(look(10), look(30), visits=[(10, 11)]), look(30.2), True, id="a look without a visit"),
        pytest.param(event(look(10), look(30), visits=[(10, 11)]), look(20), False, id="before a look without a visit"),
        pytest.param(event(look(10), look(30), visits=[(10, 11), (50, 51)]), look(50), False, id="a visit, no look"),
        pytest.param(
            event(look(10, LEFT), look(10, (220, 100, 320, 200))), look(10, (100, 100, 320, 200)), True, id="parts"
        ),
        pytest.param(event(look(14), look(10), visits=[(10, 14)]), look(12), True, id="looks out of order"),
    ],
)
def test_where_a_problem_is(truth: dict[str, Any], seen: Observation, is_found: bool) -> None:
    figures = judged(file_of(truth), file_of(event(seen))).total
    assert (figures.found, figures.false_events) == (int(is_found), int(not is_found))


def test_a_file_agrees_with_itself() -> None:
    parts = [look(20, LEFT, "graffiti"), look(20, (150, 120, 400, 220), "illegal_posting"), look(22, LEFT, "graffiti")]
    events = [PASSING, AGAIN, event(*parts), event(look(1, RIGHT, "graffiti"), camera="b")]
    file = file_of(*events, cameras=[camera("a"), camera("b"), camera("empty")])
    report = judged(file, file)
    assert report.total == Figures(problems=4, found=4, true_events=4, agreeing=4)
    assert report.patrols["empty"] == Figures()
    assert report.kinds["wall"] == Figures(problems=2, found=2, true_events=2, agreeing=2)
    assert report.interval("recall") == (1, 1)


@pytest.mark.parametrize(
    ("truth", "events", "expected"),
    [
        pytest.param([PASSING], [PASSING, AGAIN], Figures(1, 1, 1, 1, 1), id="deleted as false"),
        pytest.param([PASSING, AGAIN], [PASSING], Figures(2, 1, 1, 0, 1), id="added as missed"),
        pytest.param([AGAIN], [event(look(11)), event(look(41))], Figures(1, 1, 2, 0, 2), id="merged"),
        pytest.param(
            [event(*AGAIN["history"], visits=[(10, 12), (40, 42)], category="graffiti")],
            [AGAIN],
            Figures(1, 1, 1, 0, 0),
            id="category corrected",
        ),
        pytest.param(
            [event(look(10, RIGHT))], [event(look(10, LEFT))], Figures(1, 0, 0, 1, 0), id="box corrected to elsewhere"
        ),
        pytest.param(
            [event(look(10, category="bin"))],
            [event(look(10, category="bin"))],
            Figures(optional_events=1),
            id="no problem needs to be found",
        ),
        pytest.param([], [PASSING], Figures(false_events=1), id="nothing is there"),
    ],
)
def test_what_a_person_corrects(truth: list[dict[str, Any]], events: list[dict[str, Any]], expected: Figures) -> None:
    assert judged(file_of(*truth), file_of(*events)).total == expected


def test_a_category_that_nobody_checked_is_not_judged() -> None:
    truth = file_of(PASSING, categories=["garbage_pile"])
    events = file_of(
        event(look(10, RIGHT, "graffiti")),
        event(look(12, (300, 100, 400, 200), "heap")),
        categories=["graffiti", "heap"],
    )
    assert judged(truth, events).total == Figures(problems=1, found=1, true_events=1, unjudged_events=1)


def test_cameras_that_nobody_checked_are_left_out() -> None:
    events = file_of(PASSING, event(look(1), camera="b"), cameras=[camera("a"), camera("b")])
    assert judged(file_of(PASSING), events).patrols == {"a": Figures(problems=1, found=1, true_events=1, agreeing=1)}


STARTED = dt.datetime(2026, 5, 18, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("truth", "events"),
    [
        pytest.param({}, {"duration_seconds": 59.1}, id="0.9 s shorter"),
        pytest.param(
            {"started": STARTED}, {"started": STARTED + dt.timedelta(hours=8)}, id="a recording's clock set anew"
        ),
        pytest.param({"started": STARTED}, {"started": None}, id="a clock that one of them doesn't know"),
        pytest.param(
            {"started": STARTED, "mode": "live"},
            {"started": STARTED.astimezone(dt.timezone(dt.timedelta(hours=8))), "mode": "live"},
            id="a live camera's start in another zone",
        ),
    ],
)
def test_footage_that_is_the_same(truth: dict[str, Any], events: dict[str, Any]) -> None:
    report = judged(file_of(PASSING, cameras=[camera(**truth)]), file_of(PASSING, cameras=[camera(**events)]))
    assert report.total.found == 1


LATE: dict[str, Any] = {"started": STARTED + dt.timedelta(seconds=5), "mode": "live"}


@pytest.mark.parametrize(
    ("truth", "events", "sentence"),
    [
        pytest.param(
            file_of(PASSING),
            file_of(cameras=[camera(duration_seconds=61.2)]),
            "camera a: it lasts 61.2 s in the event file, but 60.0 s in the truth file",
            id="another length",
        ),
        pytest.param(
            file_of(PASSING),
            file_of(cameras=[camera(width=500)]),
            "camera a: its frames are 500x300 in the event file, but 1000x300 in the truth file",
            id="another size",
        ),
        pytest.param(
            file_of(cameras=[camera(started=STARTED, mode="live")]),
            file_of(cameras=[camera(**LATE)]),
            "camera a: it was watched from 2026-05-18 08:00:05",
            id="live, from another time on",
        ),
        pytest.param(file_of(PASSING), file_of(cameras=[camera("b")]), "has no camera 'a'", id="no such camera"),
        pytest.param(file_of(cameras=[]), file_of(PASSING), "the truth file has no camera", id="no camera at all"),
        pytest.param(
            file_of(event(look(10, (900, 100, 1100, 200)))),
            file_of(),
            "the truth file's event 000000000000: expected boxes",
            id="a box of the truth outside of its frame",
        ),
        pytest.param(
            file_of(),
            file_of(event(look(10, (200, 100, 100, 200)))),
            "the event file's event 000000000000: expected boxes",
            id="x and width instead of corners",
        ),
    ],
)
def test_footage_that_differs_is_refused(truth: EventFile, events: EventFile, sentence: str) -> None:
    with pytest.raises(ResultError) as error:
        judged(truth, events)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
