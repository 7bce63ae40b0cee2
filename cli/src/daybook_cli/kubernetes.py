"""Asking Kubernetes about the workloads of a release, by its API alone, as the account of the toolbox, which may only look."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from daybook_cli.observations import Cluster, CronJob, Deployment

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
API = "https://kubernetes.default.svc"
ANSWER_WITHIN_S = 4.0
TICK = "window-scheduler-tick"

Object = Mapping[str, Any]


async def look_at_cluster(fullname: str, *, api: str = API, account: Path = ACCOUNT) -> Cluster | None:
    """The workloads of a release; none where Kubernetes does not answer, or does not let us look.

    Args:
        fullname: what their names begin with.
        api: the address of Kubernetes' API.
        account: the folder of a service account: token, ca.crt, namespace.
    """
    try:
        namespace = (account / "namespace").read_text().strip()
        token = (account / "token").read_text().strip()
        authority = httpx2.create_ssl_context(verify=str(account / "ca.crt")) if api.startswith("https") else True
    except OSError:
        return None
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        base_url=api, headers=headers, verify=authority, timeout=ANSWER_WITHIN_S, trust_env=False
    ) as client:
        try:
            cron_jobs, jobs, deployments = await asyncio.gather(
                _list(client, f"/apis/batch/v1/namespaces/{namespace}/cronjobs"),
                _list(client, f"/apis/batch/v1/namespaces/{namespace}/jobs"),
                _list(client, f"/apis/apps/v1/namespaces/{namespace}/deployments"),
            )
        except httpx2.HTTPError:
            return None
    return read_cluster(fullname, cron_jobs, jobs, deployments)


async def _list(client: httpx2.AsyncClient, path: str) -> Sequence[Object]:
    answer = await client.get(path)
    answer.raise_for_status()
    items: Sequence[Object] = answer.json()["items"]
    return items


def read_cluster(
    fullname: str, cron_jobs: Sequence[Object], jobs: Sequence[Object], deployments: Sequence[Object]
) -> Cluster:
    """What the lists of a namespace say of a release."""
    tick_name = f"{fullname}-{TICK}"
    tick = next((each for each in cron_jobs if each["metadata"]["name"] == tick_name), None)
    return Cluster(
        tick=None if tick is None else _cron_job(tick, [job for job in jobs if _is_of(job, tick_name)]),
        deployments=[_deployment(each) for each in deployments if each["metadata"]["name"].startswith(f"{fullname}-")],
    )


def _is_of(job: Object, cron_job: str) -> bool:
    owners = job["metadata"].get("ownerReferences", [])
    return any(owner["kind"] == "CronJob" and owner["name"] == cron_job for owner in owners)


def _cron_job(tick: Object, jobs: Sequence[Object]) -> CronJob:
    status = tick.get("status", {})
    return CronJob(
        suspended=bool(tick["spec"].get("suspend")),
        schedule=tick["spec"]["schedule"],
        last_scheduled_at=_moment(status.get("lastScheduleTime")),
        last_succeeded_at=_moment(status.get("lastSuccessfulTime")),
        failed_jobs=sum(1 for job in jobs if _failed(job)),
    )


def _failed(job: Object) -> bool:
    conditions = job.get("status", {}).get("conditions") or []
    return any(condition["type"] == "Failed" and condition["status"] == "True" for condition in conditions)


def _deployment(each: Object) -> Deployment:
    ready = each.get("status", {}).get("readyReplicas", 0)
    return Deployment(name=each["metadata"]["name"], wanted=each["spec"].get("replicas", 1), ready=ready)


def _moment(stamp: str | None) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(stamp)
