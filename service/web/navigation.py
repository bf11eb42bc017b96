"""The pages that the top bar offers, by what a person may do."""

from typing import NamedTuple

from service.domain.roles import Actor, Permission

__all__ = ["Entry", "navigation"]


class Entry(NamedTuple):
    """A page of the top bar."""

    path: str
    zh: str
    en: str
    permission: Permission
    others: tuple[str, ...] = ()  # pages that belong to it

    def holds(self, path: str) -> bool:
        """Whether a page is the entry's, or below it."""
        return any(path == one or (one != "/" and path.startswith(f"{one}/")) for one in (self.path, *self.others))


ENTRIES = (
    Entry("/", "总览", "Overview", Permission.SEE_ISSUES),
    Entry("/upload", "上传", "Upload", Permission.UPLOAD, ("/photos",)),
    Entry("/review", "审核", "Review", Permission.REVIEW),
    Entry("/ledger", "台账", "Ledger", Permission.SEE_ISSUES, ("/issues",)),
    Entry("/slips", "督办", "Slips", Permission.SEE_ISSUES),
    Entry("/postings", "小广告", "Postings", Permission.REVIEW),
    Entry("/units", "单位网格", "Units", Permission.MANAGE),
    Entry("/admin", "管理", "Admin", Permission.MANAGE),
)


def navigation(actor: Actor | None) -> list[Entry]:
    """Return the entries for a person."""
    return [entry for entry in ENTRIES if actor is not None and actor.may(entry.permission)]
