"""The settings of the database that say which model is wanted, and what became of the wish."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.errors import invalid
from service.settings import Settings
from service.store.base import now
from service.store.rules import Setting

__all__ = ["Wish", "model_path", "model_state", "tell_state", "wish", "wished"]

WANTED, STATE = "model", "model_state"


@dataclass(frozen=True)
class Wish:
    """A model that somebody asked for.

    Attributes:
        path: Within the folder `models` of the data folder; empty: the one that the service was started with.
        asked: When; asking again for the same path loads it again.
    """

    path: str = ""
    asked: datetime | None = None


def wished(session: Session) -> Wish:
    """Return the model that is wanted."""
    setting = session.get(Setting, WANTED)
    return Wish(str(setting.value["path"]), setting.changed) if setting else Wish()


def wish(session: Session, path: str) -> None:
    """Ask for a model."""
    _put(session, WANTED, {"path": path})


def model_state(session: Session) -> dict[str, Any]:
    """Return what the workers said last: model, sha256, loaded (time), error; empty if none has run yet."""
    setting = session.get(Setting, STATE)
    return dict(setting.value) if setting else {}


def tell_state(session: Session, state: dict[str, Any]) -> None:
    """Say which model runs, and why not the wanted one."""
    _put(session, STATE, state)


def model_path(settings: Settings, path: str) -> Path | None:
    """Return where a wished model lies; None for the one that comes with CleanLane.

    Raises:
        ServiceError: There is nothing of that name in the folder of models.
    """
    if not path:
        return Path(settings.model) if settings.model else None
    folder = (settings.data / "models").resolve()
    found = (folder / path).resolve()
    if found == folder or not found.is_relative_to(folder) or not found.exists():
        raise invalid(
            "model_unknown",
            f"数据目录的 models 文件夹中没有“{path}”，请先将模型文件放入该文件夹",
            f"expected a file or folder within {folder}, but there is no {path}; put the model there first",
        )
    return found


def _put(session: Session, key: str, value: dict[str, Any]) -> None:
    """Write a setting, whether it is there or not: several workers may do so at once."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    row = {"value": value, "changed": now()}
    session.execute(insert(Setting).values(key=key, **row).on_conflict_do_update(index_elements=["key"], set_=row))
