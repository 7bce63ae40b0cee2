"""Looks at everything at once. Each party has a few seconds of its own: one that is dead keeps no other from being asked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import grpc
import httpx2

from chassis.clock import Clock
from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.dispatcher.v1.dispatcher_pb2_grpc import DialsServiceStub
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub
from daybook_cli.kubernetes import look_at_cluster
from daybook_cli.observations import DISPATCHER, SCHEDULER, Cluster, Observations, Place
from daybook_cli.probes import firing_alerts, look_at
from daybook_cli.streams import look_at_streams
from daybook_cli.surroundings import Surroundings

ANSWER_WITHIN_S = 5.0

ResultT = TypeVar("ResultT")


async def examine(surroundings: Surroundings, clock: Clock) -> Observations:
    """Everything that can be seen of a Daybook now."""
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as asking:
        processes = {
            service: asking.create_task(look_at(client, address)) for service, address in surroundings.http.items()
        }
        overview = asking.create_task(_ask(surroundings, SCHEDULER, _overview))
        dials = asking.create_task(_ask(surroundings, DISPATCHER, _dials))
        streams = asking.create_task(look_at_streams(surroundings.nats))
        cluster = asking.create_task(_cluster(surroundings))
        alerts = asking.create_task(_alerts(client, surroundings))
    return Observations(
        now=clock.now(),
        place=surroundings.place,
        processes={service: task.result() for service, task in processes.items()},
        overview=overview.result(),
        dials=dials.result(),
        streams=streams.result(),
        cluster=cluster.result(),
        alerts=alerts.result(),
        outside=surroundings.outside,
        fullname=surroundings.fullname,
    )


async def _ask(
    surroundings: Surroundings, service: str, question: Callable[[grpc.aio.Channel], Awaitable[ResultT]]
) -> ResultT | None:
    async with surroundings.channel(service) as channel:
        try:
            return await question(channel)
        except grpc.aio.AioRpcError:
            return None  # it is away, or a part that it needs is: what it tells at /readyz says which


async def _overview(channel: grpc.aio.Channel) -> scheduler.GetOverviewResponse:
    return await CallsServiceStub(channel).GetOverview(scheduler.GetOverviewRequest(), timeout=ANSWER_WITHIN_S)


async def _dials(channel: grpc.aio.Channel) -> dispatcher.GetOverviewResponse:
    return await DialsServiceStub(channel).GetOverview(dispatcher.GetOverviewRequest(), timeout=ANSWER_WITHIN_S)


async def _cluster(surroundings: Surroundings) -> Cluster | None:
    return await look_at_cluster(surroundings.fullname) if surroundings.place is Place.CLUSTER else None


async def _alerts(client: httpx2.AsyncClient, surroundings: Surroundings) -> Sequence[str] | None:
    url = surroundings.prometheus_url
    return await firing_alerts(client, url) if url else None
