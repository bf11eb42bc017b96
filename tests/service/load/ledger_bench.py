"""How long the pages of a large ledger take: `python -m tests.service.load.ledger_bench --help`.

The database is made (minutes) or, with `--keep`, found again; then the application is asked over HTTP. CPU time is that
of this process, client and server, plus that of PostgreSQL on the same machine: it tells what a busy machine hides.
"""

import argparse
import gc
import logging
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import structlog
import uvicorn
from sqlalchemy import create_engine, func, make_url, select, text

from service.api.app import create_app
from service.settings import Settings
from service.state import Service
from service.store.issues import Issue
from service.store.preparing import prepare
from tests.service.conftest import POSTGRES
from tests.service.load.ledger_cases import Case, cases_of
from tests.service.load.ledger_jobs import JOBS, cost_of
from tests.service.load.ledger_town import fill, reopened

BAR = 200.0  # milliseconds, p95


def main() -> int:
    """Make or open the database, ask, print the table; returns 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=200_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--keep", metavar="PATH|URL", help="folder of an SQLite service, or a database; is kept")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", default="", metavar="TEXT", help="only what has this in its address or name")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with _settings(options.database, options.keep) as settings:
        service = Service.open(settings)
        prepare(service.database)
        with service.database.read() as session:
            count = session.scalar(select(func.count()).select_from(Issue)) or 0
        town = reopened(service) if count else fill(service, options.issues)
        if not service.database.is_sqlite:
            with service.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))  # it does so by itself, within minutes
        print(f"{count or options.issues:,} issues, {service.database.engine.dialect.name}")  # noqa: T201
        cases = [case for case in cases_of(town) if options.only in case.url]
        missed = _ask(service, cases, town.tokens, options.repeats) if cases else 0
        missed += _run_jobs(settings, options.only)
        service.close()
    print(f"bar missed: {missed}")  # noqa: T201
    return 1 if missed else 0


@contextmanager
def _settings(database: str, keep: str | None) -> Iterator[Settings]:
    if keep and "://" in keep:
        folder = Path(tempfile.gettempdir()) / f"ledger-bench-{make_url(keep).database}"  # of its photos
        yield Settings(data=folder, workers=0, database=keep)
    elif keep:
        yield Settings(data=Path(keep), workers=0)
    else:
        with tempfile.TemporaryDirectory() as made, _url(database) as url:
            yield Settings(data=Path(made), workers=0, database=url)


@contextmanager
def _url(database: str) -> Iterator[str]:
    if database == "sqlite":
        yield ""
        return
    name = f"cleanlane_{uuid.uuid4().hex[:12]}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield engine.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def _ask(service: Service, cases: list[Case], tokens: dict[str, str], repeats: int) -> int:
    """Print a line for each request; returns how many miss the bar."""
    missed = 0
    print("person         p50   p95   max ms   CPU: p50   p95 ms     KB   bar   request")  # noqa: T201
    with _serving(service) as address, httpx.Client(base_url=address, timeout=60) as client:
        gc.collect()
        gc.freeze()  # as the server does: to look through all modules time and again would take a tenth of a second
        for case in cases:
            headers = {"Authorization": f"Bearer {tokens[case.person]}"}
            size = len(_get(client, case.url, headers))  # the first one compiles templates and draws the map
            walls, cpus = [], []
            for _ in range(repeats):
                start, cpu = time.perf_counter(), _cpu(service)
                _get(client, case.url, headers)
                walls.append((time.perf_counter() - start) * 1000)
                cpus.append(_cpu(service) - cpu)
            p50, p95, most = np.percentile(walls, [50, 95, 100])
            c50, c95 = np.percentile(cpus, [50, 95])
            missed += p95 >= BAR
            print(  # noqa: T201
                f"{case.person:12} {p50:5.0f} {p95:5.0f} {most:5.0f}      {c50:5.0f} {c95:5.0f}    "
                f"{size / 1000:7.0f}   {'no ' if p95 >= BAR else 'yes'}   {case.url}",
                flush=True,
            )
    return int(missed)


@contextmanager
def _serving(service: Service) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(service), port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def _get(client: httpx.Client, url: str, headers: dict[str, str]) -> bytes:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


def _cpu(service: Service) -> float:
    """Return the CPU time so far of this process and the database's processes that serve it; milliseconds."""
    total = time.process_time() * 1000
    if service.database.is_sqlite:
        return total
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    with service.database.engine.connect() as connection:
        pids = connection.scalars(query).all()
    return total + sum(_process_cpu(pid) for pid in pids)


def _process_cpu(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6
    except OSError:  # it has ended, or is on another machine
        return 0.0


def _run_jobs(settings: Settings, only: str) -> int:
    missed = 0
    for name, (job, bar) in JOBS.items():
        if only not in name:
            continue
        cost = cost_of(job, settings)
        is_missed = bar is not None and cost.cpu >= bar
        missed += is_missed
        print(  # noqa: T201
            f"{name}: {cost.seconds:.1f} s, CPU {cost.cpu:.1f} s, {cost.megabytes:.0f} MB at the most "
            f"({cost.base:.0f} MB before); {cost.result}"
            + ("" if bar is None else f"; bar {bar:g} s CPU: {'no' if is_missed else 'yes'}"),
            flush=True,
        )
    return missed


if __name__ == "__main__":
    sys.exit(main())
