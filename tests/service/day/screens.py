"""Pictures of every page: Chinese at a desk and on a phone, English, and the dark scheme."""

from functools import partial
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Error, Page

from tests.service.day.office import DESK, PHONE, Office

__all__ = ["pages_of", "screens"]

DARK = ("overview", "issue-closed", "review")


def pages_of(office: Office) -> dict[str, tuple[str, str]]:
    """Return (who looks, path) by name."""
    closed = office.facts["dispatched"][0]
    return {
        "overview": ("supervisor", "/"),
        "upload": ("reporter", "/upload"),
        "photos": ("reporter", "/photos"),
        "review": ("verifier", "/review"),
        "ledger": ("supervisor", "/ledger"),
        "issue-closed": ("verifier", f"/issues/{closed}"),
        "issue-escalated": ("supervisor", f"/issues/{office.facts['escalated']}"),
        "issue-handler": ("handler", f"/issues/{office.facts['open']}"),
        "sheet": ("verifier", f"/issues/{closed}/sheet"),
        "slips": ("deputy", "/slips"),
        "slip-sheet": ("deputy", f"/slips/{office.facts['slip']}/sheet"),
        "postings": ("admin", "/postings"),
        "units": ("admin", "/units"),
        "admin": ("admin", "/admin"),
        "admin-deadlines": ("admin", "/admin/deadlines"),
        "admin-slips": ("admin", "/admin/slips"),
        "admin-webhooks": ("admin", "/admin/webhooks?of=1"),
        "admin-model": ("admin", "/admin/model"),
        "account": ("handler", "/account"),
        "login": ("", "/login"),
        "error": ("handler", "/issues/999999"),
    }


def screens(office: Office) -> None:
    """Take them all; no page may be wider than its window."""
    with office.step("所有页面截图：中文 1280、375，英文 1280，深色") as told:
        folder = office.out / "screens"
        folder.mkdir(exist_ok=True)
        states = {person.username: person.context.storage_state() for person in office.people.values()}
        count, wide = 0, list[str]()
        for name, (who, path) in pages_of(office).items():
            looks: list[tuple[str, Any, str, Literal["light", "dark"]]] = [
                ("zh-1280", DESK, "zh", "light"),
                ("zh-375", PHONE, "zh", "light"),
                ("en-1280", DESK, "en", "light"),
            ]
            if name in DARK:
                looks.append(("dark-1280", DESK, "zh", "dark"))
            for look, size, language, scheme in looks:
                context = office.browser.new_context(
                    base_url=office.url, viewport=size, color_scheme=scheme, storage_state=states.get(who)
                )
                context.add_cookies([{"name": "cleanlane_language", "value": language, "url": office.url}])
                page = context.new_page()
                page.on("pageerror", partial(_note, office, name))
                page.goto(path)
                _settle(page)
                if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                    wide.append(f"{name} {look}")
                _shoot(page, folder / f"{name}-{look}.png")
                context.close()
                count += 1
        assert not wide, f"wider than the window: {', '.join(wide)}"
        told.append(f"{count} 张，{folder}")


def _settle(page: Page) -> None:
    """Wait until what comes by script is there."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(200)


def _shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=page.evaluate("document.documentElement.scrollHeight") < 4000)


def _note(office: Office, name: str, error: Error) -> None:
    office.problems.append(f"{name}: {error}")
