"""`daybook sign-in-link`: lets a person into the portal who has no other way in, or the demo person."""

import asyncio

from daybook.scheduler.v1.scheduler_pb2 import GetPersonRequest
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.people import ask_scheduler
from daybook_cli.surroundings import find_surroundings


def sign_in_link(person_id: str) -> None:
    """Print a link that signs a person in at the portal, once, within ten minutes: hand it to nobody else."""
    surroundings = find_surroundings()
    request = GetPersonRequest(person_id=person_id)
    person = ask_scheduler(lambda channel: PeopleServiceStub(channel).GetPerson(request)).person
    if surroundings.running is None:
        raise CommandError(
            "A toolbox lets nobody in: only the portal's own pods have its database. Type where `kubectl` may exec: "
            f"kubectl exec deploy/{surroundings.fullname}-portal -- python -m portal sign-in-link {person.person_id}"
        )
    from daybook_cli.local_commands import make_portal_link  # noqa: PLC0415 - in a cluster its packages are not there

    print(asyncio.run(make_portal_link(surroundings.running, person.person_id)))
