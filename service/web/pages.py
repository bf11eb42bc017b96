"""Renders pages: templates with the language, the person and what both need."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.domain.lifecycle import STATES, State
from service.domain.roles import ROLES, Actor, Permission
from service.errors import ServiceError
from service.web.language import language_of, translator
from service.web.navigation import navigation
from vision.categories import category_of

__all__ = ["render", "show", "show_error"]

TEMPLATES = Path(__file__).parent / "templates"


def show(request: Request, template: str, actor: Actor | None = None, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page; `values` are the template's own."""
    return HTMLResponse(render(request, template, actor, **values), status)


def render(request: Request, template: str, actor: Actor | None = None, **values: Any) -> str:
    """Return a page's text.

    A template is given `t(zh, en)`, `language`, `actor` (None where nobody is signed in), `Permission`, `csrf_token`,
    `navigation`, `path`, and functions: `moment` and `day` (of a time, in the town's zone), `category_name`,
    `category_colour`, `state_name` and `role_name` (in the person's language).
    """
    language = language_of(request)
    zone = request.app.state.service.settings.zone
    context = {
        "t": translator(language),
        "language": language,
        "actor": actor,
        "Permission": Permission,
        "csrf_token": getattr(request.state, "csrf_token", ""),
        "navigation": navigation(actor),
        "path": request.url.path,
        "moment": lambda value: _local(value, zone, "%Y-%m-%d %H:%M"),
        "day": lambda value: _local(value, zone, "%Y-%m-%d"),
        "category_name": lambda name: name.replace("_", " ") if language == "en" else category_of(name).zh,
        "category_colour": lambda name: category_of(name).colour,
        "state_name": lambda state: STATES[State(state)][language == "en"],
        "role_name": lambda role: ROLES[role][language == "en"],
    }
    return _environment().get_template(template).render(context | values)


def show_error(request: Request, error: ServiceError) -> HTMLResponse:
    """Return a page that says what went wrong."""
    return show(request, "error.jinja", getattr(request.state, "actor", None), error.status, error=error)


def _local(value: datetime | None, zone: Any, pattern: str) -> str:
    return value.astimezone(zone).strftime(pattern) if value is not None else "–"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
