"""A part that is away: Twilio is asked to try again, and the gateway goes on serving."""

import pytest

from daybook_cli.embedded import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"CallSid": "CA" + "c" * 32, "CallStatus": "ringing", "SequenceNumber": "1"}


@pytest.fixture(scope="module")
def more_settings() -> dict[str, object]:
    return {"scheduler_target": f"127.0.0.1:{free_port()}"}


async def test_a_call_whose_person_cannot_be_learnt_is_asked_for_again(world):
    answer = await world.post(f"/webhooks/twilio/voice/{world.attempt()}", FORM)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "window-scheduler" in answer.json()["detail"]
