"""Kills server, workers and database at random moments while photos are uploaded, and looks whether anything is wrong.

python -m tests.service.load.faults --kills 20 --database postgresql
"""

import argparse
import hashlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from service.settings import Settings
from service.state import Service
from service.store.issues import Evidence, HistoryEntry
from service.store.photos import Photo, PhotoState
from service.store.preparing import prepare
from tests.service.load.processes import Cluster, Program, answers, free_port, postgres_programs, server, until, worker
from tests.service.load.uploader import Uploader
from tests.service.town import build_town
from vision.categories import category_of

__all__ = ["Report", "survive"]

LEASE = 10.0  # seconds; long enough for a batch on a machine that is busy with the rest
DRAINED_WITHIN = 240.0
ACCEPTED_BETWEEN = 6


@dataclass
class Report:
    """What happened.

    Attributes:
        figures: Name and number of what was counted.
        problems: What must not be, in words; empty if all is well.
    """

    figures: dict[str, float | int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        rows = [f"  {name:<38}{value:>10.6g}" for name, value in self.figures.items()]
        return "\n".join([*rows, *(f"  WRONG: {problem}" for problem in self.problems[:20])])


def survive(folder: Path, kills: int, database: str, seed: int = 0, pause: float = 0.1) -> Report:
    """Upload, kill, start again, and check at the end.

    Args:
        folder: Empty; PostgreSQL's user has to be able to enter it.
        kills: How often one of the programs is killed.
        database: `sqlite` or `postgresql`.
        seed: Of the moments and victims.
        pause: Seconds between uploads.
    """
    report, chance = Report(), random.Random(seed)  # noqa: S311
    with _programs(folder, database, pause) as (service, uploader, programs):
        uploader.start()
        killed = _kill(programs, kills, chance, uploader)
        uploader.stop()
        began = time.monotonic()
        _drained(service, programs)
        report.figures = {f"killed: {name}": killed[name] for name in programs}
        report.figures["uploads repeated"] = uploader.repeated
        report.figures["accepted"] = len(uploader.accepted)
        report.figures["seconds until drained"] = time.monotonic() - began
        report.problems += uploader.problems
        _check(service, uploader.accepted, report)
    return report


@contextmanager
def _programs(
    folder: Path, database: str, pause: float
) -> Iterator[tuple[Service, Uploader, dict[str, Program | Cluster]]]:
    programs: dict[str, Program | Cluster] = {}
    url = ""
    if database == "postgresql":
        found = postgres_programs()
        if found is None:
            raise SystemExit("needs PostgreSQL's initdb on this machine")
        programs["database"] = cluster = Cluster(folder / "cluster", found)
        cluster.start()
        url = cluster.url
    service = Service.open(Settings(data=folder / "data", database=url))
    try:
        prepare(service.database)
        with service.database.write() as session:
            town = build_town(session)
        port = free_port()
        programs["server"] = server(folder / "data", port, url)
        programs |= {name: worker(folder / "data", url, name, LEASE) for name in ("worker 1", "worker 2")}
        for program in programs.values():
            program.start()
        until(lambda: answers(port), 60)
        uploader = Uploader(f"http://127.0.0.1:{port}", town.tokens["east_reporter"], town.east_site, pause)
        yield service, uploader, programs
    finally:
        service.close()
        for program in reversed(programs.values()):
            program.kill()


def _kill(
    programs: dict[str, Program | Cluster], kills: int, chance: random.Random, uploader: Uploader
) -> Counter[str]:
    """Kill one after the other, in an order by chance but each as often, and start it again soon.

    Between two kills some photos are accepted, so that there is something to lose.
    """
    victims: list[str] = []
    killed: Counter[str] = Counter()
    for _ in range(kills):
        victims = victims or chance.sample(sorted(programs), len(programs))
        victim, before = victims.pop(), len(uploader.accepted)
        until(lambda before=before: len(uploader.accepted) >= before + ACCEPTED_BETWEEN, 300)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 2))
        programs[victim].kill()
        killed[victim] += 1
        time.sleep(chance.uniform(0, 1))
        for program in programs.values():  # also what ended because another was away
            program.start()
    return killed


def _drained(service: Service, programs: dict[str, Program | Cluster]) -> None:
    def is_drained() -> bool:
        for program in programs.values():
            program.start()
        open_states = (PhotoState.QUEUED, PhotoState.WORKING)
        with service.database.read() as session:
            return not session.scalar(select(func.count()).where(Photo.state.in_(open_states)))

    until(is_drained, DRAINED_WITHIN)


def _check(service: Service, accepted: dict[str, int], report: Report) -> None:
    """Every accepted photo has one row, its file, and one result; nothing is there twice."""
    with service.database.read() as session:
        rows = {photo.sha256: photo for photo in session.scalars(select(Photo))}
        evidence = session.scalars(select(Evidence)).all()
        found = session.execute(
            select(HistoryEntry.issue_id, func.count()).where(HistoryEntry.action == "found").group_by("issue_id")
        )
        report.problems += [f"issue {issue}: found {count} times" for issue, count in found if count != 1]
    for sha256, photo_id in accepted.items():
        photo = rows.get(sha256)
        if photo is None or photo.id != photo_id:
            report.problems.append(f"photo {photo_id}: lost")
            continue
        of_it = [one for one in evidence if one.photo_id == photo_id]
        report.problems += [f"photo {photo_id}: {problem}" for problem in _wrong(service, photo, of_it)]
    states = Counter(photo.state for photo in rows.values())
    report.figures |= {f"photos {state}": states[state] for state in PhotoState}
    report.figures["photos begun more than once"] = sum(photo.attempts > 1 for photo in rows.values())
    report.figures["evidence"] = len(evidence)
    report.figures["rows not accepted"] = len(rows.keys() - accepted.keys())
    report.figures["wrong"] = len(report.problems)


def _wrong(service: Service, photo: Photo, evidence: list[Evidence]) -> Iterator[str]:
    if photo.state not in (PhotoState.DONE, PhotoState.PARKED):
        yield f"is {photo.state}"
    if photo.state == PhotoState.PARKED:
        yield f"is parked though nothing is wrong with it: {photo.error}"
    if hashlib.sha256(service.photos.read(photo.sha256)).hexdigest() != photo.sha256:
        yield "its file is damaged"
    kinds = Counter((one.issue_id, one.kind) for one in evidence)
    if any(count > 1 for count in kinds.values()):
        yield f"is evidence twice: {kinds}"
    told = Counter(str(box["box"]) for one in evidence if one.kind != "gone" for box in one.boxes)
    problems = Counter(str(box["box"]) for box in photo.boxes or [] if category_of(box["category"]).is_problem)
    if told != problems:
        yield f"boxes of its evidence {told} aren't those that were found {problems}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between uploads")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended in any case
    folder = Path(tempfile.mkdtemp(prefix="cleanlane-faults-"))
    folder.chmod(0o755)  # PostgreSQL's user has to enter it
    report = survive(folder, given.kills, given.database, given.seed, given.pause)
    print(f"{given.database}, {given.kills} kills, seed {given.seed}; logs in {folder}\n{report}")  # noqa: T201
    raise SystemExit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
