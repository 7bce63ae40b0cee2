"""Which Daybook a command speaks to, and at which addresses: the one here, as `.daybook/running.json` tells it, or the one of a
cluster, by environment variables that the chart sets for the toolbox. DAYBOOK_SCHEDULER_TARGET decides: where it is set, it is a
cluster's.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import grpc
from pydantic import Field, SecretStr

from chassis.errors import SettingsError
from chassis.nats_access import NatsAccess
from chassis.rpc import Token, open_channel
from chassis.settings import BusSettings, HttpUrl, ServiceSettings, SharedSecret, TlsSettings, load_settings
from chassis.tls import Tls
from daybook_cli.errors import CommandError
from daybook_cli.home import Home, Running
from daybook_cli.journal_access import OPERATOR, token_of_operator, token_of_person
from daybook_cli.observations import DISPATCHER, GATEWAY, JOURNAL, PORTAL, SCHEDULER, SERVICES, Place

NATS_USER, NATS_OPERATOR = "toolbox", "operator"
HTTP_PORT, GATEWAY_PORT = 8080, 8000
TARGET = r"^.+:\d+$"

ResultT = TypeVar("ResultT")


class ToolboxSettings(TlsSettings, BusSettings):
    """What the chart tells the toolbox. README.md has it as a table."""

    model_config = ServiceSettings.model_config

    scheduler_target: str = Field(pattern=TARGET, description="window-scheduler's gRPC address, host:port.")
    dispatcher_target: str = Field(pattern=TARGET, description="call-dispatcher's gRPC address, host:port.")
    journal_target: str = Field(pattern=TARGET, description="journal's gRPC address, host:port.")
    journal_secret: SharedSecret = Field(
        description="what operators' tokens for the journal are signed with; the journal has the same."
    )
    portal_secret: SharedSecret | None = Field(
        default=None,
        description="what persons' tokens for the journal are signed with; the chart never gives it: it opens everybody's words.",
    )
    scheduler_url: HttpUrl | None = Field(
        default=None, description="where window-scheduler serves /readyz, http://host:port."
    )
    dispatcher_url: HttpUrl | None = Field(default=None, description="where call-dispatcher does.")
    journal_url: HttpUrl | None = Field(default=None, description="where the journal does.")
    gateway_url: HttpUrl | None = Field(default=None, description="where voice-gateway does.")
    portal_health_url: HttpUrl | None = Field(
        default=None, description="where the portal does, which is not where people come; none: there is no portal."
    )
    prometheus_url: HttpUrl | None = Field(default=None, description="a Prometheus that evaluates the chart's alerts.")
    fullname: str = Field(default="", description="what the names of the release's workloads begin with.")
    outside: Literal["real", "emulated"] | None = Field(
        default=None, description="whether the carrier, Google and Gemini are real."
    )
    nats_operator_password: SecretStr | None = Field(
        default=None, description="the password of NATS' user operator, who may send dead letters again and drop them."
    )

    @property
    def nats_operator(self) -> NatsAccess | None:
        if self.nats_user is None:
            return self.nats  # it asks nobody
        if self.nats_operator_password is None:
            return None
        return replace(self.nats, user=NATS_OPERATOR, password=self.nats_operator_password)


@dataclass(frozen=True)
class Surroundings:
    """Where a Daybook is to be asked.

    Attributes:
        targets: service → host:port of its gRPC.
        http: service → address below which it serves /readyz and /metrics; without the portal where there is none.
        nats: NATS, as who looks and changes nothing.
        nats_operator: NATS, as who may send dead letters again and drop them; none where that is not for us.
        journal_secret: what operators' tokens for the journal are signed with.
        portal_secret: what a person's are; none where nobody's words are for us.
        outside: outside party → "real" or "emulated", as far as it is known.
        shown: what is to be opened in a browser → its address, or how to get it.
        running: what the supervisor here told; none in a cluster.
    """

    place: Place
    targets: Mapping[str, str]
    http: Mapping[str, str]
    nats: NatsAccess
    nats_operator: NatsAccess | None
    tls: Tls | None
    journal_secret: SecretStr
    portal_secret: SecretStr | None
    outside: Mapping[str, str]
    prometheus_url: str
    fullname: str
    shown: Mapping[str, str]
    running: Running | None

    def channel(self, service: str) -> grpc.aio.Channel:
        """A channel to a service's gRPC, as an operator's."""
        token = token_of_operator(self.journal_secret) if service == JOURNAL else None
        return open_channel(self.targets[service], tls=self.tls, token=token)

    def journal_of(self, person_id: str) -> grpc.aio.Channel:
        """A channel to the journal, for a person's own records.

        Raises:
            CommandError: they are not for us.
        """
        return open_channel(self.targets[JOURNAL], tls=self.tls, token=self.token_of(person_id))

    def token_of(self, person_id: str) -> Token:
        """What is shown to the journal for a person's own records.

        Raises:
            CommandError: they are not for us.
        """
        if self.portal_secret is None:
            raise CommandError(
                "What a person said is theirs to read and to change, in the portal. An operator's command line counts their "
                "entries (`entry list`) and can destroy them all (`entry delete-all`)."
            )
        return token_of_person(self.portal_secret, person_id)


def find_surroundings() -> Surroundings:
    """The Daybook that is meant.

    Raises:
        NotRunning: it is the one here, and it does not run.
        CommandError: it is a cluster's, and the settings are not right.
    """
    if not os.environ.get("DAYBOOK_SCHEDULER_TARGET"):
        home = Home.from_environment()
        return local_surroundings(home, home.running())
    try:
        settings = load_settings(ToolboxSettings)
        return cluster_surroundings(settings, settings.tls())
    except SettingsError as error:
        raise CommandError(str(error)) from None


def local_surroundings(home: Home, running: Running) -> Surroundings:
    """What a supervisor wrote down."""
    return Surroundings(
        place=Place.LOCAL,
        targets={SCHEDULER: running.scheduler, DISPATCHER: running.dispatcher, JOURNAL: running.journal},
        http={
            service: running.health[service].removesuffix("/readyz")
            for service in SERVICES
            if running.health.get(service)
        },
        nats=_local_nats(home, running, NATS_USER),
        nats_operator=_local_nats(home, running, NATS_OPERATOR),
        tls=None,
        journal_secret=SecretStr(home.journal_secret(OPERATOR)),
        portal_secret=SecretStr(home.journal_secret(PORTAL)),
        outside=running.outside,
        prometheus_url=running.observing.get("Prometheus", ""),
        fullname="daybook",
        shown={"The portal": running.portal, **running.observing},
        running=running,
    )


def _local_nats(home: Home, running: Running, user: str) -> NatsAccess:
    """With the password that was made for a user of the embedded NATS; or as the user of DAYBOOK_NATS_PASSWORD, who then is every
    user, where NATS is one's own.
    """
    if not running.nats_user:
        return NatsAccess(running.nats_url)
    if own := os.environ.get("DAYBOOK_NATS_PASSWORD"):
        return NatsAccess(running.nats_url, running.nats_user, SecretStr(own))
    return NatsAccess(running.nats_url, user, SecretStr(home.secret(f"nats-{user}")))


def cluster_surroundings(settings: ToolboxSettings, tls: Tls | None) -> Surroundings:
    """What the settings say; an address of HTTP that is not set is the chart's usual one."""
    fullname = settings.fullname or _host(settings.scheduler_target).removesuffix(f"-{SCHEDULER}")
    given = {
        SCHEDULER: settings.scheduler_url,
        DISPATCHER: settings.dispatcher_url,
        JOURNAL: settings.journal_url,
        GATEWAY: settings.gateway_url,
    }
    usual = {service: f"http://{fullname}-{service}:{HTTP_PORT}" for service in given}
    usual[GATEWAY] = f"http://{fullname}-{GATEWAY}:{GATEWAY_PORT}"
    http = {service: str(url).rstrip("/") if url else usual[service] for service, url in given.items()}
    if settings.portal_health_url:
        http[PORTAL] = str(settings.portal_health_url).rstrip("/")
    return Surroundings(
        place=Place.CLUSTER,
        targets={
            SCHEDULER: settings.scheduler_target,
            DISPATCHER: settings.dispatcher_target,
            JOURNAL: settings.journal_target,
        },
        http=http,
        nats=settings.nats,
        nats_operator=settings.nats_operator,
        tls=tls,
        journal_secret=settings.journal_secret,
        portal_secret=settings.portal_secret,
        outside={"Twilio, Google, Gemini": settings.outside} if settings.outside else {},
        prometheus_url=str(settings.prometheus_url or "").rstrip("/"),
        fullname=fullname,
        shown={},
        running=None,
    )


def _host(target: str) -> str:
    return target.rpartition(":")[0].partition(".")[0]


def ask(service: str, question: Callable[[grpc.aio.Channel], Awaitable[ResultT]]) -> ResultT:
    """Asks a service of the Daybook that is meant.

    Raises:
        NotRunning: there is none here.
        CommandError: it refused, with its own sentence, or does not answer.
    """
    surroundings = find_surroundings()
    return _asked(service, lambda: surroundings.channel(service), question)


def ask_journal_of(person_id: str, question: Callable[[grpc.aio.Channel], Awaitable[ResultT]]) -> ResultT:
    """Asks the journal for a person's own records.

    Raises:
        NotRunning, CommandError: as `ask`; or they are not for us.
    """
    surroundings = find_surroundings()
    return _asked(JOURNAL, lambda: surroundings.journal_of(person_id), question)


def _asked(
    service: str,
    open_it: Callable[[], grpc.aio.Channel],
    question: Callable[[grpc.aio.Channel], Awaitable[ResultT]],
) -> ResultT:
    async def asking() -> ResultT:
        async with open_it() as channel:  # on the loop that it is used on
            try:
                return await question(channel)
            except grpc.aio.AioRpcError as error:
                raise CommandError(refusal(service, error)) from None

    return asyncio.run(asking())


def refusal(service: str, error: grpc.aio.AioRpcError) -> str:
    """What a service said against a question, or that it said nothing."""
    if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
        return f"{service} does not answer. `daybook doctor` says why, and what follows."
    return error.details() or error.code().name
