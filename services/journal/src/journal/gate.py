"""The gate before the journal's methods: a token tells who asks, `rights` whether they may, the audit log keeps that they did."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import structlog

from chassis.clock import Clock
from chassis.errors import Forbidden, Unauthenticated
from chassis.tokens import Identity, TokenVerifier
from journal import metrics
from journal.audit import Audit
from journal.audit_chain import Access, AuditPosition
from journal.rights import Party, party_of, refusal, refusal_of_person, right_to

log = structlog.get_logger()

NOT_THEIRS = (
    "The token does not open this. A person's opens what is theirs, voice-gateway's the sessions that run, and an operator's "
    "no words (docs/security.md)."
)
"""One sentence, whatever is there: who may not read it is not told whether it is."""

_RECORD_FIELDS = ("entry_id", "session_id", "call_id")

_asking: ContextVar[Identity] = ContextVar("asking")
_noted: ContextVar[AuditPosition | None] = ContextVar("noted", default=None)


def asks_as(party: Party) -> bool:
    """Whether the call that is being answered is of that party."""
    return party_of(_asking.get()) is party


def noted_at() -> AuditPosition | None:
    """Where the audit log says that the call which is being answered was let in; None where such calls are not noted."""
    return _noted.get()


class AccessGate:
    """The `chassis.rpc.Gate` of the journal."""

    def __init__(self, verifier: TokenVerifier, audit: Audit, clock: Clock) -> None:
        self._verifier = verifier
        self._audit = audit
        self._clock = clock

    async def open(self, method: str, token: str) -> Callable[[Any], Awaitable[None]]:
        """
        Raises:
            Unauthenticated: no token, or none that is accepted.
            Forbidden: the method is not for who asks.
            DatabaseUnavailable: the audit log cannot be written.
        """
        name = method.removeprefix("daybook.journal.v1.")
        try:
            identity = self._verifier.identify(token)
        except Unauthenticated as error:
            await self._note_refusal(self._access(name, Identity(""), refused_for=error.reason))
            raise
        if reason := refusal(name, identity):
            await self._note_refusal(self._access(name, identity, refused_for=reason))
            raise Forbidden(NOT_THEIRS)
        _asking.set(identity)
        to_note = right_to(name).audited

        async def look(request: Any) -> None:
            nonlocal to_note
            names = _whom_it_names(request)
            person_id = _named(names, "person_id")
            # where it names somebody by no id, the method itself says so
            refused_for = refusal_of_person(identity, person_id) if person_id or names is None else ""
            record_id = _named(request, *_RECORD_FIELDS)
            access = self._access(name, identity, person_id=person_id, record_id=record_id, refused_for=refused_for)
            if access.refused_for:
                await self._note_refusal(access)
                raise Forbidden(NOT_THEIRS)
            if to_note:
                to_note = False  # a stream is one access, however many messages it has
                _noted.set(await self._audit.add(access))

        return look

    async def _note_refusal(self, access: Access) -> None:
        metrics.accesses_refused.labels(access.refused_for).inc()
        log.warning("access.refused", method=access.method, caller=access.caller, reason=access.refused_for)
        await self._audit.add(access)

    def _access(
        self,
        method: str,
        identity: Identity,
        *,
        person_id: UUID | None = None,
        record_id: UUID | None = None,
        refused_for: str,
    ) -> Access:
        return Access(
            at=self._clock.now(),
            caller=identity.caller,
            asked_for=identity.person_id,
            method=method.rpartition("/")[2],
            person_id=person_id,
            record_id=record_id,
            refused_for=refused_for,
        )


def _whom_it_names(request: Any) -> Any:
    """The message that bears the person's id: a request, or the header of one that comes in parts; None where neither does."""
    return request if hasattr(request, "person_id") else getattr(request, "header", None)


def _named(request: Any, *fields: str) -> UUID | None:
    """The first of these ids that a request bears; None where that is none, or no id."""
    for name in fields:
        if value := getattr(request, name, ""):
            try:
                return UUID(value)
            except ValueError:
                return None
    return None
