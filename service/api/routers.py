"""All routers, in the order in which they are tried."""

from service.api import (
    account,
    admission,
    deadline_rules,
    footage_events,
    health,
    issues,
    ledger,
    model,
    photo_progress,
    photos,
    pictures,
    place_search,
    places,
    postings,
    queue,
    records,
    review,
    signing,
    slip_rules,
    slips,
    steps_api,
    town,
    units,
    users,
    webhooks,
)
from service.api.open311 import routes as open311
from service.operations import metrics
from service.web import admin, home, overview, upload
from service.web import deadlines as deadline_pages
from service.web import issue as issue_pages
from service.web import ledger as ledger_pages
from service.web import postings as posting_pages
from service.web import review as review_pages
from service.web import slips as slip_pages
from service.web import units as unit_pages
from service.web import webhooks as webhook_pages

__all__ = ["ROUTERS"]

ROUTERS = [
    health.router,
    metrics.router,
    signing.router,
    admission.router,
    photo_progress.router,
    photos.router,
    pictures.router,
    footage_events.router,
    place_search.router,
    upload.router,
    model.router,
    queue.router,
    review.router,
    review_pages.router,
    home.router,
    postings.router,
    posting_pages.router,
    records.router,
    open311.router,
    account.router,
    users.router,
    units.router,
    places.router,
    town.router,
    unit_pages.router,
    admin.router,
    slips.router,
    slip_rules.router,
    webhooks.router,
    slip_pages.router,
    webhook_pages.router,
    issues.router,
    steps_api.router,
    deadline_rules.router,
    issue_pages.router,
    deadline_pages.router,
    ledger.router,
    ledger_pages.router,
    overview.router,
]
