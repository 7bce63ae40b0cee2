"""The journal's settings, read from DAYBOOK_… (see `chassis.settings`)."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from chassis.settings import BusSettings, DatabaseSettings, GrpcServerSettings, ServiceSettings


class MigrateSettings(DatabaseSettings, ServiceSettings):
    """What `migrate` needs: no key, no store."""


class Settings(GrpcServerSettings, BusSettings, MigrateSettings):
    kek_file: Path = Field(description="The file with the key-encryption key: 32 random bytes as base64.")
    object_store_url: str = Field(
        description="Where recordings rest: file:///a/directory, s3://bucket/prefix, gs://… or az://…"
    )
    session_grace_s: float = Field(
        default=15,
        ge=0,
        le=300,
        description="Seconds after a call's end until a session that nobody ended is ended by the journal.",
    )

    @property
    def session_grace(self) -> timedelta:
        return timedelta(seconds=self.session_grace_s)
