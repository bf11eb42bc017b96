"""What takes longer than a page: export, import and the look for slips, each in a process of its own."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from openpyxl import load_workbook
from sqlalchemy import select

from service.domain.lifecycle import OPEN
from service.domain.roles import Actor, Role
from service.exports.ledger_excel import MOST_PICTURED, MOST_ROWS, write_ledger
from service.exports.ledger_import import MOST_CHANGES, import_ledger
from service.settings import Settings
from service.state import Service
from service.store.base import now
from service.store.issues import Issue
from service.store.ledger import LedgerFilter
from service.store.slips import due_issues

__all__ = ["JOBS", "Cost", "cost_of"]

ADMIN = Actor(1, "admin", Role.ADMIN, None)


@dataclass(frozen=True)
class Cost:
    """What a job took: seconds, CPU seconds of this process, and its memory at the most, of which `base` before."""

    seconds: float
    cpu: float
    megabytes: float
    base: float
    result: str


def cost_of(job: Callable[[Service], str], settings: Settings) -> Cost:
    """Run a job on a service in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (job, settings))


def _run(job: Callable[[Service], str], settings: Settings) -> Cost:
    service = Service.open(settings)
    with service.database.read() as session:
        session.scalar(select(Issue.id).limit(1))
    base = _megabytes()
    start, cpu = time.perf_counter(), time.process_time()
    result = job(service)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    service.close()
    return Cost(seconds, cpu, _megabytes(), base, result)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _due(service: Service) -> str:
    with service.database.read() as session:
        return f"{len(due_issues(session, service.settings, now())):,} due"


def _export(service: Service) -> str:
    return _exported(service, MOST_ROWS, pictures=False)


def _export_pictures(service: Service) -> str:
    return _exported(service, MOST_PICTURED, pictures=True)


def _exported(service: Service, rows: int, *, pictures: bool) -> str:
    path = write_ledger(service, _newest(service, rows), ADMIN, pictures=pictures)
    size = path.stat().st_size
    path.unlink()
    return f"{size / 1e6:.1f} MB"


def _newest(service: Service, rows: int) -> LedgerFilter:
    """Return the filter of the newest days with nearly that many issues."""
    with service.database.read() as session:
        oldest = session.scalars(select(Issue.found).order_by(Issue.found.desc()).offset(rows).limit(1)).one()
    return LedgerFilter(found_from=oldest.astimezone(service.settings.zone).date() + timedelta(days=1))


def _dry_run(service: Service) -> str:
    path = write_ledger(service, LedgerFilter(open=True, found_from=_oldest_of_open(service)), ADMIN, pictures=False)
    book = load_workbook(path)
    sheet = book["台账"]
    column = [cell.value for cell in sheet[3]].index("整改措施") + 1
    for row in range(4, 4 + MOST_CHANGES):
        sheet.cell(row, column).value = "改用密闭桶"
    book.save(path)
    del book, sheet
    start = time.perf_counter()
    with path.open("rb") as file:
        result = import_ledger(service, ADMIN, file, dry_run=True)
    seconds = time.perf_counter() - start
    path.unlink()
    return f"{len(result.changed)} changed, {len(result.problems)} problems, {seconds:.1f} s without export and edit"


def _oldest_of_open(service: Service) -> date:
    """Return a day since which enough issues were found that are still open."""
    with service.database.read() as session:
        found = select(Issue.found).where(Issue.state.in_(OPEN)).order_by(Issue.found.desc())
        moment = session.scalars(found.offset(MOST_CHANGES + 500).limit(1)).one()
    return moment.astimezone(service.settings.zone).date()


JOBS = {  # by name: what is run, and the bar in CPU seconds, if there is one
    "look for slips": (_due, 2.0),
    f"export of {MOST_ROWS:,} rows": (_export, None),
    f"export of {MOST_PICTURED:,} rows with pictures": (_export_pictures, None),
    f"import of {MOST_CHANGES:,} changed rows, dry run": (_dry_run, None),
}
