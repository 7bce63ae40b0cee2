"""What a person changed of themselves in a form: only that is sent, so that two browsers do not undo each other. Pure."""

from collections.abc import Mapping

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.zone_choices import meant_zone

FIELDS = ("name", "name_pronunciation", "phone_number", "time_zone", "locale")


def profile_of(person: pb.Person) -> dict[str, str]:
    """What stands in the form before anybody has typed."""
    return {field: str(getattr(person, field)) for field in FIELDS}


def spoken_field(typed: Mapping[str, str]) -> str:
    """The field whose words a call says: how the name is spoken, where that is typed."""
    return "name_pronunciation" if typed["name_pronunciation"].strip() else "name"


def profile_changes(person: pb.Person, typed: Mapping[str, str]) -> pb.UpdatePersonRequest | None:
    """The request that changes what is not as it was; None where all of it is.

    Args:
        person: as stored.
        typed: each of FIELDS.
    """
    wanted = {**typed, "time_zone": meant_zone(typed["time_zone"])}
    before = profile_of(person)
    changed = [field for field in FIELDS if wanted[field].strip() != before[field]]
    request = pb.UpdatePersonRequest(person_id=person.person_id)
    for field in changed:
        setattr(request, field, wanted[field].strip())
    return request if changed else None
