"""The settings of each way to run this service. README.md has them as a table."""

from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from chassis.settings import BusSettings, DatabaseSettings, HttpUrl, Port, ServiceSettings, SharedSecret, TlsSettings
from portal.browser_sessions import Lifetimes
from portal.client_addresses import Network, networks
from portal.openid_metadata import is_issuer
from portal.openid_provider import RETURN, Registration
from portal.sign_in_page import Ways

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


class OpenIdSettings(SiteSettings):
    """The OpenID provider at which people can sign in, where there is one."""

    openid_issuer: str | None = Field(
        default=None, description="the provider, as it calls itself, https://accounts.example.org; none: there is none."
    )
    openid_client_id: str | None = Field(default=None, description="who Daybook is there")
    openid_client_secret: SecretStr | None = Field(default=None, description="and its secret")
    openid_name: str | None = Field(
        default=None, max_length=40, description="what people call the provider; none: its host."
    )
    sign_in_by_call: bool = Field(
        default=True, description="whether people can sign in by a code that a call tells, as well."
    )

    @field_validator("openid_issuer")
    @classmethod
    def _is_an_issuer(cls, value: str | None) -> str | None:
        # kept as it was written: it is compared with what the provider calls itself, to the letter
        if value is not None and not is_issuer(value):
            raise ValueError(
                "must be the provider's own address as it writes it, https://accounts.example.org, without a query; "
                "http is for the loopback addresses of this machine alone"
            )
        return value

    @model_validator(mode="after")
    def _somebody_can_sign_in(self) -> Self:
        told = (self.openid_issuer, self.openid_client_id, self.openid_client_secret)
        if any(told) and not all(told):
            raise ValueError(
                "DAYBOOK_OPENID_ISSUER, DAYBOOK_OPENID_CLIENT_ID and DAYBOOK_OPENID_CLIENT_SECRET belong together: "
                "set all three or none"
            )
        if not self.sign_in_by_call and self.openid_issuer is None:
            raise ValueError(
                "DAYBOOK_SIGN_IN_BY_CALL is off and DAYBOOK_OPENID_ISSUER names no provider: people could not sign in. Set one"
            )
        return self

    @property
    def openid_registration(self) -> Registration | None:
        if self.openid_issuer is None or self.openid_client_id is None or self.openid_client_secret is None:
            return None
        return Registration(
            self.openid_issuer, self.openid_client_id, self.openid_client_secret, f"{self.origin}{RETURN}"
        )

    @property
    def ways(self) -> Ways:
        """How people can sign in."""
        named = "" if self.openid_issuer is None else self.openid_name or urlsplit(self.openid_issuer).netloc
        return Ways(self.sign_in_by_call, named)


class Settings(TlsSettings, BusSettings, OpenIdSettings):
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
