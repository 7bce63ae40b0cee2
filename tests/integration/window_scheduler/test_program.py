"""The program itself, as the CronJob, the Deployment and `make run` start it."""

import asyncio
import base64
import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx2
import nats
import pytest
from forked_programs import run_program, start_program

from chassis.events import CALL_SCHEDULED, CALL_WITHDRAWN, CALLS_STREAM
from chassis.rpc import open_channel
from daybook.events.v1.events_pb2 import CallScheduled, CallWithdrawn
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1 import scheduler_pb2_grpc as rpc
from daybook_cli.demo import zone_at_day

NOWHERE = "nats://127.0.0.1:9"
ALL_DAY = pb.WindowTimes(starts_at="00:00", ends_at="23:59", weekly=pb.Weekly(weekdays=range(1, 8)))


@pytest.fixture
def environment(postgres_url, nats_url, tmp_path):
    key = tmp_path / "people.key"
    key.write_bytes(base64.b64encode(bytes(range(32))))
    return {
        "PATH": os.environ["PATH"],
        "DAYBOOK_DATABASE_URL": postgres_url,
        "DAYBOOK_NATS_URL": nats_url,
        "DAYBOOK_PEOPLE_KEY_FILE": str(key),
        "DAYBOOK_CALLING_HOURS_START": "00:00",
        "DAYBOOK_CALLING_HOURS_END": "23:59",
        "DAYBOOK_BACKGROUND_PERIOD_S": "0.05",
    }


async def started(command, environment):
    return await start_program("window_scheduler", command, environment=environment)


async def run(command, environment):
    """(exit status, the log's lines, standard error) of one run."""
    status, out, err = await run_program("window_scheduler", command, environment=environment)
    return status, [json.loads(line) for line in out.splitlines()], err


def logged(lines, event):
    return [line for line in lines if line["event"] == event]


async def until_logged(process, event):
    while line := await process.stdout.readline():
        told = json.loads(line)
        if told["event"] == event:
            return told
    raise AssertionError(f"it ended without {event}: {(await process.stderr.read()).decode()}")


@asynccontextmanager
async def serving(environment):
    """The api as a process; yields a channel to it and its /metrics address."""
    process = await started("api", environment)
    try:
        ready = await until_logged(process, "process.ready")
        async with open_channel(f"127.0.0.1:{ready['grpc_port']}") as channel:
            yield channel, f"http://127.0.0.1:{ready['http_port']}"
        process.terminate()
        rest, _ = await process.communicate()
        assert (process.returncode, json.loads(rest.splitlines()[-1])["event"]) == (0, "process.stopped")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def told(client, http, line):
    """Waits until the metrics have such a line: figures are read, and parts asked, in the background."""
    async with asyncio.timeout(20):
        while line not in (await client.get(f"{http}/metrics/")).text:  # noqa: ASYNC110 - it can only be looked at
            await asyncio.sleep(0.05)


async def someone_with_a_window(channel):
    request = pb.CreatePersonRequest(
        name="Ada Lovelace",
        phone_number="+436601234567",
        # where it is day now: a window that is over before the next tick would bring its call when it is booked
        time_zone=zone_at_day(datetime.now(UTC)).key,
        consent=pb.Consent(wording_version="v1", channel="portal"),
    )
    request.consent.given_at.GetCurrentTime()
    person = (await rpc.PeopleServiceStub(channel).CreatePerson(request)).person
    await rpc.WindowsServiceStub(channel).CreateWindow(
        pb.CreateWindowRequest(person_id=person.person_id, times=ALL_DAY)
    )
    return person


async def test_from_an_empty_database_to_a_scheduled_call(environment):
    assert (await run("migrate", environment))[0] == 0
    async with serving(environment) as (channel, http):
        person = await someone_with_a_window(channel)
        status, lines, err = await run("tick", environment)
        assert (status, err) == (0, "")
        assert [line["event"] for line in lines if not line["event"].startswith("process.")] == [
            "tick.started",
            "tick.found",
            "window.active",
            "call.scheduled",
            "tick.finished",
        ]
        [scheduled] = logged(lines, "call.scheduled")
        assert scheduled["person_id"] == person.person_id
        calls = await rpc.CallsServiceStub(channel).ListCalls(pb.ListCallsRequest(person_id=person.person_id))
        assert [call.call_id for call in calls.calls] == [scheduled["call_id"]]
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{http}/readyz")).status_code == 200
            await told(client, http, 'daybook_windows_total{result="scheduled"} 1.0')
            await told(client, http, 'daybook_dependency_up{dependency="database"} 1.0')
            await told(client, http, 'daybook_dependency_up{dependency="nats"} 1.0')


async def test_no_name_and_no_number_stands_in_a_log(environment):
    await run("migrate", environment)
    process = await started("api", environment)
    ready = await until_logged(process, "process.ready")
    async with open_channel(f"127.0.0.1:{ready['grpc_port']}") as channel:
        await someone_with_a_window(channel)
        _, lines, _ = await run("tick", environment)
    process.terminate()
    out, err = await process.communicate()
    for told in (out.decode(), err.decode(), json.dumps(lines)):
        assert "Lovelace" not in told
        assert "6601234567" not in told


async def test_a_tick_without_nats_keeps_the_call_and_the_api_announces_it(environment):
    await run("migrate", environment)
    async with serving(environment) as (channel, _):
        await someone_with_a_window(channel)
    status, lines, _ = await run("tick", {**environment, "DAYBOOK_NATS_URL": NOWHERE})
    assert status == 1
    assert len(logged(lines, "call.scheduled")) == 1
    [failed] = logged(lines, "process.failed")
    assert "DAYBOOK_NATS_URL" in failed["reasons"][0]
    client = await nats.connect(environment["DAYBOOK_NATS_URL"])
    announced = await client.subscribe(CALL_SCHEDULED.subject)
    await client.flush()
    async with serving(environment):
        message = await announced.next_msg(timeout=20)
    await client.close()
    assert CallScheduled.FromString(message.data).call_id == logged(lines, "call.scheduled")[0]["call_id"]


async def test_the_api_announces_an_opt_out_at_once_and_not_at_its_next_look(environment):
    assert (await run("migrate", environment))[0] == 0
    async with serving({**environment, "DAYBOOK_BACKGROUND_PERIOD_S": "60"}) as (channel, _):
        person = await someone_with_a_window(channel)
        assert (await run("tick", environment))[0] == 0
        client = await nats.connect(environment["DAYBOOK_NATS_URL"])
        announced = await client.subscribe(CALL_WITHDRAWN.subject)
        await rpc.PeopleServiceStub(channel).OptOut(pb.OptOutRequest(person_id=person.person_id))
        message = await announced.next_msg(timeout=20)
        await client.close()
    assert CallWithdrawn.FromString(message.data).person_id == person.person_id


async def test_a_call_that_was_announced_to_a_nats_which_lost_its_disk_is_announced_again_by_the_api(environment):
    await run("migrate", environment)
    async with serving(environment) as (channel, _):
        await someone_with_a_window(channel)
    _, lines, _ = await run("tick", environment)
    connection = await asyncpg.connect(environment["DAYBOOK_DATABASE_URL"])
    earlier = "not_before = not_before - interval '10 min', scheduled_at = scheduled_at - interval '10 min'"
    await connection.execute(f"UPDATE window_scheduler.scheduled_calls SET {earlier}")
    await connection.close()
    client = await nats.connect(environment["DAYBOOK_NATS_URL"])
    await client.jetstream().delete_stream(CALLS_STREAM)
    announced = await client.subscribe(CALL_SCHEDULED.subject)
    await client.flush()
    async with serving(environment):
        message = await announced.next_msg(timeout=20)
    await client.close()
    [scheduled] = logged(lines, "call.scheduled")
    assert message.headers["ce-id"] == f"{scheduled['call_id']}.scheduled.again.1"


async def test_the_loop_ticks_each_period_until_it_is_stopped(environment):
    await run("migrate", environment)
    process = await started("tick-loop", {**environment, "DAYBOOK_TICK_PERIOD_S": "1"})
    ready = await until_logged(process, "process.ready")
    for _ in range(2):
        await until_logged(process, "tick.finished")
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{ready['http_port']}") as client:
        assert (await client.get("/readyz")).status_code == 200
        [beat] = [
            float(line.split()[-1])
            for line in (await client.get("/metrics/")).text.splitlines()
            if line.startswith('daybook_worker_last_success_timestamp_seconds{worker="tick"}')
        ]
    assert beat > 0
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_a_tick_that_fails_does_not_end_the_loop(environment):
    await run("migrate", environment)
    process = await started("tick-loop", {**environment, "DAYBOOK_TICK_PERIOD_S": "1", "DAYBOOK_NATS_URL": NOWHERE})
    postponed = await until_logged(process, "work.postponed")
    assert (postponed["work"], "DAYBOOK_NATS_URL" in postponed["reason"]) == ("tick", True)
    await until_logged(process, "tick.started")
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_a_database_that_was_not_migrated_is_told(environment):
    for command in ("tick", "tick-loop", "api"):
        status, lines, _ = await run(command, environment)
        assert status == 1
        [failed] = logged(lines, "process.failed")
        assert "Run its `migrate` first" in failed["reasons"][0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DAYBOOK_DATABASE_URL", "mysql://somewhere", "DAYBOOK_DATABASE_URL"),
        ("DAYBOOK_NATS_URL", "", "DAYBOOK_NATS_URL"),
        ("DAYBOOK_PEOPLE_KEY_FILE", "", "DAYBOOK_PEOPLE_KEY_FILE"),
        ("DAYBOOK_CALLING_HOURS_START", "eight", "DAYBOOK_CALLING_HOURS_START"),
        ("DAYBOOK_CALLING_HOURS_END", "00:00", "DAYBOOK_CALLING_HOURS_START is to lie before"),
        ("DAYBOOK_CALLING_HOURS_END", "22:00Z", "DAYBOOK_CALLING_HOURS_START and _END are local"),
        ("DAYBOOK_DIALS_A_DAY", "0", "DAYBOOK_DIALS_A_DAY"),
    ],
)
async def test_a_wrong_setting_is_told_by_name_before_anything_starts(environment, name, value, said):
    status, lines, err = await run("api", {**environment, name: value})
    assert (status, lines) == (2, [])
    assert said in err


async def test_a_key_file_that_holds_no_key_is_told(environment, tmp_path):
    (tmp_path / "people.key").write_text("not a key")
    status, lines, _ = await run("api", environment)
    assert status == 1
    assert "DAYBOOK_PEOPLE_KEY_FILE" in logged(lines, "process.failed")[0]["reasons"][0]
