"""A camera for tests, run by Debian's Python: `python3 rtsp_server.py PORT CLIP.h264` loops the clip in real time.

It says "ready" when it can be connected to at rtsp://127.0.0.1:PORT/clip, and ends with its standard input.
Without arguments it only fails if something that it needs isn't installed.
"""

import sys
import threading

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

PIPELINE = "( multifilesrc location={clip} loop=true ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"


def _check() -> None:
    for element in ("multifilesrc", "h264parse", "rtph264pay"):
        if Gst.ElementFactory.find(element) is None:
            sys.exit(f"GStreamer has no {element}")


def _serve(port: str, clip: str) -> None:
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE.format(clip=clip))
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
    server.get_mount_points().add_factory("/clip", factory)
    if not server.attach(None):
        sys.exit(f"port {port} can't be had")
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    loop.run()


if __name__ == "__main__":
    Gst.init(None)
    _check()
    if sys.argv[1:]:
        _serve(*sys.argv[1:])
