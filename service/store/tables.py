"""All tables in one place, so that whoever needs the whole schema has it."""

from service.store import issues, messages, people, photos, places, postings, rules
from service.store.base import Base

__all__ = ["Base", "issues", "messages", "people", "photos", "places", "postings", "rules"]
