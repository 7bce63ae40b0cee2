"""What programs send and are told, in the forms that several endpoints share."""

import re
from datetime import UTC, datetime
from typing import Annotated

from google.protobuf.message import Message
from pydantic import BaseModel, ConfigDict, Field

from chassis.errors import InvalidInput


class Sent(BaseModel):
    """What a program sends: nothing that has no meaning here."""

    model_config = ConfigDict(extra="forbid")


Day = Annotated[
    str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-11-24"], json_schema_extra={"format": "date"})
]
"""A local day, ISO 8601. Whether the calendar has it is told by who is asked."""
ClockTime = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["20:30"])]
"""Local, HH:MM of a 24-hour clock."""
Cursor = Annotated[
    str, Field(max_length=2000, description="`next_cursor` of the answer before; empty: from the first on")
]
Limit = Annotated[int, Field(ge=1, le=100, description="How many at most")]
_NUMBER = re.compile("[1-9][0-9]{0,17}", re.ASCII)


def no_such_cursor() -> InvalidInput:
    return InvalidInput("cursor", "is to be the next_cursor of an earlier answer to the same question.")


def number_before(cursor: str) -> int | None:
    """Where a list that is counted downwards goes on: below this number; None: from the first on.

    Raises:
        InvalidInput: no answer told this cursor.
    """
    if not cursor:
        return None
    if not _NUMBER.fullmatch(cursor):
        raise no_such_cursor()
    return int(cursor)


def moment_in(message: Message, field: str) -> datetime | None:
    """A moment of a message, aware, UTC; None where it is not set."""
    return getattr(message, field).ToDatetime(tzinfo=UTC) if message.HasField(field) else None


def term(name: str, kind: str) -> str:
    """The name of an enum's value, as programs are told it: `CHANCE_ROLE_CALL` of `CHANCE_ROLE` is `call`."""
    return name.removeprefix(f"{kind}_").lower()
