"""While NATS is away nobody on the line waits in silence, and what was said is told once NATS is back."""

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


@pytest.fixture(scope="module")
def more_settings() -> dict[str, object]:
    return {"orchestrator": "standard"}  # calls for signing in are the same with either


async def until_told(world, attempt_id, state):
    """Returns once the stream holds this of an attempt."""
    while True:
        told = await world.stored_progress()
        if state in [it.reflection.state for it in told if it.attempt_id == attempt_id]:
            return


@pytest.mark.parametrize(
    ("key", "said", "state"),
    [
        ("1", SPOKEN, events.REFLECTION_STATE_CODE_TOLD),
        ("9", "You will not be called any more", events.REFLECTION_STATE_OPTED_OUT),
    ],
)
async def test_what_comes_of_a_call_for_signing_in_is_said_all_the_same_and_told_later(
    world, nats_to_kill, key, said, state
):
    attempt_id = world.attempt(for_sign_in=True, code=CODE)
    nats_to_kill.kill()
    path = f"/webhooks/twilio/code/{attempt_id}?offered=1&told=0"
    answer = await world.post(path, FORM | {"Digits": key})
    assert (answer.status_code, said in answer.text) == (200, True)
    nats_to_kill.start()
    await nats_to_kill.until_answering()
    await until_told(world, attempt_id, state)


async def test_a_conversation_begins_and_an_opt_out_is_confirmed_all_the_same(world, nats_to_kill):
    attempt_id = world.attempt()
    nats_to_kill.kill()
    greeted = await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    assert (greeted.status_code, "<Gather" in greeted.text) == (200, True)
    parted = await world.post(f"/webhooks/twilio/gather/{attempt_id}", FORM | {"Digits": "9"})
    assert (parted.status_code, "You will not be called any more" in parted.text) == (200, True)
    nats_to_kill.start()
    await nats_to_kill.until_answering()
    await until_told(world, attempt_id, events.REFLECTION_STATE_OPTED_OUT)


async def test_a_status_that_cannot_be_stored_is_asked_for_again(world, nats_to_kill):
    attempt_id = world.attempt()
    nats_to_kill.kill()
    answer = await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM)
    assert answer.status_code == 503
    assert (await world.web.get("/healthz")).status_code == 200
    nats_to_kill.start()
    assert (await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM)).status_code == 204
    assert attempt_id in [message.attempt_id for message in await world.stored_progress()]
