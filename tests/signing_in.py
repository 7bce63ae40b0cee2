"""Signing in as a person does it: a call is asked for, the emulated telephone rings, and the code is what the carrier said."""

import re
from dataclasses import dataclass

from whole_daybook import Person, WholeDaybook, until

from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import SignInServiceStub

SPOKEN_CODE = re.compile(r"[0-9](?:, [0-9]){5}")


@dataclass(frozen=True)
class HeardCode:
    """What a call told, and what it is to be checked by."""

    sign_in_id: str
    code: str


async def start(daybook: WholeDaybook, phone_number: str) -> scheduler.StartSignInResponse:
    request = scheduler.StartSignInRequest(phone_number=phone_number)
    return await SignInServiceStub(daybook.scheduler).StartSignIn(request)


async def check(daybook: WholeDaybook, sign_in_id: str, code: str) -> scheduler.CheckSignInResponse:
    request = scheduler.CheckSignInRequest(sign_in_id=sign_in_id, code=code)
    return await SignInServiceStub(daybook.scheduler).CheckSignIn(request)


async def heard_code(daybook: WholeDaybook, person: Person) -> HeardCode:
    """Asks for a call to somebody who presses 1, and hears its code."""
    sign_in_id = (await start(daybook, person.phone_number)).sign_in_id
    return HeardCode(sign_in_id, await told_code(daybook, person))


async def told_code(daybook: WholeDaybook, person: Person) -> str:
    """The code that a call told somebody, once it has."""
    codes: list[str] = []

    async def told() -> bool:
        for call in await daybook.carrier_calls(person):
            codes.extend(SPOKEN_CODE.findall(" ".join(call["says"])))  # type: ignore[arg-type]  # JSON
        return bool(codes)

    await until(told)
    assert len(set(codes)) == 1
    return codes[0].replace(", ", "")
