"""What the doctor sees of real parts: a service's health endpoints, NATS, and the API of Kubernetes as it answers over HTTP."""

import asyncio
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_SCHEDULED
from chassis.health import health_app
from chassis.nats_access import NatsAccess
from chassis.program import serving_http
from chassis.streams import STREAMS
from daybook.events.v1.events_pb2 import CallScheduled
from daybook_cli.embedded import free_port
from daybook_cli.kubernetes import look_at_cluster
from daybook_cli.observations import CronJob, Deployment, Health
from daybook_cli.probes import firing_alerts, look_at, look_once
from daybook_cli.streams import look_at_streams
from daybook_cli.supervisor import NO_AUTHORITIES

BATCH, APPS = "/apis/batch/v1/namespaces/calls", "/apis/apps/v1/namespaces/calls"
TICK = "daybook-window-scheduler-tick"


@pytest.fixture
async def client():
    async with httpx2.AsyncClient(trust_env=False, verify=NO_AUTHORITIES) as opened:
        yield opened


async def well():
    """Nothing is wrong."""


async def unwell():
    raise OSError


@pytest.mark.parametrize(
    ("check", "health", "failing"), [(well, Health.READY, []), (unwell, Health.NOT_READY, ["nats"])]
)
async def test_a_service_tells_whether_it_is_ready_and_what_it_counts(client, check, health, failing):
    async with serving_http(health_app({"nats": check}), "127.0.0.1", 0) as port:
        seen = await look_at(client, f"http://127.0.0.1:{port}")
        assert await look_once(f"http://127.0.0.1:{port}/readyz") is (health is Health.READY)
    assert (seen.health, list(seen.failing)) == (health, failing)
    assert seen.metrics is not None
    assert seen.metrics.started_at is not None
    assert seen.metrics.started_at < datetime.now(UTC)


async def test_one_that_lives_and_breaks_its_other_answers_off_is_slow(client):
    async def answer(reader, writer):
        asked = await reader.readuntil(b"\r\n\r\n")
        if asked.startswith(b"GET /healthz "):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        seen = await look_at(client, f"http://127.0.0.1:{port}")
    assert (seen.health, seen.metrics) == (Health.SLOW, None)


async def test_nobody_is_silent(client):
    seen = await look_at(client, f"http://127.0.0.1:{free_port()}")
    assert (seen.health, seen.metrics) == (Health.SILENT, None)


async def test_the_alerts_that_fire_are_named_but_for_the_one_that_always_does(client):
    def alert(name, state):
        return {"labels": {"alertname": name}, "state": state}

    async def alerts(_request):
        names = [alert("DaybookWatchdog", "firing"), alert("DaybookTickMissing", "firing"), alert("Other", "pending")]
        return JSONResponse({"data": {"alerts": names}})

    async with serving_http(Starlette(routes=[Route("/api/v1/alerts", alerts)]), "127.0.0.1", 0) as port:
        assert await firing_alerts(client, f"http://127.0.0.1:{port}") == ["DaybookTickMissing"]
    assert await firing_alerts(client, f"http://127.0.0.1:{free_port()}") is None


async def test_nats_tells_what_waits_and_whether_anybody_listens(nats_url):
    access = NatsAccess(nats_url)
    assert (await look_at_streams(access)).calls is None
    stop, heard = asyncio.Event(), asyncio.Event()

    async def hear(_received):
        heard.set()

    async with open_bus(access, source="test", clock=SystemClock(), streams=STREAMS) as bus:
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="1"), event_id="1")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.consume(CALL_SCHEDULED, durable="call-dispatcher-scheduled", handler=hear, stop=stop))
            await heard.wait()
            stop.set()
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="2"), event_id="2")
        seen = await look_at_streams(access)
    assert seen.calls == 2
    consumer = seen.consumers["call-dispatcher-scheduled"]
    # the last request of the one who went may have taken it along
    assert consumer.waiting + consumer.in_hand == 1
    assert seen.dead_letters == {}


async def test_a_nats_that_is_away_is_none():
    assert await look_at_streams(NatsAccess(f"nats://127.0.0.1:{free_port()}")) is None


class Kubernetes:
    """Its API, as far as the doctor reads it."""

    def __init__(self):
        self.lists = {
            f"{BATCH}/cronjobs": [
                {
                    "metadata": {"name": TICK},
                    "spec": {"schedule": "*/5 * * * *", "suspend": True},
                    "status": {"lastScheduleTime": "2026-11-24T08:00:00Z"},
                }
            ],
            f"{BATCH}/jobs": [
                {
                    "metadata": {"name": "1", "ownerReferences": [{"kind": "CronJob", "name": TICK}]},
                    "status": {"conditions": [{"type": "Failed", "status": "True"}]},
                },
                {
                    "metadata": {"name": "2", "ownerReferences": [{"kind": "CronJob", "name": TICK}]},
                    "status": {"conditions": [{"type": "Complete", "status": "True"}]},
                },
                {
                    "metadata": {"name": "another's"},
                    "status": {"conditions": [{"type": "Failed", "status": "True"}]},
                },
            ],
            f"{APPS}/deployments": [
                {"metadata": {"name": "daybook-journal"}, "spec": {"replicas": 2}, "status": {"readyReplicas": 1}},
                {"metadata": {"name": "somebody-else"}, "spec": {"replicas": 1}, "status": {}},
            ],
        }

    async def answer(self, request):
        if request.headers.get("authorization") != "Bearer token of the toolbox":
            return JSONResponse({"kind": "Status"}, status_code=403)
        return JSONResponse({"items": self.lists[request.url.path]})


@pytest.fixture
def account(tmp_path):
    (tmp_path / "namespace").write_text("calls")
    (tmp_path / "token").write_text("token of the toolbox\n")
    return tmp_path


async def test_kubernetes_tells_of_the_cron_job_its_jobs_and_the_deployments(account):
    kubernetes = Kubernetes()
    app = Starlette(routes=[Route(path, kubernetes.answer) for path in kubernetes.lists])
    async with serving_http(app, "127.0.0.1", 0) as port:
        api = f"http://127.0.0.1:{port}"
        seen = await look_at_cluster("daybook", api=api, account=account)
        assert seen is not None
        assert seen.tick == CronJob(
            suspended=True,
            schedule="*/5 * * * *",
            last_scheduled_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
            last_succeeded_at=None,
            failed_jobs=1,
        )
        assert seen.deployments == [Deployment("daybook-journal", wanted=2, ready=1)]
        other = await look_at_cluster("other", api=api, account=account)
        assert other is not None
        assert (other.tick, list(other.deployments)) == (None, [])
        (account / "token").write_text("a token that may not")
        assert await look_at_cluster("daybook", api=api, account=account) is None


async def test_where_there_is_no_account_or_no_answer_nothing_is_known(account, tmp_path):
    assert await look_at_cluster("daybook", account=tmp_path / "nothing") is None
    assert await look_at_cluster("daybook", api=f"http://127.0.0.1:{free_port()}", account=account) is None
