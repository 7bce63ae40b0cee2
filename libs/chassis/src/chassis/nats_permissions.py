"""Who may say and hear what on NATS: one user a service, each with no more than its work needs.

A service that is broken into can then tell no event that is not its own to tell: call-dispatcher cannot announce a call that
was never scheduled. Each user's replies come to an inbox of its own, so that nobody reads another's.

`python -m chassis.nats_permissions` prints this as YAML for the chart, deploy/helm/daybook/files/nats-permissions.yaml.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.dead_letter import subject_aside
from chassis.events import (
    CALL_DIALED,
    CALL_FINISHED,
    CALL_PROGRESSED,
    CALL_SCHEDULED,
    CALL_WITHDRAWN,
    CALLS_STREAM,
    CALLS_SUBJECTS,
    DEAD_LETTERS_STREAM,
    DEAD_LETTERS_SUBJECTS,
    EventType,
)
from chassis.nats_access import inbox_prefix

Event = EventType[Any]


@dataclass(frozen=True)
class NatsUser:
    """What one user of NATS does.

    Attributes:
        publishes: the events that it tells.
        consumes: the events that it hears, each by the name of its durable consumer.
        makes_streams: the streams that it makes and keeps up to date.
        watches: subjects that it hears in passing, taking nothing from anybody.
        asks: what it asks JetStream, below `$JS.API.`.
        tells_again: events of others, which it sends again as they were.
    """

    publishes: Sequence[Event] = ()
    consumes: Mapping[str, Event] = field(default_factory=dict)
    makes_streams: Sequence[str] = ()
    watches: Sequence[str] = ()
    asks: Sequence[str] = ()
    tells_again: Sequence[Event] = ()


SERVICES: Mapping[str, NatsUser] = {
    "window-scheduler": NatsUser(
        publishes=[CALL_SCHEDULED, CALL_WITHDRAWN],
        consumes={"window-scheduler": CALL_FINISHED},
        makes_streams=[CALLS_STREAM, DEAD_LETTERS_STREAM],
        # for its metrics: what waits in the streams
        asks=[f"CONSUMER.LIST.{CALLS_STREAM}", f"STREAM.INFO.{DEAD_LETTERS_STREAM}"],
    ),
    "call-dispatcher": NatsUser(
        publishes=[CALL_DIALED, CALL_FINISHED],
        consumes={
            "call-dispatcher-scheduled": CALL_SCHEDULED,
            "call-dispatcher-withdrawn": CALL_WITHDRAWN,
            "call-dispatcher-progressed": CALL_PROGRESSED,
        },
    ),
    # the carrier's callbacks come to any gateway, and the one that holds the call is to know of them
    "voice-gateway": NatsUser(publishes=[CALL_PROGRESSED], watches=[CALL_PROGRESSED.subject]),
    "journal": NatsUser(consumes={"journal-call-finished": CALL_FINISHED}),
    # people's pages show a call while it goes on; the portal tells nothing
    "portal": NatsUser(watches=[CALLS_SUBJECTS]),
}

CONSUMERS: Mapping[str, Event] = {
    durable: event for does in SERVICES.values() for durable, event in does.consumes.items()
}
"""Every durable consumer of the stream CALLS, with the event that it takes."""

USERS: Mapping[str, NatsUser] = {
    **SERVICES,
    # the operators' command line looks and changes nothing
    "toolbox": NatsUser(
        watches=[CALLS_SUBJECTS, DEAD_LETTERS_SUBJECTS],
        asks=[
            "INFO",
            "STREAM.NAMES",
            "STREAM.LIST",
            "STREAM.INFO.*",
            "STREAM.MSG.GET.*",
            "DIRECT.GET.>",
            "CONSUMER.NAMES.*",
            "CONSUMER.LIST.*",
            "CONSUMER.INFO.*.*",
        ],
    ),
    # and becomes another user to send a dead letter again, or to drop it
    "operator": NatsUser(
        asks=[f"STREAM.{question}.{DEAD_LETTERS_STREAM}" for question in ("INFO", "MSG.GET", "MSG.DELETE")],
        tells_again=list(CONSUMERS.values()),
    ),
}


def permissions_of(user: str) -> dict[str, list[str]]:
    """The subjects that a user may publish and subscribe to, in the words of nats-server's configuration.

    The names of JetStream's own subjects are those of its API, `$JS.API.…` and `$JS.ACK.…`; acknowledgements are allowed
    in the form that servers use now and in the one announced to follow (reference/scheduling.md, B).

    Raises:
        KeyError: there is no such user.
    """
    does = USERS[user]
    publish = [event.subject for event in does.publishes]
    publish += sorted({event.subject for event in does.tells_again})
    for durable, event in does.consumes.items():
        consumer = f"{CALLS_STREAM}.{durable}"
        publish += [
            subject_aside(event.subject),
            f"$JS.API.CONSUMER.CREATE.{consumer}.{event.subject}",
            f"$JS.API.CONSUMER.MSG.NEXT.{consumer}",
            f"$JS.ACK.{consumer}.>",
            f"$JS.ACK.*.*.{consumer}.>",
        ]
    for stream in does.makes_streams:
        publish += [f"$JS.API.STREAM.CREATE.{stream}", f"$JS.API.STREAM.UPDATE.{stream}"]
    publish += [f"$JS.API.{question}" for question in does.asks]
    # nats-server takes an empty list for no list: who has nothing to say would be allowed to say everything
    publish = publish or [f"{inbox_prefix(user)}.>"]
    return {"publish": publish, "subscribe": [f"{inbox_prefix(user)}.>", *does.watches]}


def as_yaml() -> str:
    """All users' permissions as the file that the chart reads."""
    lines = [
        "# Made by `python -m chassis.nats_permissions` from libs/chassis/src/chassis/nats_permissions.py: change it there."
    ]
    for user in USERS:
        lines.append(f"{user}:")
        for verb, subjects in permissions_of(user).items():
            lines += [f"  {verb}:", *(f"    - {json.dumps(subject)}" for subject in subjects)]
    return "\n".join(lines) + "\n"


def authorization(passwords: Mapping[str, str]) -> str:
    """The block `authorization` of nats-server's configuration.

    Args:
        passwords: of each user, in clear or as bcrypt hashes it.
    """
    users = [
        {
            "user": user,
            "password": passwords[user],
            "permissions": {verb: {"allow": subjects} for verb, subjects in permissions_of(user).items()},
        }
        for user in USERS
    ]
    return f"authorization: {json.dumps({'users': users}, indent=2)}\n"


if __name__ == "__main__":
    print(as_yaml(), end="")  # noqa: T201 - it is a program here
