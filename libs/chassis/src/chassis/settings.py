"""Settings: one class a service, read from environment variables and mounted secret files, checked before anything starts.

A service composes its class of the parts below and adds its own fields:

    class Settings(BusSettings, DatabaseSettings, ServiceSettings):
        quiet_hours_start: time = time(8, 0)

A field `nats_url` is read from DAYBOOK_NATS_URL, or from a file `DAYBOOK_NATS_URL` in the folder that DAYBOOK_SECRETS_DIR
names (a mounted Kubernetes Secret). Names that belong to someone else (TWILIO_…, GOOGLE_…, GEMINI_…) are taken by alias.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, PostgresDsn, SecretStr, UrlConstraints, ValidationError, field_validator, model_validator
from pydantic_core import Url
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.errors import SettingsError
from chassis.nats_access import NatsAccess
from chassis.tls import Tls, read_tls
from chassis.tokens import SHORTEST_SECRET

NatsUrl = Annotated[Url, UrlConstraints(allowed_schemes=["nats", "tls"])]
HttpUrl = Annotated[Url, UrlConstraints(allowed_schemes=["http", "https"])]
SharedSecret = Annotated[SecretStr, Field(min_length=SHORTEST_SECRET)]
Port = Annotated[int, Field(ge=0, le=65535, description="0 takes a free port, told in the log.")]


class ServiceSettings(BaseSettings):
    """What every process has."""

    model_config = SettingsConfigDict(
        env_prefix="DAYBOOK_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    http_host: str = "127.0.0.1"
    http_port: Port = Field(default=0, description="Where /healthz, /readyz and /metrics are served.")
    otlp_endpoint: HttpUrl | None = Field(
        default=None, description="OTLP/HTTP address for traces; none: no traces leave."
    )
    trace_log: bool = Field(
        default=False, description="Write each span as a line of the log, for reading without a viewer."
    )


class DatabaseSettings(BaseSettings):
    """A service that owns a schema in PostgreSQL."""

    database_url: SecretStr = Field(description="postgresql://user:password@host:5432/database")

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr) -> SecretStr:
        try:
            PostgresDsn(value.get_secret_value())
        except ValidationError:
            # `from None`: the first error would repeat the URL, and with it the password
            raise ValueError("must be a PostgreSQL address, postgresql://user:password@host:5432/database") from None
        return value


class BusSettings(BaseSettings):
    """A service that hears or tells events."""

    nats_url: NatsUrl = Field(description="nats://host:4222, or tls://host:4222")
    nats_user: str | None = Field(default=None, description="the user at NATS; none: it asks nobody.")
    nats_password: SecretStr | None = Field(default=None, description="the user's password.")
    nats_ca_file: Path | None = Field(
        default=None, description="PEM file of the certificates trusted for tls://; none: the system's."
    )

    @model_validator(mode="after")
    def _user_has_a_password(self) -> Self:
        if (self.nats_user is None) != (self.nats_password is None):
            raise ValueError("DAYBOOK_NATS_USER and DAYBOOK_NATS_PASSWORD belong together: set both or none")
        return self

    @property
    def nats(self) -> NatsAccess:
        return NatsAccess(str(self.nats_url), self.nats_user, self.nats_password, self.nats_ca_file)


class TlsSettings(BaseSettings):
    """A service that speaks gRPC with others."""

    tls_cert_file: Path | None = Field(default=None, description="PEM file of the certificate shown to other services.")
    tls_key_file: Path | None = Field(default=None, description="PEM file of its private key.")
    tls_ca_file: Path | None = Field(default=None, description="PEM file of the authority that signed all of them.")

    @model_validator(mode="after")
    def _all_three_or_none(self) -> Self:
        files = (self.tls_cert_file, self.tls_key_file, self.tls_ca_file)
        if any(files) and not all(files):
            raise ValueError(
                "DAYBOOK_TLS_CERT_FILE, DAYBOOK_TLS_KEY_FILE and DAYBOOK_TLS_CA_FILE belong together: set all three or none"
            )
        return self

    def tls(self) -> Tls | None:
        """What the files hold; None where gRPC goes in clear.

        Raises:
            SettingsError: a file cannot be read, or holds no certificate.
        """
        if self.tls_cert_file is None or self.tls_key_file is None or self.tls_ca_file is None:
            return None
        return read_tls(certificate=self.tls_cert_file, key=self.tls_key_file, authority=self.tls_ca_file)


class GrpcServerSettings(TlsSettings):
    """A service that answers gRPC."""

    grpc_host: str = "127.0.0.1"
    grpc_port: Port = 0
    grpc_health_port: Port | None = Field(
        default=None, description="Where probes are answered over gRPC, in clear; none: nowhere."
    )


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(settings_class: type[SettingsT]) -> SettingsT:
    """Reads and checks the settings of one process.

    Raises:
        SettingsError: one line for each setting that is missing or wrong, by the name of its environment variable.
    """
    secrets_dir = os.environ.get("DAYBOOK_SECRETS_DIR")
    if secrets_dir is not None and not Path(secrets_dir).is_dir():
        raise SettingsError("DAYBOOK_SECRETS_DIR: there is no such folder. Mount the secret there, or unset it.")
    try:
        # pydantic-settings takes `_secrets_dir` as a keyword of every settings class
        return settings_class(_secrets_dir=secrets_dir)
    except ValidationError as error:
        lines = [
            _line(settings_class, issue["loc"], issue["msg"])
            for issue in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("The settings are not right:\n" + "\n".join(lines)) from None


def _line(settings_class: type[BaseSettings], location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return f"  {message}"
    # pydantic tells a field by its alias where it has one
    names = {variable_name(settings_class, name): name for name in settings_class.model_fields}
    told = str(location[0])
    variable = told if told in names else variable_name(settings_class, told)
    description = settings_class.model_fields[names[variable]].description
    return f"  {variable}: {message}." + (f" It is to be: {description}" if description else "")


def variable_name(settings_class: type[BaseSettings], field_name: str) -> str:
    """The environment variable that sets a field."""
    alias = settings_class.model_fields[field_name].validation_alias
    if isinstance(alias, str):
        return alias
    return f"{settings_class.model_config.get('env_prefix', '')}{field_name}".upper()
