"""The settings of each way to run this service. README.md has them as a table."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode

from chassis.settings import BusSettings, DatabaseSettings, HttpUrl, Port, ServiceSettings, SharedSecret, TlsSettings
from portal.browser_sessions import Lifetimes
from portal.client_addresses import Network, networks

TrustedProxies = Annotated[
    tuple[Network, ...],
    NoDecode,
    BeforeValidator(lambda told: networks(told) if isinstance(told, str) else told),
]
"""Written with commas between them."""


class MigrateSettings(DatabaseSettings, ServiceSettings):
    """`migrate` and `wait-for-schema` need the database alone."""


class SiteSettings(DatabaseSettings, ServiceSettings):
    """Where people reach the portal, and how long they stay signed in."""

    portal_url: HttpUrl = Field(description="Where people reach the portal, https://journal.example.org")
    session_idle_days: int = Field(
        default=14, ge=1, le=400, description="After so many days without a page one has to sign in again."
    )
    session_days: int = Field(
        default=90, ge=1, le=400, description="After so many days one has to sign in again in any case."
    )

    @field_validator("portal_url")
    @classmethod
    def _is_an_origin(cls, value: HttpUrl) -> HttpUrl:
        if value.path not in {None, "", "/"} or value.query or value.fragment or value.username:
            raise ValueError("must be an address without a path, https://journal.example.org")
        return value

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser tells them (RFC 6454, 6.2): without a path, and without the usual port."""
        return str(self.portal_url).rstrip("/")

    @property
    def secure(self) -> bool:
        return self.portal_url.scheme == "https"

    @property
    def lifetimes(self) -> Lifetimes:
        return Lifetimes(idle=timedelta(days=self.session_idle_days), whole=timedelta(days=self.session_days))


class LinkSettings(SiteSettings):
    """`sign-in-link`, which prints a link and, unless something is wrong, nothing else."""

    log_level: Literal["debug", "info", "warning", "error"] = "error"


class Settings(TlsSettings, BusSettings, SiteSettings):
    """`serve`."""

    site_host: str = "127.0.0.1"
    site_port: Port = Field(default=0, description="Where the pages are served. 0 takes a free port, told in the log.")
    trusted_proxies: TrustedProxies = Field(
        default=(),
        description="Proxies that are taken at their word in X-Forwarded-For: addresses or networks, with commas between them.",
    )
    scheduler_target: str = Field(description="host:port of window-scheduler's gRPC")
    dispatcher_target: str = Field(description="host:port of call-dispatcher's gRPC")
    voice_gateway_target: str = Field(description="host:port of voice-gateway's gRPC")
    journal_target: str = Field(description="host:port of the journal's gRPC")
    journal_secret: SharedSecret = Field(
        description="what this service shows the journal, which has it as DAYBOOK_PORTAL_SECRET"
    )
