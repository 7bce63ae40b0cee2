"""The processes of a local Daybook, described: which there are, with which settings, and how to ask whether they are ready.

The same services with the same settings classes as in a cluster; what a party outside would do, an emulator does, and the
services cannot tell but by the address that they are given.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from chassis.nats_access import NatsAccess
from chassis.nats_permissions import USERS, authorization
from chassis.rpc import Token
from daybook_cli.embedded import EmbeddedNats, EmbeddedPostgres, free_port, port_or_free
from daybook_cli.home import Home
from daybook_cli.journal_access import OPERATOR, PORTAL, token_of_person
from daybook_cli.observing import LOOPBACK, Observatory
from daybook_cli.outside import Outside
from daybook_cli.outside_parties import OutsideParties
from daybook_cli.supervisor import Process, Ready, answering, inherited
from daybook_cli.tuning import Tuning

GATEWAY_PORT = 8000
"""The first system's port, so that a tunnel to it goes on working."""
PORTAL_PORT = 8080
WANTED_PORTS = {"gateway": GATEWAY_PORT, "portal": PORTAL_PORT}
"""Where people and tunnels look for them. Another is taken where one is not free."""

DATABASE = "daybook"
SERVICES = ("journal", "window-scheduler", "call-dispatcher", "voice-gateway", "portal")


class Stack:
    """All processes, in the order in which they are started.

    Args:
        home: where everything is kept.
        environment: the caller's.
        outside: which outside parties are real.
        tuning: how it differs from the usual one.
        ports: those of a stack that runs, so that this one describes the same; free ones are taken for the others.
    """

    def __init__(
        self,
        home: Home,
        environment: Mapping[str, str],
        outside: Outside,
        tuning: Tuning,
        *,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        self.home = home
        self.outside = outside
        self._environment = environment
        self._tuning = tuning
        self._ports = dict(ports or {})
        self.postgres = EmbeddedPostgres(home.folder / "postgres", self._port("postgres"))
        self.nats = EmbeddedNats(home.folder / "nats", self._port("nats"), self._port("nats.monitor"))
        self.parties = OutsideParties(outside, environment, home, tuning, self._port)
        self.portal_url = f"http://{LOOPBACK}:{self._port('portal')}"
        self.observatory = Observatory(home.observatory, self.metrics_targets) if tuning.observe else None

    @property
    def ports(self) -> dict[str, int]:
        """Who listens where, as far as it was asked for."""
        return dict(self._ports)

    def _port(self, name: str) -> int:
        if name not in self._ports:
            self._ports[name] = port_or_free(WANTED_PORTS[name]) if name in WANTED_PORTS else free_port()
        return self._ports[name]

    def _target(self, name: str) -> str:
        return f"{LOOPBACK}:{self._port(name)}"

    @property
    def scheduler_target(self) -> str:
        return self._target("scheduler.grpc")

    @property
    def dispatcher_target(self) -> str:
        return self._target("dispatcher.grpc")

    @property
    def journal_target(self) -> str:
        return self._target("journal.grpc")

    def token_of(self, person_id: str) -> Token:
        """What is shown to the journal for a person's own records."""
        return token_of_person(SecretStr(self.home.journal_secret(PORTAL)), person_id)

    @property
    def database_url(self) -> str:
        return self._environment.get("DAYBOOK_DATABASE_URL") or self.postgres.url(DATABASE)

    def nats_access(self, user: str) -> NatsAccess:
        """How one of the users of NATS reaches it."""
        own = self._environment
        if own.get("DAYBOOK_NATS_URL"):
            password, ca_file = own.get("DAYBOOK_NATS_PASSWORD"), own.get("DAYBOOK_NATS_CA_FILE")
            return NatsAccess(
                own["DAYBOOK_NATS_URL"],
                own.get("DAYBOOK_NATS_USER"),
                SecretStr(password) if password else None,
                Path(ca_file) if ca_file else None,
            )
        return NatsAccess(self.nats.url, user, SecretStr(self._nats_password(user)))

    def _nats_password(self, user: str) -> str:
        return self.home.secret(f"nats-{user}")

    def servers(self) -> list[Process]:
        """PostgreSQL and NATS, where none of one's own is named by DAYBOOK_DATABASE_URL or DAYBOOK_NATS_URL."""
        wanted: list[Process] = []
        if not self._environment.get("DAYBOOK_DATABASE_URL"):
            self.postgres.prepare()
            ready = _database_made(self.postgres)
            wanted.append(Process("postgres", self.postgres.argv, inherited(), ready, identity=self.postgres.identity))
        if not self._environment.get("DAYBOOK_NATS_URL"):
            self.nats.prepare(authorization({user: self._nats_password(user) for user in USERS}))
            health = f"http://{LOOPBACK}:{self.nats.monitor_port}/healthz"
            wanted.append(Process("nats", self.nats.argv, inherited(), answering(health), health))
        return wanted

    def emulators(self) -> list[Process]:
        """Those of the outside parties that are not real."""
        return self.parties.emulators()

    def services(self) -> list[Process]:
        """The long-running services."""
        return [
            self._service("journal", ["journal", "serve"], self.journal_settings()),
            self._service("window-scheduler", ["window_scheduler", "api"], self.scheduler_settings()),
            self._service("call-dispatcher", ["call_dispatcher", "serve"], self._dispatcher_settings()),
            self._service("voice-gateway", ["voice_gateway", "serve"], self._gateway_settings()),
            self._service("portal", ["portal", "serve"], self.portal_settings()),
        ]

    @property
    def metrics_targets(self) -> dict[str, str]:
        """host:port of each service that tells metrics, by its process."""
        return {name: self._http_target(name) for name in SERVICES}

    def _http_target(self, service: str) -> str:
        return self._target("gateway" if service == "voice-gateway" else f"{service}.http")

    def _service(self, name: str, program: list[str], settings: Mapping[str, str]) -> Process:
        target = self._http_target(name)
        address = f"http://{target}"
        environment = {**settings, "DAYBOOK_HTTP_PORT": target.rpartition(":")[2]}
        return Process(
            name, [sys.executable, "-m", *program], environment, answering(f"{address}/readyz"), f"{address}/readyz"
        )

    def migrations(self) -> list[tuple[str, list[str], dict[str, str]]]:
        """Name, command line and environment of each service's migration."""
        settings = {
            "journal": self.journal_settings(),
            "window_scheduler": self.scheduler_settings(),
            "call_dispatcher": self._dispatcher_settings(),
            "portal": self.portal_settings(),
        }
        return [
            (f"migrate-{package}", [sys.executable, "-m", package, "migrate"], dict(of))
            for package, of in settings.items()
        ]

    def tick(self) -> tuple[str, list[str], dict[str, str]]:
        """The tick, exactly as the CronJob runs it."""
        return (
            "window-scheduler-tick",
            [sys.executable, "-m", "window_scheduler", "tick"],
            dict(self.scheduler_settings()),
        )

    def retention(self) -> tuple[str, list[str], dict[str, str]]:
        """A run of retention, as the CronJob runs it."""
        return "journal-retention", [sys.executable, "-m", "journal", "retain"], dict(self.journal_settings())

    def _common(self) -> dict[str, str]:
        return {
            **inherited(),
            **{name: value for name, value in self._environment.items() if name in PASSED_ON},
            **(self._tuning.settings or {}),
            "DAYBOOK_TRACE_LOG": str(self._tuning.trace).lower(),
        }

    def _bus(self, user: str) -> dict[str, str]:
        access = self.nats_access(user)
        return {
            "DAYBOOK_NATS_URL": access.url,
            "DAYBOOK_NATS_USER": access.user or "",
            "DAYBOOK_NATS_PASSWORD": access.password.get_secret_value() if access.password else "",
            "DAYBOOK_NATS_CA_FILE": str(access.ca_file or ""),
        }

    def journal_settings(self) -> dict[str, str]:
        return {
            **self._common(),
            **self._bus("journal"),
            "DAYBOOK_DATABASE_URL": self.database_url,
            "DAYBOOK_GRPC_PORT": str(self._port("journal.grpc")),
            "DAYBOOK_VOICE_GATEWAY_SECRET": self.home.journal_secret("voice-gateway"),
            "DAYBOOK_PORTAL_SECRET": self.home.journal_secret(PORTAL),
            "DAYBOOK_TOOLBOX_SECRET": self.home.journal_secret(OPERATOR),
            "DAYBOOK_KEK_FOLDER": str(self.home.key_encryption_keys()),
            "DAYBOOK_OBJECT_STORE_URL": self.home.objects.as_uri(),
            **self.parties.gemini(),
        }

    def scheduler_settings(self) -> dict[str, str]:
        return {
            **self._common(),
            **self._bus("window-scheduler"),
            "DAYBOOK_DATABASE_URL": self.database_url,
            "DAYBOOK_GRPC_PORT": str(self._port("scheduler.grpc")),
            "DAYBOOK_PEOPLE_KEY_FILE": str(self.home.key("people")),
        }

    def portal_settings(self) -> dict[str, str]:
        return {
            **self._common(),
            **self._bus("portal"),
            "DAYBOOK_DATABASE_URL": self.database_url,
            "DAYBOOK_PORTAL_URL": self.portal_url,
            "DAYBOOK_SITE_PORT": str(self._port("portal")),
            "DAYBOOK_SCHEDULER_TARGET": self.scheduler_target,
            "DAYBOOK_DISPATCHER_TARGET": self.dispatcher_target,
            "DAYBOOK_VOICE_GATEWAY_TARGET": self._target("gateway.grpc"),
            "DAYBOOK_JOURNAL_TARGET": self.journal_target,
            "DAYBOOK_JOURNAL_SECRET": self.home.journal_secret(PORTAL),
            **self.parties.openid(),
        }

    def _dispatcher_settings(self) -> dict[str, str]:
        return {
            **self._common(),
            **self.parties.carrier(),
            **self._bus("call-dispatcher"),
            "DAYBOOK_DATABASE_URL": self.database_url,
            "DAYBOOK_GRPC_PORT": str(self._port("dispatcher.grpc")),
            "DAYBOOK_SCHEDULER_TARGET": self.scheduler_target,
        }

    def _gateway_settings(self) -> dict[str, str]:
        carrier = self.parties.carrier()
        return {
            **self._common(),
            **self._bus("voice-gateway"),
            "TWILIO_AUTH_TOKEN": carrier["TWILIO_AUTH_TOKEN"],
            "PUBLIC_URL": carrier["PUBLIC_URL"],
            "DAYBOOK_GRPC_PORT": str(self._port("gateway.grpc")),
            "DAYBOOK_SCHEDULER_TARGET": self.scheduler_target,
            "DAYBOOK_JOURNAL_TARGET": self.journal_target,
            "DAYBOOK_JOURNAL_SECRET": self.home.journal_secret("voice-gateway"),
            **self.parties.audio(),
            **self.parties.google(),
            **self.parties.gemini(),
        }


PASSED_ON = frozenset(
    {
        "DAYBOOK_LOG_LEVEL",
        "DAYBOOK_OTLP_ENDPOINT",
        "DAYBOOK_ORCHESTRATOR",
        "USE_ENHANCED_CALLS",
        "DAYBOOK_MAX_CALL_S",
        "DAYBOOK_CALLS_AT_ONCE",
        "DAYBOOK_KEK_ACTIVE",
        "GOOGLE_CLOUD_PROJECT",
        "GEMINI_MODEL",
    }
)
"""What of the caller's environment the services are told as it is."""


def _database_made(server: EmbeddedPostgres) -> Ready:
    async def ready() -> bool:
        try:
            connection = await asyncpg.connect(server.url(), timeout=5)
        except (OSError, asyncpg.PostgresError):
            return False
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()
        return True

    return ready
