"""All of Daybook as pods would run it: one call from the tick to the decrypted entry, the probes, and how each ends.

The tests share one Daybook. The last one ends it.
"""

import asyncio
import os
import re
import signal

import grpc
import httpx2
import pytest
from daybook_containers import GRPC_SERVICES, SECRETS
from grpc_health.v1 import health_pb2, health_pb2_grpc
from whole_daybook import WholeDaybook, assert_every_word_is_kept, said

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal

pytestmark = [pytest.mark.images, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]

GRACE_S = 30  # Kubernetes' own
SERVING = health_pb2.HealthCheckResponse.SERVING


async def test_a_call_becomes_an_entry_with_every_word_that_was_said(contained: WholeDaybook):
    person = await contained.person("brief")
    finished = await contained.rung(person)
    assert events.CallOutcome.Name(finished.outcome) == "CALL_OUTCOME_REFLECTED"
    entry = await contained.entry(person)
    [call] = await contained.carrier_calls(person)
    assert_every_word_is_kept(entry, call)
    assert person.name in said(entry, journal.SPEAKER_DAYBOOK)
    assert await contained.recording(person, entry.summary.entry_id)


async def test_no_secret_is_in_the_environment_of_a_service(contained: WholeDaybook):
    for process in contained.stack.services():
        told = {argument.partition("=")[0] for argument in process.argv}
        assert not SECRETS & told


async def test_each_answers_the_probes_over_http(contained: WholeDaybook):
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        for process in contained.stack.services():
            address = process.health_url.removesuffix("/readyz")
            assert (await client.get(f"{address}/healthz")).json() == {"status": "alive"}
            assert (await client.get(f"{address}/readyz")).json() == {"status": "ready"}
            assert "process_start_time_seconds" in (await client.get(f"{address}/metrics/")).text


@pytest.mark.parametrize("asked", ["liveness", "readiness"])
@pytest.mark.parametrize("service", GRPC_SERVICES)
async def test_each_answers_the_probes_over_grpc(contained: WholeDaybook, service, asked):
    async with grpc.aio.insecure_channel(contained.stack.probe_target(service)) as channel:
        request = health_pb2.HealthCheckRequest(service=asked)
        assert (await health_pb2_grpc.HealthStub(channel).Check(request, timeout=10)).status == SERVING


async def test_the_toolbox_reads_the_entry(contained: WholeDaybook):
    person = await contained.person("brief")
    await contained.rung(person)
    ended = await asyncio.to_thread(contained.stack.toolbox, "entry", "list", person.person_id)
    assert ended.returncode == os.EX_OK, ended.stderr
    entry = await contained.entry(person)
    assert entry.summary.entry_id in ended.stdout


async def test_a_person_is_let_into_their_pages(contained: WholeDaybook):
    person = await contained.somebody("brief", name="Wilhelmina")
    link = await asyncio.to_thread(contained.stack.sign_in_link, person.person_id)
    async with httpx2.AsyncClient(base_url=contained.stack.portal_url, trust_env=False, timeout=30) as browser:
        sent = {"token": link.rpartition("/")[2]}
        entered = await browser.post("/sign-in/link", data=sent, headers={"sec-fetch-site": "same-origin"})
        assert entered.status_code == httpx2.codes.SEE_OTHER
        page = await browser.get("/")
        assert person.name in page.text
        [style] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
        assert (await browser.get(style)).status_code == httpx2.codes.OK


async def test_sigterm_ends_each_with_0_within_its_grace(contained: WholeDaybook):
    for started in reversed(contained.supervisor._started):
        if started.process.name in {"postgres", "nats"}:
            continue
        started.running.send_signal(signal.SIGTERM)  # which the engine passes on
        async with asyncio.timeout(GRACE_S):
            assert await started.running.wait() == os.EX_OK, started.process.name
