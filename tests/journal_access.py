"""Who asks the journal in a test: secrets of each caller, tokens of theirs, and the gate that knows them."""

from collections.abc import Mapping
from itertools import chain, islice
from uuid import UUID

import grpc
from pydantic import SecretStr

from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.rpc import Token, call_metadata
from chassis.tokens import TokenSigner, TokenVerifier
from daybook_cli.home import Home
from journal.audit import Audit
from journal.gate import AccessGate
from journal.rights import AUDIENCE, CALLERS, GATEWAY, PORTAL, SPEAK_FOR_PERSONS, TOOLBOX, Party, right_to

SOMEBODY = "00000000-0000-4000-8000-000000000000"
SECRETS = {caller: SecretStr(f"a secret that the journal shares with {caller}") for caller in CALLERS}
SETTINGS = {
    f"DAYBOOK_{caller.upper().replace('-', '_')}_SECRET": secret.get_secret_value()
    for caller, secret in SECRETS.items()
}
"""The journal's own settings."""


def gate_of(database: Database, clock: Clock) -> AccessGate:
    verifier = TokenVerifier(SECRETS, clock, speak_for_persons=SPEAK_FOR_PERSONS, audience=AUDIENCE)
    return AccessGate(verifier, Audit(database), clock)


def signer(caller: str, clock: Clock | None = None) -> TokenSigner:
    return TokenSigner(caller, SECRETS[caller], clock or SystemClock(), audience=AUDIENCE)


def secrets_of(home: Home) -> Mapping[str, SecretStr]:
    """Those of a local Daybook."""
    return {caller: SecretStr(home.journal_secret(caller)) for caller in CALLERS}


class Tokens:
    """What each who may ask shows."""

    def __init__(self, secrets: Mapping[str, SecretStr] = SECRETS, clock: Clock | None = None) -> None:
        self._secrets = secrets
        self._clock = clock or SystemClock()

    def of_service(self, caller: str) -> Token:
        return self._signer(caller).for_service

    def of_person(self, person_id: str) -> Token:
        """What the portal shows for a person."""
        return self._signer(PORTAL).for_person(UUID(person_id))

    def of_whoever_may(self, method: str, person_id: str) -> Token:
        """Of the person whom the request names, else the gateway's, else an operator's."""
        parties = right_to(method.removeprefix("/daybook.journal.v1.")).parties
        if Party.PERSON not in parties:
            return self.of_service(GATEWAY if Party.GATEWAY in parties else TOOLBOX)
        try:
            return self.of_person(person_id)
        except ValueError:
            return self.of_person(SOMEBODY)  # the request is to be refused for naming nobody

    def _signer(self, caller: str) -> TokenSigner:
        return TokenSigner(caller, self._secrets[caller], self._clock, audience=AUDIENCE)


def open_channel_of_all(target: str, tokens: Tokens | None = None) -> grpc.aio.Channel:
    """A channel that asks each method as one who may."""
    of = tokens or Tokens()
    interceptors = [_AsksOnce(of), _AsksForMany(of), _SendsMany(of), _SendsManyForOne(of)]
    return grpc.aio.insecure_channel(target, interceptors=interceptors)


def _bearing(details, tokens: Tokens, person_id: str = ""):
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    if "authorization" in metadata:
        return details
    method = details.method if isinstance(details.method, str) else details.method.decode()
    return details._replace(
        metadata=grpc.aio.Metadata(*metadata, *call_metadata(tokens.of_whoever_may(method, person_id)))
    )


class _AsksOnce(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def intercept_unary_unary(self, continuation, client_call_details, request):
        return await continuation(_bearing(client_call_details, self._tokens, _whose(request)), request)


class _AsksForMany(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def intercept_unary_stream(self, continuation, client_call_details, request):
        return await continuation(_bearing(client_call_details, self._tokens, _whose(request)), request)


class _SendsMany(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def intercept_stream_stream(self, continuation, client_call_details, request_iterator):
        return await continuation(_bearing(client_call_details, self._tokens), request_iterator)


class _SendsManyForOne(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def intercept_stream_unary(self, continuation, client_call_details, request_iterator):
        first = list(islice(request_iterator, 1))
        details = _bearing(client_call_details, self._tokens, _whose(*first))
        return await continuation(details, chain(first, request_iterator))


def _whose(request=None) -> str:
    """Whom a request names, itself or in its header."""
    return getattr(request, "person_id", "") or getattr(getattr(request, "header", None), "person_id", "")
