import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from vision.errors import UserError
from vision.footage.places import BEYOND, LONGEST_GAP, MOST_FIXES, Way, distance, find_way, load_way
from vision.footage.result import Fix
from vision.inference.results import GpsPoint

START = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)
CSV = "time,latitude,longitude\n2026-06-01T08:00:00Z,31.2,121.4\n2026-06-01T08:00:10Z,31.3,121.5\n"
SRT = """1
00:00:00,500 --> 00:00:01,500
<font size="28">SrtCnt : 1, DiffTime : 33ms
2026-06-01 16:00:00.500
[iso : 100] [latitude: 31.2] [longitude: 121.4] [rel_alt: 1.300 abs_alt: 20.1]</font>

2
00:00:01,500 --> 00:00:02,500
no fix yet

3
00:00:02,500 --> 00:00:03,500
HOME(121.1,31.1) 2026.06.01 16:00:02 GPS(121.5,-31.3,19)

4
00:00:03,500 --> 00:00:04,500
[latitude : 31.4] [longtitude : 121.6]
"""


def way(*points: tuple[float, float, float]) -> Way:
    seconds, latitude, longitude = np.array(points, np.float64).T
    return Way(seconds, latitude, longitude)


def gpx(*points: tuple[str, str, str], tag: str = "trkpt") -> str:
    inside = "".join(f'<{tag} lat="{a}" lon="{b}">{t and f"<time>{t}</time>"}</{tag}>' for t, a, b in points)
    whole = f"<trk><trkseg>{inside}</trkseg></trk>" if tag == "trkpt" else f"<rte>{inside}</rte>"
    return f'<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">{whole}</gpx>'


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def place(latitude: float, longitude: float, datum: str = "WGS-84") -> GpsPoint:
    return GpsPoint(latitude=latitude, longitude=longitude, datum=datum)


def test_between_two_points_the_place_lies_on_the_line() -> None:
    assert way((0, 31, 121), (10, 32, 123)).at(2.5) == place(31.25, 121.5)
    assert way((0, 31, 121), (10, 32, 123)).at(10) == place(32, 123)


def test_the_line_takes_the_shorter_way_round_the_earth() -> None:
    assert way((0, 0, 179.5), (10, 0, -179.5)).at(7.5) == place(0, -179.75)


def test_the_ends_hold_for_some_seconds() -> None:
    road = way((20, 31, 121), (30, 32, 122))
    assert road.at(20 - BEYOND) == place(31, 121)
    assert road.at(30 + BEYOND) == place(32, 122)
    assert road.at(20 - BEYOND - 0.1) is None
    assert road.at(30 + BEYOND + 0.1) is None


def test_long_gaps_are_not_bridged() -> None:
    assert way((0, 31, 121), (LONGEST_GAP, 32, 122)).at(15) == place(31.5, 121.5)
    broken = way((0, 31, 121), (LONGEST_GAP + 1, 32, 122))
    assert broken.at(1) is None
    assert broken.at(LONGEST_GAP + 1) == place(32, 122)


def test_fixes_start_with_the_recording_and_are_thinned_evenly() -> None:
    assert way((-1, 30, 120), (0, 31, 121), (1.23456, 32, 122)).fixes() == (
        Fix(seconds=0, latitude=31, longitude=121),
        Fix(seconds=1.235, latitude=32, longitude=122),
    )
    many = way(*((i, 31, 121) for i in range(10 * MOST_FIXES + 1)))
    seconds = [fix.seconds for fix in many.fixes()]
    assert len(seconds) == MOST_FIXES
    assert (seconds[0], seconds[-1]) == (0, 10 * MOST_FIXES)
    assert set(np.diff(seconds)) <= {10, 11}
    assert [fix.seconds for fix in many.fixes(5, 7)] == [5, 6, 7]


def test_distance_is_in_metres() -> None:
    assert distance(place(31, 121), place(31, 121)) == 0
    assert distance(place(31, 121), place(31.001, 121)) == pytest.approx(111.2, abs=0.5)


def test_a_table_is_laid_against_the_start_of_the_recording(tmp_path: Path) -> None:
    road = load_way(write(tmp_path / "a.csv", CSV), START - dt.timedelta(seconds=5))
    assert road.seconds.tolist() == [5, 15]
    assert road.at(10) == place(31.25, 121.45)
    assert not road.assumed_start


def test_without_a_known_start_the_first_point_is_the_start(tmp_path: Path) -> None:
    road = load_way(write(tmp_path / "a.csv", CSV), None)
    assert road.seconds.tolist() == [0, 10]
    assert road.assumed_start


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    rows = "时间, 纬度 ,经度\n2026-06-01 08:00:01,31,121\n2026-06-01T16:00:02+08:00,32,122\n"
    path = write(tmp_path / "a.csv", rows, "utf-8-sig")
    assert load_way(path, START).seconds.tolist() == [1, 2]
    assert load_way(path, START.replace(tzinfo=None)).seconds.tolist() == [1, 2]


def test_seconds_need_no_clock(tmp_path: Path) -> None:
    path = write(tmp_path / "a.CSV", "Lat,LNG,time,seconds\n31,121,,3\n\n32,122,,1.5\n")
    road = load_way(path, None)
    assert road.seconds.tolist() == [1.5, 3]
    assert road.latitude.tolist() == [32, 31]
    assert not road.assumed_start


def test_a_datum_is_kept_as_it_is_stated(tmp_path: Path) -> None:
    road = load_way(write(tmp_path / "a.csv", "seconds,lat,lon,datum\n0,31,121, GCJ-02\n1,31,121,GCJ-02\n"), None)
    assert road.at(0.5) == place(31, 121, "GCJ-02")
    assert {fix.datum for fix in road.fixes()} == {"GCJ-02"}


def test_points_out_of_order_repeated_or_without_a_fix(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "seconds,lat,lon\n2,32,122\n1,31,121\n2,50,50\n0,0.0,0\n")
    road = load_way(path, None)
    assert road.seconds.tolist() == [1, 2]
    assert road.latitude.tolist() == [31, 32]


@pytest.mark.parametrize("tag", ["trkpt", "rtept"])
def test_tracks_and_routes(tmp_path: Path, tag: str) -> None:
    text = gpx(
        ("2026-06-01T08:00:10Z", "31.3", "121.5"),
        ("2026-06-01T16:00:00.5+08:00", "31.2", "121.4"),
        ("2026-06-01T08:00:20", "31.4", "121.6"),
        tag=tag,
    )
    road = load_way(write(tmp_path / "a.gpx", text), START)
    assert road.seconds.tolist() == [0.5, 10, 20]
    assert road.at(10) == place(31.3, 121.5)


def test_subtitles_of_drones_and_dash_cams(tmp_path: Path) -> None:
    road = load_way(write(tmp_path / "a.srt", SRT), START)
    assert road.seconds.tolist() == [0.5, 2.5, 3.5]
    assert road.latitude.tolist() == [31.2, -31.3, 31.4]
    assert road.longitude.tolist() == [121.4, 121.5, 121.6]
    assert not road.assumed_start


def test_subtitles_need_not_be_utf_8(tmp_path: Path) -> None:
    text = SRT.replace("no fix yet", "尚未定位").replace("HOME", "起点")
    assert len(load_way(write(tmp_path / "a.srt", text, "gb18030"), None).seconds) == 3


@pytest.mark.parametrize("name", ["a.gpx", "a.GPX", "a.csv", "a.CSV", "a.srt", "a.SRT"])
def test_the_way_lies_beside_the_recording(tmp_path: Path, name: str) -> None:
    assert find_way(tmp_path / "a.mp4") is None
    (tmp_path / "b.gpx").touch()
    (tmp_path / name).touch()
    assert find_way(tmp_path / "a.mp4") == tmp_path / name
    assert find_way(tmp_path / "a") == tmp_path / name


def test_a_folder_without_a_name_has_no_way() -> None:
    assert find_way(Path()) is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.kml", "", r"a\.kml: expected a file ending in \.gpx, \.csv, \.srt"),
        ("a.csv", "", "a.csv, line 1: expected columns latitude, .*, got nothing"),
        ("a.csv", "lat,time\n", "line 1: expected columns .*, got lat, time"),
        ("a.csv", "lat,lon\n31,121\n", "line 1: expected columns .*time .*, got lat, lon"),
        ("a.csv", "lat,lon,seconds\n", "a.csv: expected places and times, but there are none"),
        ("a.csv", "lat,lon,seconds\n0,0,1\n", "expected places and times, but there are none"),
        ("a.csv", "lat,lon,seconds\n31,121,1\n31,north,2\n", "line 3: expected a number as longitude, got 'north'"),
        ("a.csv", "seconds,lat,lon\n1,31\n", "line 2: expected a number as longitude, got ''"),
        ("a.csv", "lat,lon,seconds\n31,121,inf\n", "line 2: expected seconds, got inf"),
        ("a.csv", "lat,lon,seconds\n121,31,1\n", "line 2: expected a latitude within 90 .*, got 121 and 31"),
        ("a.csv", "lat,lon,seconds\n31,nan,1\n", "line 2: expected a latitude .*, got 31 and nan"),
        ("a.csv", "lat,lon,time\n31,121,\n", r"line 2: expected a time .*\+08:00 .*UTC.*, got ''"),
        ("a.csv", "lat,lon,time\n31,121,12.5\n", "line 2: .*seconds .* belong in a column called seconds"),
        ("a.csv", "lat,lon,time\n31,121,0001-01-01T00:00+08:00\n", "line 2: expected a time"),
        ("a.csv", "lat,lon,seconds,datum\n1,1,1,GCJ-02\n1,1,2,\n", "line 3: expected one datum .*WGS-84 after GCJ-02"),
        ("a.csv", 'lat,lon,seconds\n1,1,"' + "9" * 200_000 + '"\n', "line 2: expected a CSV table, .*field larger"),
        ("a.gpx", "", "a.gpx: expected a GPX track, but .*no element found"),
        ("a.gpx", "<gpx>\n<trk>\n</gpx>", "expected a GPX track, but .*line 3"),
        ("a.gpx", gpx(), "a.gpx: expected places and times, but there are none"),
        ("a.gpx", gpx(("2026-06-01T08:00:00Z", "x", "121")), "expected a GPX track, but .*x"),
        ("a.gpx", gpx(("2026-06-01T08:00:00Z", "91", "121")), "point 1: expected a latitude .*, got 91 and 121"),
        ("a.gpx", gpx(("2026-06-01T08:00:00Z", "1", "1"), ("", "1", "1")), "point 2 of 2 has no time"),
        ("a.gpx", gpx(("yesterday", "1", "1")), "point 1 of 1 has no time, or none that can be read"),
        ("a.srt", "", "a.srt: expected places and times, but there are none"),
        ("a.srt", SRT.replace("31.2", "131.2"), r"a\.srt, subtitle at 0\.5 s: expected a latitude .*, got 131\.2"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        load_way(write(tmp_path / name, content), START)
    assert str(raised.value).startswith(str(tmp_path / name))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["a.gpx", "a.csv"])
def test_another_encoding_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"{name}, line 2: expected text in UTF-8"):
        load_way(write(tmp_path / name, "a\n时间", "gb18030"), None)


@pytest.mark.parametrize("name", ["a.gpx", "a.csv", "a.srt"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"{name}: expected .* can't be read \(No such file or directory\)"):
        load_way(tmp_path / name, None)
