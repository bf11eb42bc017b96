"""The part of `cleanlane footage` that watches live cameras until it is told to stop."""

import atexit
import gc
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from vision.footage.configuration import FootageConfig
    from vision.footage.live import LiveCamera
    from vision.footage.pictures import Blur
    from vision.footage.result import EventFile
    from vision.inference.detector import Detector

__all__ = ["watch"]

STATES_ZH = {"connecting": "连接中", "running": "运行中", "reconnecting": "重连中", "stopped": "已停止"}


def watch(
    config: "FootageConfig",
    detector: "Detector",
    out: Path,
    blur: "Blur | None",
    duration: float | None,
    metrics_port: int | None,
    console: Console,
) -> "EventFile":
    """Watch until Ctrl-C, SIGTERM or the end of the time, showing what the cameras do.

    Raises:
        UserError: As `watch_all` has it, or the port can't be had.
    """
    from vision.footage.run import watch_all
    from vision.footage.stream_metrics import StreamMetrics, serve_metrics

    metrics = StreamMetrics()
    stop_serving = serve_metrics(metrics_port, metrics.registry) if metrics_port else lambda: None
    stopping, end = threading.Event(), None if duration is None else time.monotonic() + duration
    is_told, watched = False, list["LiveCamera"]()

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_told  # not the event: the signal may come while this very thread holds its lock
        is_told = True

    atexit.register(gc.freeze)  # else Python searches all that is loaded for garbage once more: a third of a second
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Live(console=console, refresh_per_second=2, transient=True) as live:

            def start(cameras: Sequence["LiveCamera"]) -> None:
                watched.extend(cameras)
                for camera in cameras:
                    metrics.watch(camera.stream)

            def tick(cameras: Sequence["LiveCamera"]) -> None:
                live.update(_table(cameras))
                if is_told or (end is not None and time.monotonic() >= end):
                    stopping.set()

            file = watch_all(config, detector, out, blur, stopping, start, tick)
    finally:
        stop_serving()
        for number, handler in before.items():
            signal.signal(number, handler)
    for camera in watched:
        if camera.is_silent:
            console.print(f"{camera.camera.name}: no picture came; {camera.note}", highlight=False, markup=False)
    return file


def _table(cameras: Sequence["LiveCamera"]) -> Table:
    table = Table(
        "摄像机", "状态", "解码 fps", "查看 fps", "跳过", "重连", "事件", title="净巷 CleanLane · Ctrl-C 结束"
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for camera in cameras:
        stream, counters = camera.stream, camera.stream.counters
        state = STATES_ZH[stream.state.value] + (f" ({stream.note})" if stream.note else "")
        figures = (f"{counters.decoded.per_second:.1f}", f"{counters.looked_at.per_second:.1f}", f"{counters.skipped}")
        table.add_row(stream.name, state, *figures, f"{counters.reconnects}", f"{camera.event_count}")
    return table
