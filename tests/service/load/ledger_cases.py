"""What the bench asks for: pages of the overview, the ledger and the review."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from service.store.base import now
from tests.service.town import Town

__all__ = ["Case", "cases_of"]

PEOPLE = ("admin", "office", "east_handler")  # the whole town; nearly everything, but by unit; one community


@dataclass(frozen=True)
class Case:
    """A request of a person."""

    person: str
    url: str


def cases_of(town: Town) -> list[Case]:
    """Return all requests: each filter as a page and as JSON, of each person."""
    ledgers = [f"{page}{_query(query)}" for query in _ledgers(town) for page in ("/ledger", "/api/v1/ledger")]
    reviews = [f"/api/v1/review{_query(query)}" for query in _reviews(town)]
    cases = [Case(person, url) for person in PEOPLE for url in ("/", *ledgers)]
    return cases + [Case(person, url) for person in ("admin", "office") for url in reviews]


def _query(values: dict[str, Any]) -> str:
    return "?" + urlencode(values, doseq=True) if values else ""


def _ledgers(town: Town) -> list[dict[str, Any]]:
    today = now().date()
    soon, last_month = today + timedelta(days=10), today - timedelta(days=26)
    return [
        {},
        {"page": 100},
        {"size": 200},
        {"state": ["suspected"]},
        {"state": ["closed"], "page": 100},
        {"open": "true"},
        {"open": "true", "sort": "deadline"},
        {"overdue": "true", "sort": "overdue"},
        {"unit": town.east},
        {"unit": town.east, "sort": "deadline"},
        {"unit": town.west + 20},
        {"unit": town.office},
        {"unit": town.department},
        {"grid": 4},
        {"grid": 40},
        {"site": town.east_site},
        {"site": town.east_site + 1},
        {"category": "litter"},
        {"category": "litter", "state": ["closed"], "page": 90},
        {"severity": 3, "unit": town.east},
        {"text": "人民路"},
        {"text": "人民路", "sort": "deadline"},
        {"text": "人民路399号"},
        {"text": "查无此处"},
        {"text": "Renmin Road"},
        {"text": "12345"},
        {"found_from": last_month.isoformat()},
        {"found_to": (today - timedelta(days=900)).isoformat()},
        {"deadline_from": today.isoformat(), "deadline_to": soon.isoformat()},
        {"slip": "red"},
        {"handler": town.users["east_handler"]},
        {"recurrence": "true"},
        {"sort": "deadline"},
        {"sort": "state", "page": 90},
        {"sort": "unit", "page": 90},
        {"sort": "overdue"},
    ]


def _reviews(town: Town) -> list[dict[str, Any]]:
    return [{}, {"category": "litter"}, {"unit": town.east}, {"grid": 40}, {"least": 0.5}, {"most": 0.1, "limit": 20}]
