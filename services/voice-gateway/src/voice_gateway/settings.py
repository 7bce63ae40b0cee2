"""The settings of the gateway, each with its environment variable; README.md lists them."""

from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from chassis.settings import BusSettings, HttpUrl, Port, ServiceSettings, SharedSecret, TlsSettings

Orchestrator = Literal["enhanced", "standard"]

_TARGET = r"^[^\s:/]+:\d{1,5}$"


class Settings(TlsSettings, BusSettings, ServiceSettings):
    twilio_auth_token: SecretStr = Field(
        validation_alias="TWILIO_AUTH_TOKEN",
        min_length=1,
        description="the account's auth token, by which Twilio signs what it sends",
    )
    twilio_secondary_auth_token: SecretStr | None = Field(
        default=None,
        validation_alias="TWILIO_SECONDARY_AUTH_TOKEN",
        description="the other token that is valid while the account's token is being rotated",
    )
    public_url: HttpUrl = Field(
        validation_alias="PUBLIC_URL",
        description="the address at which Twilio reaches this gateway, e.g. https://calls.example.org",
    )
    journal_target: str = Field(pattern=_TARGET, description="host:port of the journal's gRPC")
    journal_secret: SharedSecret = Field(
        description="what this gateway signs its tokens for the journal with; the journal has the same"
    )
    scheduler_target: str = Field(pattern=_TARGET, description="host:port of window-scheduler's gRPC")
    grpc_host: str = "127.0.0.1"
    grpc_port: Port = Field(default=0, description="where the portal asks how a name is said; 0 takes a free port")

    orchestrator: Orchestrator | None = Field(
        default=None, description="enhanced (media streams, Google) or standard (Twilio's own speech)"
    )
    use_enhanced_calls: bool | None = Field(
        default=None, validation_alias="USE_ENHANCED_CALLS", description="the first system's name for the same choice"
    )
    max_call_s: int = Field(default=1800, ge=60, le=4 * 3600, description="seconds after which a call is ended")
    spool_mib: int = Field(
        default=256, ge=1, le=65536, description="MiB of turns and audio that may wait in this process for the journal"
    )
    calls_at_once: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="media streams that this process holds at once; further calls go without",
    )
    fastest_audio: float = Field(
        default=3.0,
        gt=1,
        le=10_000,
        description="how many times as fast as life a media stream's audio may come for long",
    )
    operator_name: str = Field(
        default="Daybook", min_length=1, max_length=60, description="who calls, as the greeting says it"
    )

    google_speech_endpoint: str | None = Field(
        default=None, validation_alias="GOOGLE_SPEECH_ENDPOINT", pattern=_TARGET, description="host:port of an emulator"
    )
    google_tts_endpoint: str | None = Field(
        default=None, validation_alias="GOOGLE_TTS_ENDPOINT", pattern=_TARGET, description="host:port of an emulator"
    )
    google_cloud_project: str | None = Field(
        default=None,
        validation_alias="GOOGLE_CLOUD_PROJECT",
        description="the project that pays; without it, the one that the credentials name",
    )
    speech_location: str = Field(default="global", description="Google Speech location, e.g. global, us, eu")
    speech_model: str = Field(default="telephony", description="Google Speech v2 model")
    voice: str = Field(default="Aoede", description="character of the Chirp 3 HD voice")
    gemini_base_url: HttpUrl | None = Field(
        default=None, validation_alias="GEMINI_BASE_URL", description="address of an emulator"
    )
    gemini_api_key: SecretStr = Field(
        validation_alias="GEMINI_API_KEY", min_length=1, description="the key of the Gemini Developer API"
    )
    gemini_model: str = Field(
        default="gemini-3.1-flash-lite", validation_alias="GEMINI_MODEL", description="id of a Gemini 3 model"
    )

    @field_validator("public_url")
    @classmethod
    def _is_a_base_address(cls, value: HttpUrl) -> HttpUrl:
        if value.query or value.fragment:
            raise ValueError("is the start of other addresses, so it has no query and no fragment")
        return value

    @model_validator(mode="after")
    def _orchestrators_agree(self) -> Self:
        other = None if self.use_enhanced_calls is None else ("enhanced" if self.use_enhanced_calls else "standard")
        if self.orchestrator is not None and other is not None and self.orchestrator != other:
            raise ValueError("DAYBOOK_ORCHESTRATOR and USE_ENHANCED_CALLS contradict each other: unset one of them")
        return self

    def chosen_orchestrator(self) -> tuple[Orchestrator, str]:
        """Which one holds the conversations, and by which setting."""
        if self.orchestrator is not None:
            return self.orchestrator, "DAYBOOK_ORCHESTRATOR"
        if self.use_enhanced_calls is not None:
            return ("enhanced" if self.use_enhanced_calls else "standard"), "USE_ENHANCED_CALLS"
        return "enhanced", "default"

    def spool_bytes(self) -> int:
        return self.spool_mib * 2**20

    def base_url(self) -> str:
        """PUBLIC_URL without a slash at its end."""
        return str(self.public_url).rstrip("/")
