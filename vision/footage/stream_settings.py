"""How live cameras are read."""

from typing import Literal, Self

from pydantic import Field, model_validator

from vision.inference.results import Strict

__all__ = ["StreamSettings"]


class StreamSettings(Strict):
    """How a live camera is read; times are in seconds."""

    transport: Literal["tcp", "udp"] = Field(
        default="tcp", title="Transport", description="Of RTSP: tcp loses nothing; udp is for cameras without it."
    )
    open_timeout: float = Field(
        default=5.0,
        ge=0.1,
        le=120,
        title="Connecting time",
        description="For the connection, and again for learning what comes through it.",
    )
    read_timeout: float = Field(
        default=5.0, ge=0.1, le=600, title="Silence", description="After which the camera is connected to anew."
    )
    frozen_after: float = Field(
        default=10.0,
        ge=0,
        le=3600,
        title="Frozen after",
        description="So long without a change in the picture, the camera is connected to anew; 0: never.",
    )
    first_wait: float = Field(
        default=0.5,
        ge=0.05,
        le=60,
        title="First wait",
        description="Shortest wait before connecting anew; the longest possible one doubles with each failure.",
    )
    longest_wait: float = Field(
        default=30.0, ge=0.05, le=3600, title="Longest wait", description="What the waits don't grow beyond."
    )
    steady_after: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        title="Steady after",
        description="A connection that gave pictures for so long was good: the waits start small again.",
    )
    give_up_after: float | None = Field(
        default=None,
        gt=0,
        le=30 * 86400,
        title="Give up after",
        description="So long without a picture, the camera is given up; never if nothing is given.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_wait > self.longest_wait:
            raise ValueError("expected first_wait <= longest_wait")
        return self
