"""Who may do what in the journal. Pure.

A person reads what is theirs. voice-gateway adds to sessions that run and reads what is kept of these. Operators count, mend and
delete, and read no word.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.tokens import Identity
from daybook.journal.v1 import journal_pb2 as pb

AUDIENCE = pb.DESCRIPTOR.package
GATEWAY, PORTAL, TOOLBOX = "voice-gateway", "portal", "toolbox"
CALLERS = (GATEWAY, PORTAL, TOOLBOX)
SPEAK_FOR_PERSONS = frozenset({PORTAL})


NOT_FOR_THIS_CALLER, ANOTHER_PERSON = "not_for_this_caller", "another_person"


class Party(StrEnum):
    """In which part somebody asks."""

    PERSON = "person"
    GATEWAY = "gateway"
    OPERATOR = "operator"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Right:
    """A method: who may call it, and whether each call is in the audit log, as are all that give words back or take any away."""

    parties: AbstractSet[Party]
    audited: bool


def _audited(*parties: Party) -> Right:
    return Right(frozenset(parties), audited=True)


def _unaudited(*parties: Party) -> Right:
    return Right(frozenset(parties), audited=False)


RIGHTS: Mapping[str, Right] = {
    "JournalService/StartSession": _audited(Party.GATEWAY),
    "JournalService/AppendTurn": _unaudited(Party.GATEWAY),
    "JournalService/AppendAudio": _unaudited(Party.GATEWAY),
    "JournalService/ReadTrack": _audited(Party.GATEWAY),
    "JournalService/BeginClosing": _unaudited(Party.GATEWAY),
    "JournalService/FinishSession": _unaudited(Party.GATEWAY),
    "JournalService/ReadSession": _audited(Party.GATEWAY, Party.PERSON),
    "JournalService/ListEntries": _audited(Party.PERSON, Party.OPERATOR),
    "JournalService/ReadEntry": _audited(Party.PERSON),
    "JournalService/ReadAudio": _audited(Party.PERSON),
    "JournalService/DeleteEntry": _audited(Party.PERSON),
    "JournalService/DeletePerson": _audited(Party.PERSON, Party.OPERATOR),
    "RevisionsService/EditEntry": _audited(Party.PERSON),
    "RevisionsService/ListRevisions": _audited(Party.PERSON),
    "FindingService/SearchEntries": _audited(Party.PERSON),
    "FindingService/BrowseEntries": _audited(Party.PERSON),
    "FindingService/GetCalendar": _audited(Party.PERSON, Party.OPERATOR),
    "ArchiveService/ExportJournal": _audited(Party.PERSON),
    "ArchiveService/FindImported": _audited(Party.PERSON),
    "ArchiveService/ImportEntry": _audited(Party.PERSON),
    "KeepingService/GetKeeping": _unaudited(Party.PERSON, Party.OPERATOR),
    "KeepingService/SetKeeping": _audited(Party.PERSON, Party.OPERATOR),
    "AuditService/VerifyAudit": _audited(Party.OPERATOR),
    "AuditService/ListAccesses": _audited(Party.PERSON, Party.OPERATOR),
    "KeysService/GetKeys": _unaudited(Party.OPERATOR),
    "KeysService/RewrapKeys": _audited(Party.OPERATOR),
    "ConsistencyService/CheckSessions": _audited(Party.OPERATOR),
    "ConsistencyService/CheckObjects": _audited(Party.OPERATOR),
}
"""Every method of every service. One that is missing here is nobody's."""

_NOBODYS = _audited()


def right_to(method: str) -> Right:
    return RIGHTS.get(method, _NOBODYS)


def party_of(identity: Identity) -> Party:
    if identity.person_id is not None:
        return Party.PERSON
    return {GATEWAY: Party.GATEWAY, TOOLBOX: Party.OPERATOR}.get(identity.caller, Party.NOBODY)


def refusal(method: str, identity: Identity) -> str:
    """Why a method is not for who asks, as a stable term; empty where it is."""
    return "" if party_of(identity) in right_to(method).parties else NOT_FOR_THIS_CALLER


def refusal_of_person(identity: Identity, person_id: UUID | None) -> str:
    """Why records are not for who asks: those of that person, or of nobody that the request names; empty where they are."""
    return ANOTHER_PERSON if identity.person_id not in {None, person_id} else ""
