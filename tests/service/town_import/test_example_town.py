"""The invented town: as many cells as the real one, without gaps, the same for the same seed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.geometry import shape

from service.intake.town_import.applying import import_town
from service.intake.town_import.columns import Town, empty_town
from service.intake.town_import.example import example_town, write_example
from service.intake.town_import.exporting import workbook
from service.intake.town_import.plan import make_plan
from service.state import Service
from tests.service.conftest import clients
from tests.service.town import Town as SmallTown

NUMBERS = {2: 6, 3: 26, 4: 299, 5: 650}


@pytest.fixture(scope="module")
def town() -> Town:
    return example_town()


def _shapes(town: Town, level: int) -> list[Any]:
    return [shape(cell["geometry"]) for cell in town["grids"].values() if cell["level"] == level]


def test_numbers(town: Town) -> None:
    assert Counter(cell["level"] for cell in town["grids"].values()) == NUMBERS
    assert sum(unit["kind"] == "community" for unit in town["units"].values()) == 26
    assert all(cell["head"] and cell["head_phone"] and cell["contact"] for cell in town["grids"].values())
    assert all(cell["level"] == 2 or cell["parent"] in town["grids"] for cell in town["grids"].values())


@pytest.mark.parametrize("level", NUMBERS)
def test_no_gaps_no_overlaps(town: Town, level: int) -> None:
    found = _shapes(town, level)
    whole = shapely.unary_union(_shapes(town, 5))
    assert sum(one.area for one in found) == pytest.approx(whole.area, rel=1e-9)
    together = shapely.unary_union(found)
    assert isinstance(together, shapely.Polygon)
    assert len(together.interiors) == 0
    assert together.symmetric_difference(whole).area < 1e-12 * whole.area


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_nothing_is_wrong_with_it(seed: int) -> None:
    made = example_town(seed)
    assert made == example_town(seed)
    plan = make_plan([("town.xlsx", workbook(made))], empty_town())
    assert plan.problems == []
    assert plan.after == made


def test_import(any_service: Service, any_town: SmallTown, town: Town) -> None:
    """The whole town comes in beside the small one, and out again as it was."""
    content = workbook(town)
    report = import_town(any_service, [("town.xlsx", content)], apply=True)
    assert (report.applied, report.counts["grids"].added, len(report.links)) == (True, 981, 57)
    page: TestClient = clients(any_service, any_town)("admin")
    exported = page.get("/api/v1/town.xlsx").content
    assert import_town(any_service, [("again.xlsx", exported)], apply=False).changes == []
    assert page.get("/units").text.count('class="cell ') == 652


def test_command(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    assert run("example-town", tmp_path / "town.geojson")[0] == 0
    assert (tmp_path / "town.geojson").stat().st_size > 100_000
    status, printed = run("example-town", tmp_path / "town.pdf")
    assert (status, "expected a name that ends in .xlsx or .geojson" in printed) == (2, True)


def test_another_seed(tmp_path: Path, town: Town) -> None:
    write_example(tmp_path / "other.xlsx", seed=5)
    assert (tmp_path / "other.xlsx").read_bytes()[:2] == b"PK"
    assert example_town(5) != town
