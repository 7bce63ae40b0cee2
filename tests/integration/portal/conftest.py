"""The portal as it is, beside window-scheduler and the journal as they are, each a process of its own; one house for all tests of
these folders, in which each test has a person of its own."""

import asyncio
import base64
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from journal_access import SECRETS, SETTINGS, Tokens, open_channel_of_all
from journal_entries import Kept
from real_servers import RealNats, a_database
from service_processes import PORT, ServiceProcess, a_service

import call_dispatcher
import journal
import portal
import window_scheduler
from chassis.bus import Bus, open_bus
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.migrations import upgrade
from chassis.nats_access import NatsAccess
from chassis.rpc import open_channel
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1 import scheduler_pb2_grpc as rpc
from daybook_cli.embedded import free_port
from daybook_cli.supervisor import NO_AUTHORITIES
from emulators import google_tts, openid
from emulators.openid import OpenIdSettings
from emulators.program import Running
from emulators.twilio import TwilioEmulatorSettings
from emulators.twilio import serve as serving_carrier
from journal.rights import GATEWAY, PORTAL
from portal.browser_sessions import Lifetimes
from portal.visitors import Visitors

CARRIER_TOKEN = "token"
SCHEMAS = {
    "call_dispatcher": call_dispatcher,
    "window_scheduler": window_scheduler,
    "journal": journal,
    "portal": portal,
}


class Page(HTMLParser):
    """What a page says: its text, its links, and the fields of its forms."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self._silent += tag in {"script", "style"}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if tag == "input" and "name" in told:
            self.fields[told["name"]] = told.get("value") or ""

    def handle_endtag(self, tag):
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self._silent:
            self.text += " ".join(data.split()) + " " if data.strip() else ""


@dataclass
class Browser:
    """A browser at the portal: it keeps cookies, and tells where a form of its pages comes from, as browsers do."""

    http: httpx2.AsyncClient
    origin: str

    async def get(self, path: str, **more):
        return await self.http.get(path, headers={"sec-fetch-site": "same-origin", **more.pop("headers", {})}, **more)

    async def post(self, path: str, fields: dict[str, str], **more):
        headers = {"sec-fetch-site": "same-origin", "origin": self.origin, **more.pop("headers", {})}
        return await self.http.post(path, data=fields, headers=headers, **more)

    async def send(self, page: str, path: str, fields: dict[str, str]):
        """A form of a page, with the token that this has."""
        return await self.post(path, {"form_token": (await self.page(page)).fields["form_token"], **fields})

    async def page(self, path: str) -> Page:
        answer = await self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("location"))
        return Page(answer.text)


@dataclass(frozen=True)
class Provider:
    """An OpenID provider, and a person who sits before its pages."""

    running: Running

    async def agree(self, address: str, subject: str, answer: str = "yes") -> str:
        """Says who one is on the page to which Daybook leads. Returns where that leads back to."""
        async with httpx2.AsyncClient(verify=NO_AUTHORITIES) as http:
            asked = Page((await http.get(address)).text)
            told = {**asked.fields, "subject": subject, "answer": answer}
            return (await http.post(f"{self.running.base_url}/authorize", data=told)).headers["location"]

    async def do_wrong(self, kind: str) -> None:
        """The next code that is fetched meets this."""
        async with httpx2.AsyncClient(verify=NO_AUTHORITIES) as http:
            (await http.post(f"{self.running.admin_url}/faults", json={"kind": kind})).raise_for_status()

    async def change_keys(self) -> None:
        async with httpx2.AsyncClient(verify=NO_AUTHORITIES) as http:
            (await http.post(f"{self.running.admin_url}/keys/rotate")).raise_for_status()


@dataclass
class House:
    """
    Attributes:
        people, windows, calls: window-scheduler's own gRPC.
        journal: a channel to the journal's, on which each call shows whatever token may make it.
        visitors: of the portal's own database.
        provider: the OpenID provider at which one can sign in.
        bus: where tests tell what the carrier would, through voice-gateway.
        log: of the portal.
        voice: a gateway that the portal asks how a name is said. It is not started: a test that wants it does.
    """

    origin: str
    environment: dict[str, str]
    log: Path
    voice: ServiceProcess
    people: "rpc.PeopleServiceAsyncStub"
    windows: "rpc.WindowsServiceAsyncStub"
    calls: "rpc.CallsServiceAsyncStub"
    journal: object
    visitors: Visitors
    provider: Provider
    bus: Bus
    browsers: list[httpx2.AsyncClient] = field(default_factory=list)
    lines: Iterator[int] = field(default_factory=lambda: itertools.count(1234567))

    async def person(self, **changes) -> pb.Person:
        """Someone in Vienna who agreed to be called, on a line of their own."""
        request = pb.CreatePersonRequest(
            name="Ada Lovelace",
            phone_number=f"+43660{next(self.lines)}",
            time_zone="Europe/Vienna",
            locale="en-GB",
            consent=pb.Consent(wording_version="v1", channel="portal"),
        )
        request.consent.given_at.GetCurrentTime()
        request.MergeFrom(pb.CreatePersonRequest(**changes))
        return (await self.people.CreatePerson(request)).person

    def link(self, person: pb.Person) -> str:
        """A link that signs a person in, as an operator makes it."""
        argv = [sys.executable, "-m", "portal", "sign-in-link", person.person_id]
        made = subprocess.run(argv, env=self.environment, capture_output=True, text=True, check=True)
        return made.stdout.splitlines()[-1]

    def browser(self) -> Browser:
        http = httpx2.AsyncClient(base_url=self.origin, verify=NO_AUTHORITIES)
        self.browsers.append(http)
        return Browser(http, self.origin)

    async def signed_in(self, person: pb.Person) -> Browser:
        """A browser of this person's."""
        browser = self.browser()
        token = await self.visitors.make_link(UUID(person.person_id))
        answer = await browser.post("/sign-in/link", {"token": token})
        assert answer.status_code == 303
        return browser


@pytest.fixture(scope="session")
def own_nats(tmp_path_factory):
    """A NATS for this house alone: services of other tests would take its events."""
    server = RealNats(tmp_path_factory.mktemp("portal-nats"))
    server.start()
    try:
        asyncio.run(server.until_answering())
        yield server.embedded
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(postgres_server, own_nats, tmp_path_factory):
    folder = tmp_path_factory.mktemp("portal")
    key = folder / "people.key"
    key.write_text(base64.b64encode(bytes(range(32))).decode())
    (folder / "keks").mkdir()
    (folder / "keks" / "first").write_text(base64.b64encode(bytes(range(32, 64))).decode())
    async with a_database(postgres_server) as url:
        for schema, package in SCHEMAS.items():
            await upgrade(url, schema=schema, revisions=Path(package.__file__).parent / "migrations")
        common = {
            "PATH": os.environ["PATH"],
            "DAYBOOK_DATABASE_URL": url,
            "DAYBOOK_NATS_URL": own_nats.url,
            "DAYBOOK_PEOPLE_KEY_FILE": str(key),
            "DAYBOOK_KEK_FOLDER": str(folder / "keks"),
            "DAYBOOK_OBJECT_STORE_URL": (folder / "objects").as_uri(),
            # everybody may be called at any time of day: nothing here is about the night
            "DAYBOOK_CALLING_HOURS_START": "00:00",
            "DAYBOOK_CALLING_HOURS_END": "23:59",
            **SETTINGS,
        }
        async with (
            a_service("window_scheduler", "DAYBOOK_GRPC_PORT", common, folder / "scheduler.log", "api") as scheduler,
            a_service("journal", "DAYBOOK_GRPC_PORT", common, folder / "journal.log") as kept,
            serving_carrier(TwilioEmulatorSettings(auth_token=CARRIER_TOKEN)) as carrier,
            a_service(
                "call_dispatcher",
                "DAYBOOK_GRPC_PORT",
                {
                    **common,
                    "DAYBOOK_SCHEDULER_TARGET": f"127.0.0.1:{scheduler.port}",
                    "DAYBOOK_CALLS_PER_SECOND": "100",
                    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
                    "TWILIO_AUTH_TOKEN": CARRIER_TOKEN,
                    "TWILIO_FROM_NUMBER": "+15005550006",
                    "TWILIO_API_URL": carrier.base_url,
                    # nobody is there: what the carrier tells, the tests tell
                    "PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
                },
                folder / "dispatcher.log",
            ) as dispatcher,
            google_tts.serve(google_tts.TtsSettings(voice="wordcode", time_factor=20.0)) as tts,
            openid.serve(OpenIdSettings()) as provider,
            open_bus(NatsAccess(own_nats.url), source="voice-gateway", clock=SystemClock()) as bus,
            open_channel(f"127.0.0.1:{scheduler.port}") as scheduler_channel,
            open_channel_of_all(f"127.0.0.1:{kept.port}", Tokens()) as journal_channel,
            open_database(url, schema="portal") as database,
        ):
            nobody = f"127.0.0.1:{free_port()}"
            voice = ServiceProcess(
                "voice_gateway",
                "DAYBOOK_GRPC_PORT",
                {
                    **common,
                    "PUBLIC_URL": f"http://{nobody}",
                    "TWILIO_AUTH_TOKEN": CARRIER_TOKEN,
                    "DAYBOOK_SCHEDULER_TARGET": f"127.0.0.1:{scheduler.port}",
                    "DAYBOOK_JOURNAL_TARGET": f"127.0.0.1:{kept.port}",
                    "DAYBOOK_JOURNAL_SECRET": SECRETS[GATEWAY].get_secret_value(),
                    "GOOGLE_TTS_ENDPOINT": tts.endpoint,
                    "GOOGLE_SPEECH_ENDPOINT": nobody,
                    "GEMINI_BASE_URL": f"http://{nobody}",
                    "GEMINI_API_KEY": "emulated",
                },
                folder / "voice.log",
            )
            settings = {
                **common,
                "DAYBOOK_PORTAL_URL": f"http://127.0.0.1:{PORT}",
                # each test may be a proxy, and tell from where it comes
                "DAYBOOK_TRUSTED_PROXIES": "127.0.0.1/32",
                "DAYBOOK_SCHEDULER_TARGET": f"127.0.0.1:{scheduler.port}",
                "DAYBOOK_DISPATCHER_TARGET": f"127.0.0.1:{dispatcher.port}",
                "DAYBOOK_JOURNAL_TARGET": f"127.0.0.1:{kept.port}",
                "DAYBOOK_VOICE_GATEWAY_TARGET": f"127.0.0.1:{voice.port}",
                "DAYBOOK_JOURNAL_SECRET": SECRETS[PORTAL].get_secret_value(),
                "DAYBOOK_OPENID_ISSUER": provider.base_url,
                "DAYBOOK_OPENID_CLIENT_ID": OpenIdSettings().client_id,
                "DAYBOOK_OPENID_CLIENT_SECRET": OpenIdSettings().client_secret,
                "DAYBOOK_OPENID_NAME": "Example",
            }
            async with a_service("portal", "DAYBOOK_SITE_PORT", settings, folder / "portal.log") as site:
                origin = f"http://127.0.0.1:{site.port}"
                opened = House(
                    origin,
                    {**settings, "DAYBOOK_PORTAL_URL": origin},
                    folder / "portal.log",
                    voice,
                    rpc.PeopleServiceStub(scheduler_channel),
                    rpc.WindowsServiceStub(scheduler_channel),
                    rpc.CallsServiceStub(scheduler_channel),
                    journal_channel,
                    Visitors(database, SystemClock(), Lifetimes(idle=timedelta(days=14), whole=timedelta(days=90))),
                    Provider(provider),
                    bus,
                )
                yield opened
                for http in opened.browsers:
                    await http.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def kept(house):
    """Somebody with a journal, and their browser."""
    person = await house.person()
    return Kept(house, person, await house.signed_in(person))
