"""What a reviewer may say of a suspected issue."""

from enum import StrEnum

__all__ = ["REASONS", "Reason"]


class Reason(StrEnum):
    """Why a suspected issue is rejected."""

    NO_SUCH_THING = "no_such_thing"
    NOT_OUR_PROBLEM = "not_our_problem"
    DUPLICATE = "duplicate"
    UNUSABLE_PHOTO = "unusable_photo"
    PRIVATE_GROUND = "private_ground"

    @property
    def is_thing_there(self) -> bool | None:
        """Whether the photo shows what the detector found; None: this reason doesn't say."""
        return {Reason.NO_SUCH_THING: False, Reason.DUPLICATE: True, Reason.PRIVATE_GROUND: True}.get(self)


# What a reason is called, in Chinese and English, in the order of the keys 1 to 5.
REASONS: dict[Reason, tuple[str, str]] = {
    Reason.NO_SUCH_THING: ("误报：没有此问题", "False alarm: no such thing"),
    Reason.NOT_OUR_PROBLEM: ("不属于管理问题", "Not a problem of ours"),
    Reason.DUPLICATE: ("重复上报", "Reported before"),
    Reason.UNUSABLE_PHOTO: ("照片无法判断", "Photo can't be judged"),
    Reason.PRIVATE_GROUND: ("私人区域", "Private ground"),
}
