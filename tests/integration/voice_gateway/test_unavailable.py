"""A part that is away: Twilio is asked to try again, and the gateway goes on serving."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nats
import pytest
import pytest_asyncio

from daybook_cli.embedded import EmbeddedNats, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"CallSid": "CA" + "c" * 32, "CallStatus": "ringing", "SequenceNumber": "1"}


class NatsToKill:
    """A NATS of this module's own."""

    def __init__(self, folder: Path) -> None:
        self.server = EmbeddedNats(folder, free_port(), free_port())
        self.server.prepare()
        self._log = folder / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(self.server.argv, stdout=out, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def nats_to_kill() -> Iterator[NatsToKill]:
    with TemporaryDirectory(prefix="daybook-nats-") as folder:
        it = NatsToKill(Path(folder))
        it.start()
        yield it
        it.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nats_server(nats_to_kill) -> EmbeddedNats:
    async def unheard(_error: Exception) -> None:
        """It is not up yet: that is what is being waited for."""

    client = await nats.connect(
        nats_to_kill.server.url, max_reconnect_attempts=200, reconnect_time_wait=0.05, error_cb=unheard
    )
    await client.close()
    return nats_to_kill.server


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
