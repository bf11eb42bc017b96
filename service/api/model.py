"""Which model looks at the photos, and exchanging it without stopping."""

from datetime import datetime
from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from service.api.dependencies import TheService, allow
from service.domain.roles import Permission
from service.errors import ServiceError, invalid
from service.fields import ShortText
from service.intake.model_setting import model_path, model_state, wish, wished
from service.settings import Settings
from vision.errors import ModelError
from vision.inference.model import load_model
from vision.inference.published import files_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/model", tags=["operations"])


class WantedModel(BaseModel):
    """A model to take from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"path": "cleanlane-n-2"}]})

    path: ShortText  # within data/models; empty: the one that the service was started with


class CurrentModel(BaseModel):
    """What the workers said last; empty before the first has started."""

    model: str = ""
    sha256: str = ""
    loaded: datetime | None = None
    error: str = ""


class ModelAnswer(BaseModel):
    """Which model runs, which is wanted, and which there are."""

    wanted: str
    current: CurrentModel
    available: list[str]


@router.get("", dependencies=[allow(Permission.MANAGE)])
def show_model(service: TheService) -> ModelAnswer:
    """Tell which model runs, which is wanted, and which can be chosen."""
    with service.database.read() as session:
        wanted, current = wished(session).path, model_state(session)
    available = _available(service.settings)
    return ModelAnswer(wanted=wanted, current=CurrentModel.model_validate(current), available=available)


@router.put(
    "",
    dependencies=[allow(Permission.MANAGE)],
    responses={422: {"description": "There is no such model, or it can't be loaded."}},
)
def choose_model(wanted: WantedModel, service: TheService) -> ModelAnswer:
    """Take another model: the workers load it beside the old one and then exchange them."""
    _check(model_path(service.settings, wanted.path))
    with service.database.write() as session:  # not before: reading a model takes a while
        wish(session, wanted.path)
    return show_model(service)


def _check(path: Path | None) -> None:
    """Read the model before it is accepted.

    Raises:
        ServiceError: It can't be read.
    """
    try:
        load_model(files_of(path)[0].path)
    except IndexError as error:
        raise _useless("its manifest names no file") from error
    except ModelError as error:
        raise _useless(str(error)) from error


def _useless(why: str) -> ServiceError:
    return invalid("model_useless", f"模型无法载入：{why}", f"the model can't be loaded: {why}")


def _available(settings: Settings) -> list[str]:
    """Return what lies in the folder of models: files and folders of published models."""
    folder = settings.data / "models"
    manifests = [path.parent for path in folder.glob("*/manifest.json")]
    return sorted(str(path.relative_to(folder)) for path in [*folder.glob("*.onnx"), *manifests])
