"""Calls for signing in while NATS is away: nobody waits in silence, and what was said is told once NATS is back."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from real_servers import RealNats

from daybook.events.v1 import events_pb2 as events
from daybook_cli.embedded import EmbeddedNats

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE, SPOKEN = "040719", "0, 4, 0, 7, 1, 9"
FORM = {"CallSid": "CA" + "e" * 32, "CallStatus": "in-progress", "SequenceNumber": "3"}


@pytest.fixture(scope="module")
def nats_to_kill() -> Iterator[RealNats]:
    with TemporaryDirectory(prefix="daybook-nats-") as folder:
        it = RealNats(Path(folder))
        it.start()
        yield it
        it.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nats_server(nats_to_kill) -> EmbeddedNats:
    await nats_to_kill.until_answering()
    return nats_to_kill.embedded


async def until_told(world, attempt_id):
    """The states that the stream holds of an attempt, once there are any."""
    while True:
        told = await world.stored_progress()
        if states := [it.reflection.state for it in told if it.attempt_id == attempt_id]:
            return states


@pytest.mark.parametrize(
    ("key", "said", "state"),
    [
        ("1", SPOKEN, events.REFLECTION_STATE_CODE_TOLD),
        ("9", "You will not be called any more", events.REFLECTION_STATE_OPTED_OUT),
    ],
)
async def test_what_cannot_be_told_is_said_all_the_same_and_told_later(world, nats_to_kill, key, said, state):
    attempt_id = world.attempt(for_sign_in=True, code=CODE)
    nats_to_kill.kill()
    path = f"/webhooks/twilio/code/{attempt_id}?offered=1&told=0"
    answer = await world.post(path, FORM | {"Digits": key})
    assert (answer.status_code, said in answer.text) == (200, True)
    nats_to_kill.start()
    await nats_to_kill.until_answering()
    assert await until_told(world, attempt_id) == [state]
