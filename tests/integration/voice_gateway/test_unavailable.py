"""A part that is away: Twilio is asked to try again, and the gateway goes on serving."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from real_servers import RealNats

from daybook_cli.embedded import EmbeddedNats, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"CallSid": "CA" + "c" * 32, "CallStatus": "ringing", "SequenceNumber": "1"}


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
    return {"scheduler_target": f"127.0.0.1:{free_port()}"}


async def test_a_call_whose_person_cannot_be_learnt_is_asked_for_again(world):
    answer = await world.post(f"/webhooks/twilio/voice/{world.attempt()}", FORM)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "window-scheduler" in answer.json()["detail"]


async def test_a_status_that_cannot_be_stored_is_asked_for_again(world, nats_to_kill):
    attempt_id = world.attempt()
    nats_to_kill.kill()
    answer = await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM)
    assert answer.status_code == 503
    assert (await world.web.get("/healthz")).status_code == 200
    nats_to_kill.start()
    assert (await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM)).status_code == 204
    assert [message.attempt_id for message in await world.stored_progress()] == [attempt_id]
