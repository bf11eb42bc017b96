"""What the running service holds, in one object that routes and background work are given."""

from dataclasses import dataclass, field

from itsdangerous import URLSafeTimedSerializer

from service.settings import Settings
from service.store.database import Database
from service.store.photo_store import PhotoStore

__all__ = ["Service"]


@dataclass(eq=False)
class Service:
    """The parts of a running service.

    Attributes:
        settings: As it was started.
        database: Of everything but photos.
        photos: Where photos lie.
        signer: Makes links that work without signing in, for a while.
    """

    settings: Settings
    database: Database
    photos: PhotoStore
    signer: URLSafeTimedSerializer = field(init=False)

    def __post_init__(self) -> None:
        self.signer = URLSafeTimedSerializer(self.settings.signing_secret(), salt="cleanlane-photo")

    @classmethod
    def open(cls, settings: Settings) -> "Service":
        """Connect to the database and the photo store; the database's tables have to be there (`prepare`).

        Raises:
            UserError: One of them can't be used.
        """
        return cls(settings, Database(settings.database_url), PhotoStore(settings.photos_url))

    def close(self) -> None:
        """Close the connections."""
        self.database.close()
