"""Cameras for tests: real servers on this machine, and the clips that they show."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import av
import numpy as np

from vision.datasets.scenes import SceneKind, draw_scene

SERVER = Path(__file__).with_name("rtsp_server.py")
DEBIAN_PYTHON = "/usr/bin/python3"  # has GStreamer's bindings, which the virtual environment hasn't
DEBIAN_PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
)


def draw_clip(path: Path, seconds: int = 3, fps: int = 10, *, moves: bool = True) -> Path:
    """Write a walk past overflowing bins, 320 x 240, as H.264 with a key frame each second."""
    scene = draw_scene(seed=1, kind=SceneKind.OVERFLOWING_BINS, size=(480, 360))[0]
    with av.open(str(path), "w") as output:
        options = {"profile": "baseline", "preset": "ultrafast", "qp": "20", "g": str(fps), "tune": "zerolatency"}
        stream = output.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for index in range(seconds * fps):
            x = round(160 * index / (seconds * fps)) if moves else 0
            picture = np.ascontiguousarray(scene[60:300, x : x + 320])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        output.mux(stream.encode())
    return path


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def missing_for_rtsp() -> str:
    """Return what the RTSP server lacks on this machine, or nothing."""
    if not Path(DEBIAN_PYTHON).exists():
        return f"needs {DEBIAN_PYTHON} and the Debian packages {DEBIAN_PACKAGES}"
    done = subprocess.run([DEBIAN_PYTHON, str(SERVER)], capture_output=True, text=True, check=False)
    words = done.stderr.strip().splitlines() or [f"code {done.returncode}"]
    return f"needs the Debian packages {DEBIAN_PACKAGES} ({words[-1]})" if done.returncode else ""


class RtspServer:
    """A camera at `url` that shows a clip over and over; it can be killed and started again."""

    def __init__(self, clip: Path) -> None:
        self._clip, self._port = clip, free_port()
        self.url = f"rtsp://127.0.0.1:{self._port}/clip"
        self.start()

    def start(self) -> None:
        """Serve until `kill`."""
        command = [DEBIAN_PYTHON, str(SERVER), str(self._port), str(self._clip)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """End as a camera does that loses its power."""
        with self._process:
            self._process.kill()


class HttpCamera:
    """A camera at `url` that answers each request with what `pictures` gives, JPEGs, and hangs up."""

    def __init__(self, pictures: Callable[[], Iterable[bytes]], fps: int = 10) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                with suppress(ConnectionError):
                    for jpeg in pictures():
                        head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
                        time.sleep(1 / fps)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
