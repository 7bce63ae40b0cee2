"""What Twilio's webhooks answer, and what nobody else gets out of them."""

from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from structlog.testing import capture_logs

from daybook.events.v1 import events_pb2 as events

pytestmark = pytest.mark.asyncio(loop_scope="module")

SID = "CA" + "a" * 32
FORM = {"CallSid": SID, "CallStatus": "in-progress", "SequenceNumber": "2", "To": "+12025550123", "AnsweredBy": "human"}
HOOKS = ["voice", "status", "amd", "resume", "gather", "partial"]


def assert_problem(answer, status: int, *told: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    for text in told:
        assert text in answer.json()["detail"]
    assert FORM["To"] not in answer.text


@pytest.mark.parametrize("hook", HOOKS)
async def test_a_forged_or_missing_signature_is_refused(world, hook):
    path = f"/webhooks/twilio/{hook}/{world.attempt()}"
    assert_problem(await world.post(path, FORM, token="another-token"), 403, "X-Twilio-Signature")
    assert_problem(await world.web.post(path, data=FORM), 403, "X-Twilio-Signature")
    spoofed = await world.web.post(
        path, data=FORM, headers={"Host": "evil.example.org", "X-Twilio-Signature": "A" * 28}
    )
    assert_problem(spoofed, 403)


@pytest.mark.parametrize("hook", HOOKS)
async def test_an_attempt_of_no_name_is_unknown(world, hook):
    assert_problem(await world.post(f"/webhooks/twilio/{hook}/nonsense", FORM), 404)


@pytest.mark.parametrize("hook", ["voice", "resume", "gather"])
async def test_an_attempt_of_no_call_is_unknown(world, hook):
    assert_problem(await world.post(f"/webhooks/twilio/{hook}/{uuid4()}.1", FORM), 404)


@pytest.mark.parametrize(
    ("hook", "change", "field"),
    [
        ("voice", {"CallSid": ""}, "CallSid"),
        ("status", {"CallSid": "CA1"}, "CallSid"),
        ("status", {"CallStatus": "flying"}, "CallStatus"),
        ("status", {"SequenceNumber": "soon"}, "SequenceNumber"),
        ("amd", {"AnsweredBy": "robot"}, "AnsweredBy"),
        ("gather", {"CallSid": ""}, "CallSid"),
        ("partial", {"CallSid": ""}, "CallSid"),
        ("partial", {"SequenceNumber": "-1"}, "SequenceNumber"),
    ],
)
async def test_a_malformed_form_is_told_its_field(world, hook, change, field):
    answer = await world.post(f"/webhooks/twilio/{hook}/{world.attempt()}", FORM | change)
    assert_problem(answer, 400, field)
    assert answer.json()["field"] == field
    assert (await world.web.get("/readyz")).status_code == 200


async def test_a_huge_form_is_refused(world):
    answer = await world.post(f"/webhooks/twilio/voice/{world.attempt()}", FORM | {"X": "x" * 70_000})
    assert_problem(answer, 413)


async def test_a_status_is_told_once_however_often_it_comes(world):
    attempt_id = world.attempt()
    for _ in range(3):
        assert (await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM)).status_code == 204
    await world.post(f"/webhooks/twilio/status/{attempt_id}", FORM | {"CallStatus": "completed", "SequenceNumber": "3"})
    told = await world.ended(attempt_id)
    assert told.carrier_call_id == SID
    assert told.carrier_status.sequence_number == 3
    stored = [message for message in await world.stored_progress() if message.attempt_id == attempt_id]
    assert [message.carrier_status.status for message in stored] == [
        events.CARRIER_CALL_STATUS_IN_PROGRESS,
        events.CARRIER_CALL_STATUS_COMPLETED,
    ]


async def test_an_answered_call_gets_a_stream(world):
    attempt_id = world.attempt()
    answer = await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    stream = ET.fromstring(answer.text).find("./Connect/Stream")
    assert stream is not None
    assert stream.attrib["url"] == world.base_url.replace("http", "ws") + "/media"


async def test_a_programme_of_a_newer_release_is_told_once_and_the_evening_review_in_its_place(world):
    with capture_logs() as lines:
        for attempt_id in (world.attempt(programme="mourning"), world.attempt(programme="mourning"), world.attempt()):
            assert (await world.post(f"/webhooks/twilio/voice/{attempt_id}", FORM)).status_code == 200
    told = [line for line in lines if line["event"] == "programme.unknown"]
    assert [(line["programme"], line["instead"]) for line in told] == [("mourning", "evening_review")]


async def test_the_first_systems_address_takes_an_attempt_too(world):
    answer = await world.post(f"/webhooks/twilio/voice?attempt_id={world.attempt()}", FORM)
    assert ET.fromstring(answer.text).find("./Connect/Stream") is not None


async def test_who_rings_back_is_told_who_this_is(world):
    answer = await world.post("/webhooks/twilio/voice", FORM)
    verbs = [verb.tag for verb in ET.fromstring(answer.text)]
    assert verbs == ["Say", "Hangup"]


async def test_health_and_metrics(world):
    assert (await world.web.get("/healthz")).json() == {"status": "alive"}
    await world.web.post("/webhooks/twilio/voice", data=FORM)
    metrics = (await world.web.get("/metrics", follow_redirects=True)).text
    assert 'daybook_forged_requests_total{surface="voice"}' in metrics
