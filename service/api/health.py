"""Whether the service is alive, and whether it can work."""

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service.api.dependencies import TheService

__all__ = ["router"]

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "The database or the photo store can't be reached."}})
def readyz(service: TheService, response: Response) -> dict[str, str]:
    """Tell whether the database answers."""
    try:
        with service.database.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        response.status_code = 503
        return {"status": "unavailable", "database": type(error).__name__}
    return {"status": "ok"}
