"""What Prometheus is told of live cameras."""

import socket
import time
import urllib.request
from collections.abc import Callable

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.footage.cameras import HttpCamera, free_port
from vision.errors import UserError
from vision.footage.stream import Stream, StreamSettings
from vision.footage.stream_metrics import StreamMetrics, serve_metrics

SETTINGS = StreamSettings(first_wait=60, longest_wait=60)


def served(port: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return what is served: value of each name and its labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def test_metrics_say_what_happened(encode: Callable[..., bytes]) -> None:
    pictures = [encode(np.full((48, 64, 3), level, np.uint8), "JPEG") for level in range(0, 100, 10)]
    metrics, port = StreamMetrics(), free_port()
    stop = serve_metrics(port, metrics.registry)
    with HttpCamera(lambda: pictures) as camera:
        url = camera.url.replace("http://", "http://admin:geheim@")
        with Stream("gate", url, SETTINGS, 0) as stream:
            metrics.watch(stream)
            frame = next(stream.frames())
            time.sleep(0.2)  # that the detector takes
            stream.done(frame)
            while stream.counters.reconnects == 0:
                time.sleep(0.01)
            samples = served(port)
    stop()
    gate = frozenset({("camera", "gate")})

    def value(name: str, **labels: str) -> float:
        return samples[f"cleanlane_stream_{name}", gate | frozenset(labels.items())]

    states = ("connecting", "running", "reconnecting", "stopped")
    assert [value("state", cleanlane_stream_state=state) for state in states] == [0, 0, 1, 0]
    assert value("decoded_frames_total") == 10
    assert value("looked_at_frames_total") == 1
    assert value("skipped_frames_total") == 8
    assert value("reconnects_total") == 1
    assert value("damaged_total") == value("frozen_total") == 0
    assert value("queue_frames") == 1
    assert value("decoded_fps") == 1
    assert value("looked_at_fps") == pytest.approx(0.1)
    assert value("latency_seconds_count") == 1
    assert value("latency_seconds_bucket", le="0.2") == 0
    assert value("latency_seconds_sum") >= 0.2
    assert "geheim" not in str(samples)


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"127.0.0.1:{port}: expected a free port"):
            serve_metrics(port, StreamMetrics().registry)
