"""How many photos a worker looks at, from the claim to the committed suspected issues.

python -m tests.service.load.throughput --photos 60
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import simplejpeg
from sqlalchemy import select

from service.intake import queue
from service.intake.engine import engine_of
from service.intake.worker import work
from service.settings import Settings
from service.state import Service
from service.store.photos import Photo, PhotoState
from service.store.preparing import prepare
from tests.service.intake.photos import add_photo
from tests.service.town import build_town
from vision.datasets.scenes import SceneKind, draw_scene


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--size", type=int, nargs=2, default=(2048, 1536))
    parser.add_argument("--database", default="", help="by default SQLite in a new folder")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cleanlane-throughput-"))
    service = Service.open(
        Settings(data=folder, database=given.database, device=given.device, precision=given.precision)
    )
    prepare(service.database)
    with service.database.write() as session:
        town = build_town(session)
    size = (given.size[0], given.size[1])
    kinds = list(SceneKind)
    for seed in range(given.photos):
        scene = draw_scene(seed=seed, kind=kinds[seed % len(kinds)], size=size)[0]
        data = simplejpeg.encode_jpeg(np.ascontiguousarray(scene), quality=92)
        add_photo(service, town.users["east_reporter"], data, size, site_id=town.east_site if seed % 2 else None)
    engine = engine_of(service)
    stopping = threading.Event()
    thread = threading.Thread(target=work, args=(service, stopping))
    began, cpu = time.monotonic(), time.process_time()
    thread.start()
    while _is_due(service):
        time.sleep(0.05)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    stopping.set()
    queue.wake()
    thread.join()
    choice = engine.current.detector.choice
    print(  # noqa: T201
        f"{given.photos} photos of {size[0]}x{size[1]} on {choice.device} {choice.precision}: {seconds:.1f} s, "
        f"{given.photos / seconds:.1f} photos/s; {1000 * cpu / given.photos:.0f} ms of processor time each"
    )


def _is_due(service: Service) -> bool:
    with service.database.read() as session:
        open_states = (PhotoState.QUEUED, PhotoState.WORKING)
        return session.scalar(select(Photo.id).where(Photo.state.in_(open_states)).limit(1)) is not None


if __name__ == "__main__":
    main()
