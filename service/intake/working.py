"""Runs workers in a process that does nothing else."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from service.intake.worker import work
from service.operations.logs import logger, set_up_logs
from service.settings import read_settings
from service.state import Service
from service.store.preparing import prepare

__all__ = ["run_workers"]

LOOK = 0.1  # seconds between looks whether to stop


def run_workers(given: Mapping[str, Any], lease: float, is_told: Callable[[], bool]) -> None:
    """Work off the queue until told to stop.

    Args:
        given: Settings, as `read_settings` takes them; `workers` threads are started.
        lease: Seconds after which others take over a killed worker's photos.
        is_told: Asked again and again whether to stop.

    Raises:
        UserError: The settings are wrong, or the database, the photo store or the model can't be used.
    """
    settings = read_settings(given)
    set_up_logs(settings)
    service, stopping = Service.open(settings), threading.Event()
    prepare(service.database)  # a worker may be the first to start
    with ThreadPoolExecutor(settings.workers, "cleanlane-worker") as pool:
        working = [
            pool.submit(work, service, stopping, lease=timedelta(seconds=lease)) for _ in range(settings.workers)
        ]
        logger().info("working", workers=settings.workers)
        while not is_told() and not any(one.done() for one in working):  # one that ends by itself has failed
            time.sleep(LOOK)
        stopping.set()
    service.close()
    for one in working:
        one.result()
