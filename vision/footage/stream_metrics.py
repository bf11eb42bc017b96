"""What happens to live cameras, for Prometheus."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric, StateSetMetricFamily
from prometheus_client.registry import Collector

from vision.errors import UserError
from vision.footage.stream import State, Stream

__all__ = ["StreamMetrics", "serve_metrics"]

LATENCIES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10)  # seconds
COUNTERS: dict[str, tuple[str, Callable[[Stream], float]]] = {
    "decoded_frames": ("Pictures that were decoded", lambda stream: stream.counters.decoded.total),
    "looked_at_frames": ("Frames whose result is there", lambda stream: stream.counters.looked_at.total),
    "skipped_frames": ("Frames replaced by a newer one before they were taken", lambda s: s.counters.skipped),
    "damaged": ("Packets or pictures that couldn't be decoded", lambda stream: stream.counters.damaged),
    "reconnects": ("Attempts to connect anew", lambda stream: stream.counters.reconnects),
    "frozen": ("Connections that gave no new picture any more", lambda stream: stream.counters.frozen),
}
GAUGES: dict[str, tuple[str, Callable[[Stream], float]]] = {
    "queue_frames": ("Frames that are ready to be taken: 0 or 1", lambda stream: stream.is_frame_waiting),
    "decoded_fps": ("Pictures decoded per second, over 10 s", lambda stream: stream.counters.decoded.per_second),
    "looked_at_fps": ("Results per second, over 10 s", lambda stream: stream.counters.looked_at.per_second),
}


class StreamMetrics(Collector):
    """The metrics of some streams, each under its name as `camera`.

    Attributes:
        registry: Theirs alone; what asks for them may add its own.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._streams: list[Stream] = []
        self._latency = Histogram(
            "cleanlane_stream_latency_seconds",
            "From a frame's arrival to its result",
            ["camera"],
            buckets=LATENCIES,
            registry=self.registry,
        )
        self.registry.register(self)

    def watch(self, stream: Stream) -> None:
        """Include a stream, whose name no other one has, from now on."""
        stream.on_result = self._latency.labels(stream.name).observe
        self._streams.append(stream)

    def collect(self) -> Iterator[Metric]:
        """Yield the streams' metrics as they are now; Prometheus' client calls it."""
        state = StateSetMetricFamily("cleanlane_stream_state", "What the stream is doing", labels=["camera"])
        for stream in self._streams:
            state.add_metric([stream.name], {each.value: stream.state is each for each in State})
        yield state
        for name, (help_text, value) in COUNTERS.items():
            counter = CounterMetricFamily(f"cleanlane_stream_{name}", help_text, labels=["camera"])
            for stream in self._streams:
                counter.add_metric([stream.name], value(stream))
            yield counter
        for name, (help_text, value) in GAUGES.items():
            gauge = GaugeMetricFamily(f"cleanlane_stream_{name}", help_text, labels=["camera"])
            for stream in self._streams:
                gauge.add_metric([stream.name], value(stream))
            yield gauge


def serve_metrics(port: int, registry: CollectorRegistry, address: str = "127.0.0.1") -> Callable[[], None]:
    """Serve a registry's metrics on http://address:port/metrics in the background; return what ends that.

    Raises:
        UserError: The port can't be had.
    """
    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as error:
        raise UserError(
            f"{address}:{port}: expected a free port for the metrics, but it can't be had ({error.strerror}); "
            "choose another one"
        ) from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
