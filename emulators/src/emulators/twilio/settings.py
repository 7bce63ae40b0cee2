"""The settings of the emulator, each from an environment variable `DAYBOOK_EMULATOR_…`."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from emulators.program import EmulatorSettings
from emulators.twilio.personas import PERSONAS


def _split(numbers: str | frozenset[str]) -> frozenset[str]:
    if isinstance(numbers, str):
        return frozenset(number.strip() for number in numbers.split(",") if number.strip())
    return numbers


def _known(name: str) -> str:
    if name not in PERSONAS:
        raise ValueError(f"there is no persona of that name: choose one of {', '.join(PERSONAS)}")
    return name


class TwilioEmulatorSettings(EmulatorSettings):
    """`from_numbers` is a comma-separated list in the environment; `admin_port` has no use here, where `port` serves all."""

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True)

    account_sid: Annotated[str, Field(pattern="^AC[0-9a-f]{32}$")] = "AC" + "0" * 32
    auth_token: SecretStr
    from_numbers: Annotated[str | frozenset[str], NoDecode, AfterValidator(_split)] = frozenset({"+15005550006"})
    calls_per_second: Annotated[float, Field(gt=0)] = 1.0
    voice: str = "wordcode"
    default_persona: Annotated[str, AfterValidator(_known)] = "talks_and_completes"
