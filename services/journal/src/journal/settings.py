"""The journal's settings, read from DAYBOOK_… (see `chassis.settings`)."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from chassis.settings import BusSettings, DatabaseSettings, GrpcServerSettings, HttpUrl, ServiceSettings, SharedSecret
from chassis.tokens import SHORTEST_SECRET
from journal.rights import GATEWAY, PORTAL, TOOLBOX

_KMS_KEY = r"projects/[^/,]+/locations/[^/,]+/keyRings/[^/,]+/cryptoKeys/[^/,]+"


class MigrateSettings(DatabaseSettings, ServiceSettings):
    """What `migrate` needs: no key, no store."""


class RetainSettings(MigrateSettings):
    """What `retain` needs, and `serve` too: the keys and the recordings."""

    kek_folder: Path | None = Field(
        default=None, description="The folder with key-encryption keys, each a file of 32 random bytes as base64."
    )
    kms_keys: str = Field(
        default="",
        pattern=rf"^({_KMS_KEY}(,{_KMS_KEY})*)?$",
        description="Key-encryption keys of Google Cloud KMS, by their names, with commas between.",
    )
    kek_active: str = Field(
        default="",
        description="The file, or the name in KMS, of the key that new keys are wrapped by; needed where there are several.",
    )
    google_kms_endpoint: str | None = Field(
        default=None,
        validation_alias="GOOGLE_KMS_ENDPOINT",
        pattern=r"^.+:\d+$",
        description="host:port of an emulator",
    )
    object_store_url: str = Field(
        description="Where recordings rest: file:///a/directory, s3://bucket/prefix, gs://… or az://…"
    )

    @model_validator(mode="after")
    def _some_key(self) -> Self:
        if self.kek_folder is None and not self.kms_keys:
            raise ValueError("DAYBOOK_KEK_FOLDER or DAYBOOK_KMS_KEYS is to name the key-encryption keys")
        return self

    @property
    def kms_key_names(self) -> list[str]:
        return list(filter(None, self.kms_keys.split(",")))


class Settings(GrpcServerSettings, BusSettings, RetainSettings):
    voice_gateway_secret: SharedSecret = Field(
        description=f"what voice-gateway signs its tokens with, {SHORTEST_SECRET} characters or more: openssl rand -hex 32"
    )
    portal_secret: SharedSecret = Field(description="what the portal signs with, for the persons who read there.")
    toolbox_secret: SharedSecret = Field(description="what operators' command line signs with.")
    session_grace_s: float = Field(
        default=15,
        ge=0,
        le=300,
        description="Seconds after a call's end until a session that nobody ended is ended by the journal.",
    )
    gemini_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="GEMINI_API_KEY",
        min_length=1,
        description="The key of the Gemini Developer API; none: no entry is described.",
    )
    gemini_base_url: HttpUrl | None = Field(
        default=None, validation_alias="GEMINI_BASE_URL", description="address of an emulator"
    )
    gemini_model: str = Field(
        default="gemini-3.1-flash-lite", validation_alias="GEMINI_MODEL", description="id of a Gemini 3 model"
    )

    @property
    def secrets(self) -> Mapping[str, SecretStr]:
        """Each caller's."""
        return {GATEWAY: self.voice_gateway_secret, PORTAL: self.portal_secret, TOOLBOX: self.toolbox_secret}

    @model_validator(mode="after")
    def _each_caller_its_own(self) -> Self:
        if len({secret.get_secret_value() for secret in self.secrets.values()}) < len(self.secrets):
            raise ValueError(
                "each of DAYBOOK_VOICE_GATEWAY_SECRET, DAYBOOK_PORTAL_SECRET and DAYBOOK_TOOLBOX_SECRET is to be another"
            )
        return self

    @property
    def session_grace(self) -> timedelta:
        return timedelta(seconds=self.session_grace_s)
