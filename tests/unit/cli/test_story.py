"""A call as it is told while it happens, where the bus says more than once that it is to be made."""

from uuid import uuid4

from nats.aio.msg import Msg

from chassis.events import CALL_DIALED, CALL_FINISHED, CALL_PROGRESSED, CALL_SCHEDULED, CALL_WITHDRAWN
from chassis.rpc import open_channel
from daybook.events.v1 import events_pb2 as events
from daybook_cli.story import CallStory

CALL, PERSON = str(uuid4()), str(uuid4())
NOBODY = "127.0.0.1:1"


def heard(event, message):
    return Msg(_client=None, subject=event.subject, data=message.SerializeToString())


def scheduled(revision):
    return heard(CALL_SCHEDULED, events.CallScheduled(call_id=CALL, person_id=PERSON, revision=revision))


def finished(outcome, revision):
    message = events.CallFinished(call_id=CALL, person_id=PERSON, outcome=outcome, reason="why", revision=revision)
    return heard(CALL_FINISHED, message)


async def told(tmp_path, *messages):
    gateway_log = tmp_path / "voice-gateway.log"
    gateway_log.touch()
    async with open_channel(NOBODY) as channel:
        story = CallStory(PERSON, channel, gateway_log)
        for message in messages:
            await story.hear(message)
        return [(line.kind, line.outcome) async for line in story.lines()]


async def test_a_call_that_is_moved_is_told_to_the_end_of_its_newest_times(tmp_path):
    assert await told(
        tmp_path,
        scheduled(0),
        scheduled(1),
        scheduled(0),
        finished(events.CALL_OUTCOME_MISSED, 0),
        finished(events.CALL_OUTCOME_REFLECTED, 1),
    ) == [("scheduled", None), ("moved", None), ("finished", events.CALL_OUTCOME_REFLECTED)]


async def test_a_call_that_is_announced_twice_is_told_once(tmp_path):
    assert await told(tmp_path, scheduled(0), scheduled(0), finished(events.CALL_OUTCOME_NO_ANSWER, 0)) == [
        ("scheduled", None),
        ("finished", events.CALL_OUTCOME_NO_ANSWER),
    ]


async def test_a_call_that_is_withdrawn_is_told_so_unless_it_was_moved_since(tmp_path):
    def withdrawn(revision):
        reason = events.WITHDRAWAL_REASON_OPTED_OUT
        message = events.CallWithdrawn(call_id=CALL, person_id=PERSON, reason=reason, revision=revision)
        return heard(CALL_WITHDRAWN, message)

    assert await told(
        tmp_path,
        scheduled(0),
        scheduled(1),
        withdrawn(0),
        withdrawn(1),
        finished(events.CALL_OUTCOME_REFUSED, 1),
    ) == [("scheduled", None), ("moved", None), ("withdrawn", None), ("finished", events.CALL_OUTCOME_REFUSED)]


async def test_each_attempt_is_told_as_dialed_once_and_before_what_the_carrier_tells_of_it(tmp_path):
    def dialed(number):
        return heard(CALL_DIALED, events.CallDialed(call_id=CALL, attempt_id=f"{CALL}.{number}"))

    def carrier_told(number, status):
        attempt = {"call_id": CALL, "attempt_id": f"{CALL}.{number}"}
        return heard(
            CALL_PROGRESSED, events.CallProgressed(**attempt, carrier_status=events.CarrierStatus(status=status))
        )

    lines = await told(
        tmp_path,
        scheduled(0),
        carrier_told(1, events.CARRIER_CALL_STATUS_RINGING),
        dialed(1),
        carrier_told(1, events.CARRIER_CALL_STATUS_BUSY),
        dialed(2),
        carrier_told(2, events.CARRIER_CALL_STATUS_RINGING),
        finished(events.CALL_OUTCOME_BUSY, 0),
    )
    kinds = [kind for kind, _ in lines]
    assert kinds == ["scheduled", "dialed", "ringing", "busy", "dialed", "ringing", "finished"]
