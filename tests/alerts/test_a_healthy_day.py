"""A day on which all is well, with what an operator and a cluster do to it: nothing fires."""

import pytest
from alerts.rules import check_firing, ever_fired
from alerts.timeline import (
    CLUSTER,
    DEPENDENCIES,
    GATEWAY,
    HOUR,
    MINUTE,
    SCRAPE_S,
    WORKERS,
    beats,
    before_and_after,
    for_a_while,
    healthy,
)

DRAINS = 40 * MINUTE


@pytest.mark.timeout(900)  # a day has 2880 scrapes
@pytest.mark.parametrize(
    "hour",
    [
        pytest.param(20 * MINUTE, id="of eight hours, in which as much is done"),
        pytest.param(HOUR, id="whole", marks=pytest.mark.endurance),
    ],
)
def test_nothing_fires_on_a_healthy_day_but_the_watchdog(tmp_path, hour):
    world = healthy({service: ["1", "2"] for service in WORKERS})
    # NATS is moved: for one round of the checks nobody reaches it, and the loops wait for it
    moved = 16 * hour
    waits_for_nats = for_a_while(moved - 14, begin=moved, end=moved + SCRAPE_S, otherwise=beats(15))
    for service, workers in WORKERS.items():
        if "nats" not in DEPENDENCIES[service]:
            continue
        away = for_a_while(0, begin=moved, end=moved + SCRAPE_S, otherwise=1)
        world.set(service, "daybook_dependency_up", away, dependency="nats")
        for worker in workers:
            world.set(service, "daybook_worker_last_success_timestamp_seconds", waits_for_nats, worker=worker)
    # a deploy, one pod after the other; a gateway ends its calls first
    for number, service in enumerate(WORKERS):
        for old, new in (("1", "3"), ("2", "4")):
            at = 10 * hour + number * hour // 5 + int(old) * 2 * MINUTE
            world.replace(service, old, new, at=at, drains=DRAINS if service == GATEWAY else SCRAPE_S)
            if service == GATEWAY:
                draining = before_and_after(before_and_after(0, at + SCRAPE_S, 1), at + DRAINS, None)
                world.set(GATEWAY, "daybook_draining", draining, pod=old)
    # Prometheus misses a scrape of everything
    for service in (*WORKERS, CLUSTER):
        world.unreachable(service, begin=13 * hour, end=13 * hour + SCRAPE_S)
    # both pods of each service restart, a service after the other, and kube-state-metrics takes longer
    for number, service in enumerate(WORKERS):
        world.restart(service, at=15 * hour + number * hour // 5)
    world.unreachable(CLUSTER, begin=18 * hour, end=18 * hour + 2 * MINUTE)
    day = 24 * hour
    check_firing(tmp_path, world.input_series(day), [(day, ever_fired(day), [])], every="30s")


def test_the_watchdog_fires_whatever_happens(tmp_path):
    fires = {"alertname": "DaybookWatchdog", "severity": "none", "service": "prometheus"}
    vector = 'ALERTS{alertstate="firing",alertname="DaybookWatchdog"}'
    check_firing(tmp_path, [], [(0, vector, [fires]), (HOUR, vector, [fires])])
