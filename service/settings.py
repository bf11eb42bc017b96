"""What an installation is told from outside: `CLEANLANE_…` in the environment, or the options of the command line."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vision.errors import UserError, sentence

__all__ = ["Settings", "read_settings"]

SECRET_FILE = "secret.key"  # noqa: S105 - a file's name


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


class Settings(BaseSettings):
    """Where the service keeps things and how much it takes."""

    model_config = SettingsConfigDict(env_prefix="CLEANLANE_", frozen=True)

    environment: Literal["development", "production"] = Field(
        default="development", description="In production every secret has to be given; nothing is made up."
    )
    data: Path = Field(default=Path("cleanlane-data"), description="Folder of the database, the photos and the secret.")
    database: str = Field(default="", description="SQLAlchemy URL; by default SQLite in the data folder.")
    photos: str = Field(default="", description="fsspec URL such as s3://bucket/photos; by default in the data folder.")
    secret: str = Field(default="", description="Signs links to photos; 32 characters or more.")
    public_url: str = Field(
        default="", description="Address under which people reach the service, for links in messages."
    )
    timezone: str = Field(default="Asia/Shanghai", description="Of working hours and of times on pages.")
    secure_cookies: bool = Field(default=False, description="Cookies only over HTTPS; always so in production.")

    model: str = Field(default="", description="Model file or folder; by default the published one.")
    device: str = "auto"
    precision: str = "auto"
    workers: int = Field(default=1, ge=0, le=64, description="Worker threads within `cleanlane serve`; 0: none.")

    max_photo_bytes: int = Field(default=40_000_000, gt=0)
    max_photo_pixels: int = Field(default=100_000_000, gt=0)
    max_photos_per_request: int = Field(default=50, gt=0)
    max_uploads_at_once: int = Field(default=16, gt=0, description="Request bodies read at a time; the rest waits.")
    upload_rate: str = Field(default="600/minute", description="Photos per user, in the notation of `limits`.")
    open311_public: bool = Field(default=False, description="Open311 requests can be read without a key.")
    read_postings: bool = Field(default=False, description="Read text on postings; needs the extra: ocr.")
    private_webhooks: bool = Field(
        default=False, description="Webhooks may go to this machine and to private networks, too."
    )
    login_rate: str = Field(
        default="10/minute", description="Failed logins per name and address; five times as many per one."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError) as error:
            raise ValueError(f"timezone: {self.timezone!r} is no time zone, such as Asia/Shanghai") from error
        if self.secret and len(self.secret) < 32:
            raise ValueError("secret: expected 32 characters or more")
        if self.environment == "production" and not self.secret:
            raise ValueError(
                "secret: CLEANLANE_SECRET is not set; in production it has to be, for example to the output of "
                "`python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`"
            )
        return self

    @property
    def database_url(self) -> str:
        """The database, as SQLAlchemy takes it."""
        return self.database or f"sqlite:///{(self.data / 'cleanlane.db').resolve()}"

    @property
    def photos_url(self) -> str:
        """The photo store, as fsspec takes it."""
        return self.photos or str((self.data / "photos").resolve())

    @property
    def zone(self) -> ZoneInfo:
        """The town's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def cookies_are_secure(self) -> bool:
        """Whether cookies are sent over HTTPS only."""
        return self.secure_cookies or self.environment == "production"

    def signing_secret(self) -> str:
        """Return the secret; in development one is made at first and kept in the data folder, readable by its owner.

        Raises:
            UserError: The file was emptied.
        """
        if self.secret:
            return self.secret
        path = self.data / SECRET_FILE
        self.data.mkdir(parents=True, exist_ok=True)
        try:
            with open(path, "x", opener=_private) as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        found = path.read_text().strip()
        if len(found) < 32:
            raise UserError(f"{path}: expected the secret of this installation, but it is too short; remove the file")
        return found


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Return the settings: what was given, else the environment's, else the defaults.

    Raises:
        UserError: One of them is wrong or, in production, missing.
    """
    try:
        return Settings(**{key: value for key, value in given.items() if value not in (None, "")})
    except ValidationError as error:
        raise UserError(f"settings: {sentence(error)}") from error
