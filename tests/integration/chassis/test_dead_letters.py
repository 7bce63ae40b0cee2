"""What is put aside can be read, sent again and dropped, and none of it is lost or doubled on the way."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import nats
import pytest

from chassis.bus import open_bus
from chassis.clock import ManualClock
from chassis.dead_letters import DeadLettersUnavailable, NoDeadLetter, open_dead_letters
from chassis.errors import DaybookError
from chassis.events import CALL_FINISHED, CALL_SCHEDULED, CALLS_STREAM, DEAD_LETTERS_STREAM, Undecodable
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from daybook.events.v1.events_pb2 import CallFinished, CallScheduled
from daybook_cli.embedded import free_port

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class Hearing:
    """Durable consumers that refuse what they are told to, and remember what they handled."""

    def __init__(self, bus) -> None:
        self.bus = bus
        self.refused = {}
        self.handled: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()

    def refuse(self, durable, call_id, error) -> None:
        self.refused[durable, call_id] = error

    def mend(self) -> None:
        self.refused.clear()

    @asynccontextmanager
    async def hearing(self, event, *durables):
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for durable in durables:
                tasks.create_task(self.bus.consume(event, durable=durable, handler=self._handler(durable), stop=stop))
            yield
            stop.set()

    def _handler(self, durable):
        async def handle(received):
            error = self.refused.get((durable, received.message.call_id))
            if error is not None:
                raise error
            await self.handled.put((durable, received.message.call_id, received.event_id))

        return handle

    async def until_all_is_heard(self, *durables):
        """A message behind the others has come to each: so have they."""
        await self.bus.publish(CALL_FINISHED, CallFinished(call_id="last"), event_id=f"last.{self.handled.qsize()}")
        seen, last = [], set()
        while last != set(durables):
            durable, call_id, event_id = await self.handled.get()
            if call_id == "last":
                last.add(durable)
            else:
                seen.append((durable, call_id, event_id))
        return seen


@pytest.fixture
async def bus(nats_url):
    access = NatsAccess(nats_url)
    async with open_bus(
        access, streams=STREAMS, source="test", clock=ManualClock(NOW), retry_delays_s=[0.01]
    ) as opened:
        yield opened


@pytest.fixture
async def hearing(bus):
    """One consumer that hears call.scheduled all the while, and whoever else a test lets hear."""
    hearing = Hearing(bus)
    async with hearing.hearing(CALL_SCHEDULED, "first"):
        yield hearing


@pytest.fixture
async def letters(nats_url):
    async with open_dead_letters(NatsAccess(nats_url), name="test") as opened:
        yield opened


@pytest.fixture
async def streams(nats_url):
    client = await nats.connect(nats_url)
    yield client.jetstream()
    await client.close()


async def until_there_are(letters, number):
    """They are put aside by consumers, which tell nobody else."""
    async with asyncio.timeout(60):
        while sum((await letters.count()).values()) < number:  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)
    return [letter async for letter in letters.letters()]


async def refused_call(hearing, letters):
    """A letter that a consumer refused."""
    hearing.refuse("first", "one", DaybookError("The call one is not known.\nSee … perhaps another."))
    await hearing.bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one", revision=2), event_id="one.scheduled")
    [letter] = await until_there_are(letters, 1)
    hearing.mend()
    return letter


async def test_without_a_stream_there_is_none(letters):
    assert await letters.count() == {}
    assert [letter async for letter in letters.letters()] == []
    with pytest.raises(NoDeadLetter, match="There is no dead letter 3"):
        await letters.read(3)


async def test_a_letter_tells_what_it_holds_who_refused_it_and_why(hearing, letters):
    letter = await refused_call(hearing, letters)
    assert (letter.sequence, letter.subject, letter.consumer, letter.deliveries) == (1, "call.scheduled", "first", 1)
    assert letter.reason == "The call one is not known. See … perhaps another."
    assert letter.message() == CallScheduled(call_id="one", revision=2)
    assert letter.headers["ce-id"] == "one.scheduled"
    assert letter.put_aside_at.tzinfo is UTC
    assert await letters.read(1) == letter
    assert await letters.count() == {"call.scheduled": 1}


async def test_what_came_with_the_event_goes_with_it_again_and_nothing_of_its_refusal(hearing, letters, streams):
    await refused_call(hearing, letters)
    first = await streams.get_msg(CALLS_STREAM, 1)
    await letters.retry(await letters.read(1))
    again = await streams.get_msg(CALLS_STREAM, 2)
    assert (again.subject, again.data) == (first.subject, first.data)
    told_to_the_server = {"Nats-Msg-Id", "Nats-Expected-Stream"}
    assert {name: value for name, value in again.headers.items() if name not in told_to_the_server} == {
        name: value for name, value in first.headers.items() if name not in told_to_the_server
    }
    assert first.headers["Nats-Msg-Id"] == "one.scheduled"
    assert again.headers["Nats-Msg-Id"] != "one.scheduled"
    assert await letters.count() == {}


async def test_one_that_is_sent_again_is_handled_as_the_event_that_it_was(hearing, letters):
    await letters.retry(await refused_call(hearing, letters))
    assert await hearing.handled.get() == ("first", "one", "one.scheduled")


async def test_one_that_fails_again_comes_back_with_its_new_reason_and_is_sent_again_once_more(hearing, letters):
    first = await refused_call(hearing, letters)
    hearing.refuse("first", "one", DaybookError("Its window is not known either."))
    await letters.retry(first)
    [second] = await until_there_are(letters, 1)
    assert second.sequence > first.sequence
    assert second.reason == "Its window is not known either."
    assert second.headers["ce-id"] == "one.scheduled"
    hearing.mend()
    await letters.retry(second)
    assert await hearing.handled.get() == ("first", "one", "one.scheduled")


async def test_each_consumer_that_refuses_an_event_puts_it_aside_for_itself(hearing, letters):
    for durable in ("scheduler", "journal"):
        hearing.refuse(durable, "one", DaybookError(f"The {durable} does not know it."))
    async with hearing.hearing(CALL_FINISHED, "scheduler", "journal"):
        await hearing.bus.publish(CALL_FINISHED, CallFinished(call_id="one"), event_id="one.finished")
        both = await until_there_are(letters, 2)
    assert {letter.consumer: letter.reason for letter in both} == {
        "scheduler": "The scheduler does not know it.",
        "journal": "The journal does not know it.",
    }


async def test_a_retry_reaches_every_consumer_of_its_subject(hearing, letters):
    hearing.refuse("scheduler", "one", DaybookError("Not this one."))
    async with hearing.hearing(CALL_FINISHED, "scheduler", "journal"):
        await hearing.bus.publish(CALL_FINISHED, CallFinished(call_id="one"), event_id="one.finished")
        [letter] = await until_there_are(letters, 1)
        hearing.mend()
        await letters.retry(letter)
        heard = await hearing.until_all_is_heard("scheduler", "journal")
    # the journal handled it before, and its row is what guards the effect
    assert sorted(durable for durable, _, _ in heard) == ["journal", "journal", "scheduler"]
    assert {event_id for _, _, event_id in heard} == {"one.finished"}


async def test_one_that_was_sent_and_not_deleted_is_sent_no_second_time(hearing, letters, streams):
    """As whoever sends it is killed between the two, and sends it again."""
    letter = await refused_call(hearing, letters)
    await streams.publish(letter.subject, letter.body, headers=letter.headers_again())
    await letters.retry(await letters.read(letter.sequence))
    assert (await streams.stream_info(CALLS_STREAM)).state.messages == 2
    assert await letters.count() == {}


async def test_two_who_send_it_again_at_once_send_it_once(hearing, nats_url, streams):
    async with AsyncExitStack() as stack:
        two = [
            await stack.enter_async_context(open_dead_letters(NatsAccess(nats_url), name=name)) for name in ("a", "b")
        ]
        letter = await refused_call(hearing, two[0])
        async with asyncio.TaskGroup() as tasks:
            for letters in two:
                tasks.create_task(letters.retry(letter))
        assert await two[0].count() == {}
    assert (await streams.stream_info(CALLS_STREAM)).state.messages == 2


async def test_one_that_is_dropped_is_gone_and_the_others_stay(hearing, letters):
    for call_id in ("one", "two", "three"):
        hearing.refuse("first", call_id, DaybookError("No."))
    for call_id in ("one", "two", "three"):
        await hearing.bus.publish(CALL_SCHEDULED, CallScheduled(call_id=call_id), event_id=f"{call_id}.scheduled")
    [_, second, _] = await until_there_are(letters, 3)
    await letters.drop(second)
    await letters.drop(second)  # it is gone, and is left so
    assert [letter.message().call_id async for letter in letters.letters()] == ["one", "three"]
    assert [letter.sequence async for letter in letters.letters(after=1)] == [3]
    assert [letter.sequence async for letter in letters.letters(subject="call.scheduled")] == [1, 3]
    assert [letter.sequence async for letter in letters.letters(subject="call.finished")] == []


async def test_the_first_message_of_a_stream_that_was_made_anew_is_put_aside_as_well(hearing, letters, streams):
    """It counts from one again, and the stream of dead letters still knows the number."""
    for call_id in ("one", "two"):
        hearing.refuse("finished", call_id, DaybookError("No."))
        async with hearing.hearing(CALL_FINISHED, "finished"):
            await hearing.bus.publish(CALL_FINISHED, CallFinished(call_id=call_id), event_id=f"{call_id}.finished")
            aside = await until_there_are(letters, 1 if call_id == "one" else 2)
        await streams.delete_stream(CALLS_STREAM)
        await hearing.bus.provision()
    assert [letter.message().call_id for letter in aside] == ["one", "two"]


@pytest.mark.parametrize(
    ("subject", "headers", "body"),
    [
        ("call.scheduled", {}, b"no CloudEvents headers"),
        ("call.scheduled", None, b""),
        ("call.scheduled", {"ce-type": "daybook.events.v1.CallScheduled", "ce-time": NOW.isoformat()}, b"\xff\xff"),
        ("call.nobody.knows", {"ce-type": "another"}, b""),
    ],
)
async def test_one_that_nobody_can_decode_says_so(bus, letters, streams, subject, headers, body):
    del bus  # it made the streams
    await streams.publish(f"deadletter.{subject}", body, headers=headers)
    letter = await letters.read(1)
    assert (letter.subject, letter.body, letter.reason, letter.consumer) == (subject, body, "", "")
    assert letter.deliveries is None
    with pytest.raises(Undecodable):
        letter.message()


async def test_where_nats_is_away_the_error_says_what_to_look_at():
    with pytest.raises(DeadLettersUnavailable, match=r"does not answer, or does not let the user nobody in\. Is it"):
        async with open_dead_letters(NatsAccess(f"nats://127.0.0.1:{free_port()}"), name="test"):
            pass


async def test_one_that_cannot_be_sent_stays_where_it_is(hearing, letters, streams):
    letter = await refused_call(hearing, letters)
    config = (await streams.stream_info(CALLS_STREAM)).config
    config.subjects = ["others.>"]  # not deleted: its consumer would make it again
    await streams.update_stream(config)
    with pytest.raises(DeadLettersUnavailable, match="or has no streams"):
        await letters.retry(letter)
    assert await letters.read(letter.sequence) == letter


async def test_a_letter_that_the_server_cannot_delete_is_no_success(hearing, letters, streams):
    """A stream of an operator's own making may be sealed against it."""
    letter = await refused_call(hearing, letters)
    config = (await streams.stream_info(DEAD_LETTERS_STREAM)).config
    config.sealed = True
    await streams.update_stream(config)
    with pytest.raises(DeadLettersUnavailable, match="NATS did not do it"):
        await letters.drop(letter)
    assert await letters.read(letter.sequence) == letter
