"""What the service says when it can't do what was asked: one sentence in each language, a code and an HTTP status."""

from vision.errors import UserError

__all__ = ["ServiceError", "conflict", "forbidden", "invalid", "not_found"]


class ServiceError(UserError):
    """A request that can't be met.

    Attributes:
        status: HTTP status, 400..499 or 503.
        code: Stable English code for programs, such as `handler_cannot_verify`.
        zh, en: One sentence for people: what was expected, what came, what to do.
    """

    def __init__(self, status: int, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.status, self.code, self.zh, self.en = status, code, zh, en


def invalid(code: str, zh: str, en: str) -> ServiceError:
    """What was sent is wrong (422)."""
    return ServiceError(422, code, zh, en)


def conflict(code: str, zh: str, en: str) -> ServiceError:
    """What was sent doesn't fit the present state (409)."""
    return ServiceError(409, code, zh, en)


def forbidden(code: str, zh: str, en: str) -> ServiceError:
    """The person's role or unit doesn't allow it (403)."""
    return ServiceError(403, code, zh, en)


def not_found(what_zh: str, what_en: str) -> ServiceError:
    """There is no such thing, or the person may not know of it (404)."""
    return ServiceError(
        404, "not_found", f"没有这个{what_zh}，或您无权查看", f"there is no such {what_en}, or you may not see it"
    )
