"""The people at the other end of the line: what each does with a call. Their words stand in `personas.toml`."""

import tomllib
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from emulators.errors import EmulatorError

Pickup = Literal["answers", "busy", "no_answer", "rejects", "unreachable"]
AnsweredBy = Literal[
    "human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown"
]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class UnknownPersona(EmulatorError):
    pass


class Press(BaseModel):
    """Keys pressed instead of words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    press: Annotated[str, Field(pattern=r"^[0-9*#]+$")]


class Persona(BaseModel):
    """One kind of person. `script` is what they say, or press, one entry each time it is their turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pickup: Pickup = "answers"
    rings_s: Seconds = 4.0
    answered_by: AnsweredBy = "human"
    detection_s: Annotated[Seconds, Field(description="How long Twilio takes to tell what answered.")] = 2.5
    opens_with: Annotated[str, Field(description="Said on picking up, without waiting for anybody.")] = ""
    beeps: Annotated[bool, Field(description="A voicemail's tone follows `opens_with`.")] = False
    script: tuple[str | Press, ...] = ()
    menu: Annotated[
        tuple[Press, ...], Field(description="Pressed, one each time that a key and nothing else is asked for.")
    ] = (Press(press="1"),)
    talks_over_after_s: Annotated[
        Seconds | None, Field(description="Begins the first entry when Daybook has talked for so long.")
    ] = None
    breaks_off: Annotated[bool, Field(description="Hangs up in the middle of the last entry.")] = False
    patience_s: Annotated[Seconds, Field(description="Hangs up when nobody has made a sound for so long.")] = 30.0


PERSONAS: dict[str, Persona] = {
    name: Persona.model_validate(described)
    for name, described in tomllib.loads(files(__package__).joinpath("personas.toml").read_text("utf-8")).items()
}


class PersonaBook:
    """Who is behind which number."""

    def __init__(self, default: str) -> None:
        self._default = default
        self._by_number: dict[str, tuple[str, Persona]] = {}

    def choose(self, number: str, name: str, overrides: dict[str, object]) -> Persona:
        """Puts a persona behind a number, with some of its traits changed.

        Raises:
            UnknownPersona: the text lists those that there are.
            pydantic.ValidationError: an override is not a trait of a persona, or has a wrong value.
        """
        if name not in PERSONAS:
            raise UnknownPersona(f"there is no persona {name!r}: choose one of {', '.join(PERSONAS)}")
        persona = Persona.model_validate({**PERSONAS[name].model_dump(), **overrides})
        self._by_number[number] = (name, persona)
        return persona

    def behind(self, number: str) -> tuple[str, Persona]:
        """The name of the persona, and the persona."""
        return self._by_number.get(number, (self._default, PERSONAS[self._default]))

    def clear(self) -> None:
        self._by_number.clear()
