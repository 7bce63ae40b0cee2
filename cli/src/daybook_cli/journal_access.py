"""As whom a command asks the journal: as an operator, who counts and never reads, or for the person whose words they are."""

from uuid import UUID

from pydantic import SecretStr

from chassis.clock import SystemClock
from chassis.rpc import Token
from chassis.tokens import TokenSigner
from daybook.journal.v1 import journal_pb2 as pb
from daybook_cli.errors import CommandError

OPERATOR, PORTAL = "toolbox", "portal"


def token_of_operator(secret: SecretStr) -> Token:
    return _signer(OPERATOR, secret).for_service


def token_of_person(secret: SecretStr, person_id: str) -> Token:
    """
    Args:
        secret: the portal's, by which it is taken at its word for whom it asks.
        person_id: for whom.

    Raises:
        CommandError: the id is none.
    """
    try:
        return _signer(PORTAL, secret).for_person(UUID(person_id))
    except ValueError:
        raise CommandError(
            "A person's id is a UUID, as 8-4-4-4-12 hexadecimal digits: see `daybook person list`."
        ) from None


def _signer(caller: str, secret: SecretStr) -> TokenSigner:
    return TokenSigner(caller, secret, SystemClock(), audience=pb.DESCRIPTOR.package)
