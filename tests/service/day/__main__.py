"""An office's day with the real programs: `python -m tests.service.day --out day`. Exit code 0 only if all is right."""

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Browser, Error, sync_playwright
from rich.console import Console

from tests.conftest import CHROMIUM, CHROMIUM_OPTIONS, REPOSITORY
from tests.service.day import cases, morning, papers, review
from tests.service.day.office import Office, served
from tests.service.day.photos import choose
from tests.service.day.screens import screens
from tests.service.messages.receiver import Receiver

DATA = REPOSITORY.parent / "shared" / "data"
MARK = "town.xlsx"  # a folder that has it is a day's, and may be replaced


def main(
    out: Annotated[Path, typer.Option(help="Folder of all that the day leaves; a day's earlier one goes.")],
) -> None:
    """Import a town, upload 60 photos, review, dispatch, rectify, verify, one slip, Excel, Open311, backup."""
    console = Console(width=160, soft_wrap=True)
    if not DATA.is_dir():
        raise typer.BadParameter(f"the day needs the labelled photos in {DATA}, which are not on this machine")
    if CHROMIUM is None:
        raise typer.BadParameter("the day needs the program chromium, which is not on this machine")
    if out.exists():
        if not (out / MARK).exists() and any(out.iterdir()):
            raise typer.BadParameter(f"{out}: expected no folder, or an earlier day's; this holds something else")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    begun = time.monotonic()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS.split())
        try:
            with served(out / "data", out / "serve.log") as (url, link), Receiver() as receiver:
                day(browser, console, out.resolve(), url, link, receiver)
        except (AssertionError, Error) as error:
            console.print(f"[red]{str(error) or 'an expectation was not met'}[/]")
            raise typer.Exit(1) from error
        finally:
            browser.close()
    console.print(f"[green]全天流程通过[/] {time.monotonic() - begun:.0f} s，结果在 {out}")


def day(browser: Browser, console: Console, out: Path, url: str, link: str, receiver: Receiver) -> None:
    """Do one step after the other."""
    office = Office(url, out, browser, console)
    taken = choose(DATA, out / "photos")
    with office.step("管理员打开一次性链接，设置密码"):
        office.sign_in("admin", "管理员", link)
    morning.import_town(office)
    morning.add_webhook(office, receiver.url)
    morning.make_people(office)
    morning.upload(office, taken)
    morning.wait_for_the_detector(office, taken)
    review.review_by_keyboard(office, taken)
    review.review_in_bulk(office, taken)
    cases.dispatch(office)
    numbers = office.facts["dispatched"]
    cases.rectify(office, taken, numbers[:-1])
    cases.verify(office, taken, numbers[:-1])
    cases.slip(office, numbers[-1])
    cases.check_messages(office, receiver.came)
    papers.ledger(office)
    papers.standards(office)
    office.facts["open"] = numbers[-1]
    screens(office)
    papers.backup(office, out / "data")
    assert not office.problems, f"errors in the pages' scripts: {office.problems}"


if __name__ == "__main__":
    typer.run(main)
