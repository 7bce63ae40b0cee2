"""Asking over HTTP: whether a service is ready, what it counts, and which alerts Prometheus fires. Nobody is waited for long."""

import asyncio
import json
from collections.abc import Sequence

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from daybook_cli.observations import Health, Metrics, Process

READY_WITHIN_S = 5.0
"""Longer than a service waits for the parts that it asks."""

ANSWER_WITHIN_S = 4.0


async def look_at(client: httpx2.AsyncClient, address: str) -> Process:
    """How the service stands that serves /healthz, /readyz and /metrics below an address."""
    alive, ready, metrics = await asyncio.gather(
        _get(client, f"{address}/healthz", ANSWER_WITHIN_S),
        _get(client, f"{address}/readyz", READY_WITHIN_S),
        _get(client, f"{address}/metrics/", ANSWER_WITHIN_S),
    )
    told = _metrics(metrics)
    if ready is not None:
        health = Health.READY if ready.is_success else Health.NOT_READY
        return Process(health, failing=_failing(ready), metrics=told)
    return Process(Health.SILENT if alive is None else Health.SLOW, metrics=told)


async def look_once(address: str) -> bool:
    """Whether a health endpoint says that all is well."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await _get(client, address, ANSWER_WITHIN_S)
    return answer is not None and answer.is_success


async def firing_alerts(client: httpx2.AsyncClient, prometheus_url: str) -> Sequence[str] | None:
    """The names of the alerts that fire, without the one that always does; none where Prometheus does not answer."""
    answer = await _get(client, f"{prometheus_url}/api/v1/alerts", ANSWER_WITHIN_S)
    if answer is None or not answer.is_success:
        return None
    try:
        alerts = answer.json()["data"]["alerts"]
        names = {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
    except (ValueError, LookupError, TypeError):
        return None  # something else listens there
    return sorted(names - {"DaybookWatchdog"})


async def _get(client: httpx2.AsyncClient, url: str, within_s: float) -> httpx2.Response | None:
    try:
        return await client.get(url, timeout=within_s)
    except httpx2.TransportError:
        return None


def _failing(answer: httpx2.Response) -> Sequence[str]:
    try:
        told = answer.json()
    except json.JSONDecodeError:
        return ()
    return sorted(told.get("failing", {})) if isinstance(told, dict) else ()


def _metrics(answer: httpx2.Response | None) -> Metrics | None:
    """The samples of a page in Prometheus' text format; none where it is something else."""
    if answer is None or not answer.is_success:
        return None
    try:
        samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
    except ValueError:
        return None
    return Metrics(samples)
