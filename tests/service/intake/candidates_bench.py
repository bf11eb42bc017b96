"""How long a photo waits for the list of issues that it may show, in a town with years of them.

    python -m tests.service.intake.candidates_bench [issues] [database]

A quarter of the issues has one of 40 sites, the more the lower its number; a quarter has coordinates but no grid
cell; a twentieth has no place at all. The database has to be empty; by default it is SQLite in a new folder.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text, update

from service.domain.datum import Point
from service.domain.duplicates import Sighting
from service.intake.candidates import candidates
from service.intake.places import locate
from service.settings import Settings
from service.state import Service
from service.store.base import now
from service.store.issues import Issue
from service.store.places import Site
from service.store.preparing import prepare
from tests.service.load.ledger_town import fill
from tests.service.town import Town

SITES = 40
TRIES = 30


def main(issues: int, database: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service.open(Settings(data=Path(folder), database=database, workers=0))
        prepare(service.database)
        town = fill(service, issues)
        sites = _scatter(service)
        for name, sighting in _sightings(town, sites, now() - timedelta(days=2)).items():
            with service.database.read() as session:
                found = len(candidates(session, sighting))
                _tell(f"{name}: {found} issues", partial(candidates, session, sighting))
        with service.database.read() as session:
            for datum in ("WGS-84", "GCJ-02"):
                _tell(f"locate, {datum}", partial(locate, session, 30.1234, 120.1234, datum))
        service.close()


def _scatter(service: Service) -> list[int]:
    """Give the issues other places; returns the ids of the sites."""
    with service.database.write() as session:
        sites = [Site(name=f"bench {number}") for number in range(SITES)]
        session.add_all(sites)
        session.flush()
        ids = [site.id for site in sites]
        for number, site_id in enumerate(ids):
            every = 4 * (number + 2) * (number + 1)  # 1/2 + 1/6 + 1/12 + … of a quarter
            session.execute(update(Issue).where(Issue.id % every == 4 * number).values(site_id=site_id))
        session.execute(update(Issue).where(Issue.id % 4 == 1).values(grid_id=None))
        nowhere = {"grid_id": None, "latitude": None, "longitude": None, "datum": ""}
        session.execute(update(Issue).where(Issue.id % 20 == 3).values(**nowhere))
    with service.database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return ids


def _sightings(town: Town, sites: list[int], at: Any) -> dict[str, Sighting]:
    reporter, point = town.users["west_reporter"], Point(30.1234, 120.1234)
    cell = town.east_cell
    return {
        "the busiest site": Sighting(at, sites[0], None, None, reporter),
        "the busiest site, with coordinates": Sighting(at, sites[0], None, point, reporter),
        "another site": Sighting(at, sites[9], None, None, reporter),
        "a cell": Sighting(at, None, cell + 60, None, reporter),
        "coordinates": Sighting(at, None, None, point, reporter),
        "no place": Sighting(at, None, None, None, reporter),
    }


def _tell(name: str, attempt: Callable[[], Any]) -> None:
    seconds = []
    for _ in range(TRIES):
        before = time.monotonic()
        attempt()
        seconds.append(time.monotonic() - before)
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    print(f"{name:48} p50 {p50:7.2f} ms  p95 {p95:7.2f} ms")  # noqa: T201


if __name__ == "__main__":
    given = [*sys.argv[1:], *("50000", "")[len(sys.argv) - 1 :]]
    main(int(given[0]), given[1])
