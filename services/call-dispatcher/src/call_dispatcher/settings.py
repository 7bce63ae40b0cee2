"""The settings of this service. README.md has them as a table."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from call_dispatcher.retries import Patience
from call_dispatcher.retry_policy import RetryPolicy
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK, read_retry_policy
from chassis.settings import BusSettings, DatabaseSettings, GrpcServerSettings, HttpUrl, ServiceSettings

Orchestrator = Literal["enhanced", "standard"]


def _read(given: str | RetryPolicy) -> RetryPolicy:
    return given if isinstance(given, RetryPolicy) else read_retry_policy(Path(given))


RetryPolicyFile = Annotated[RetryPolicy, NoDecode, BeforeValidator(_read)]
"""Written as a file's path, and read at once: a file that does not fit keeps the service from starting."""


class MigrateSettings(DatabaseSettings, ServiceSettings):
    """What `migrate` needs."""


class Settings(GrpcServerSettings, BusSettings, DatabaseSettings, ServiceSettings):
    """What `serve` needs."""

    twilio_account_sid: str = Field(
        validation_alias="TWILIO_ACCOUNT_SID", pattern=r"^AC[0-9a-f]{32}$", description="AC and 32 hex digits."
    )
    twilio_auth_token: SecretStr = Field(
        validation_alias="TWILIO_AUTH_TOKEN", min_length=1, description="the account's auth token."
    )
    twilio_from_number: str = Field(
        validation_alias="TWILIO_FROM_NUMBER",
        pattern=r"^\+[1-9][0-9]{6,14}$",
        description="the number that calls come from, E.164: a plus sign and 7 to 15 digits.",
    )
    twilio_api_url: HttpUrl = Field(
        default=HttpUrl("https://api.twilio.com"),
        validation_alias="TWILIO_API_URL",
        description="Twilio's REST API, or an emulator's address.",
    )
    public_url: HttpUrl = Field(
        validation_alias="PUBLIC_URL", description="where the carrier reaches voice-gateway, https://host."
    )
    scheduler_target: str = Field(pattern=r"^.+:\d+$", description="window-scheduler's gRPC address, host:port.")
    orchestrator: Orchestrator | None = Field(
        default=None, description="how voice-gateway holds the conversation; told in the log."
    )
    use_enhanced_calls: bool | None = Field(
        default=None,
        validation_alias="USE_ENHANCED_CALLS",
        description="the first system's name for it: true or false.",
    )
    calls_per_second: float = Field(
        default=1.0, gt=0, le=1000, description="of the carrier's account, all processes together."
    )
    dials_at_once: int = Field(default=8, ge=1, le=100, description="calls in hand at once.")
    ring_s: int = Field(default=25, ge=5, le=600, description="how long it rings; short of most voicemail.")
    max_call_s: int = Field(default=1800, ge=30, le=14_400, description="the carrier ends a call after so long.")
    carrier_timeout_s: float = Field(
        default=10.0, gt=0, le=60, description="how long an answer of the carrier may take."
    )
    reconcile_after_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="an attempt without an answer is looked up at the carrier after so long.",
    )
    call_quiet_s: float = Field(
        default=300.0,
        gt=0,
        le=3600,
        description="an answered call of which nothing was heard for so long is looked up at the carrier.",
    )
    reflection_grace_s: float = Field(
        default=60.0, gt=0, le=600, description="how long after a call's end the end of its reflection may be told."
    )
    sweep_period_s: float = Field(default=15.0, gt=0, le=300)
    retry_policy: RetryPolicyFile = Field(
        default=COMES_WITH_DAYBOOK,
        validation_alias="DAYBOOK_RETRY_POLICY_FILE",
        description="a YAML file that says which outcomes are tried again, and when.",
    )
    max_attempts: int = Field(default=3, ge=1, le=10)
    retry_scale: float = Field(default=1.0, gt=0, le=10, description="multiplies every delay before a retry.")

    @model_validator(mode="after")
    def _reconciles_after_the_post(self) -> "Settings":
        if self.reconcile_after_s < 2 * self.carrier_timeout_s:
            raise ValueError(
                "DAYBOOK_RECONCILE_AFTER_S must be at least twice DAYBOOK_CARRIER_TIMEOUT_S: "
                "a POST that may still be under way must not be taken for one that failed"
            )
        return self

    @property
    def conversation(self) -> Orchestrator:
        """Which orchestrator holds the conversation, by either of its two settings."""
        if self.orchestrator is not None:
            return self.orchestrator
        return "standard" if self.use_enhanced_calls is False else "enhanced"

    @property
    def patience(self) -> Patience:
        return Patience(
            retries=self.retry_policy,
            max_attempts=self.max_attempts,
            retry_scale=self.retry_scale,
            reconcile_after=timedelta(seconds=self.reconcile_after_s),
            ring_quiet=timedelta(seconds=self.ring_s + 35),
            call_quiet=timedelta(seconds=self.call_quiet_s),
            reflection_grace=timedelta(seconds=self.reflection_grace_s),
        )
