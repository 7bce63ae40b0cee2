"""Who may do what in the journal."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.tokens import Identity
from daybook.journal.v1 import (
    archive_pb2,
    audit_pb2,
    consistency_pb2,
    finding_pb2,
    journal_pb2,
    keeping_pb2,
    keys_pb2,
    revisions_pb2,
)
from journal.rights import CALLERS, GATEWAY, PORTAL, RIGHTS, TOOLBOX, Party, party_of, refusal, refusal_of_person

FILES = [archive_pb2, audit_pb2, consistency_pb2, finding_pb2, journal_pb2, keeping_pb2, keys_pb2, revisions_pb2]
METHODS = {
    f"{service.name}/{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
WORDS = {"Turn", "Revision", "Snippet", "BrowsedEntry"}
PERSON, ANOTHER = uuid4(), uuid4()


def test_every_method_has_its_right_and_there_is_none_of_a_method_that_is_not():
    assert set(RIGHTS) == set(METHODS)


@pytest.mark.parametrize("name", [name for name, right in RIGHTS.items() if Party.PERSON in right.parties])
def test_a_persons_method_names_the_person(name):
    fields = METHODS[name].input_type.fields_by_name
    header = fields["header"].message_type.fields_by_name if "header" in fields else {}
    assert "person_id" in fields or "person_id" in header


def gives_words(message, seen=frozenset()):
    """Whether a message can hold what somebody said."""
    if message.name in WORDS:
        return True
    return any(
        field.name in {"audio", "chunk"}
        or (
            field.message_type is not None
            and field.message_type.name not in seen
            and gives_words(field.message_type, seen | {message.name})
        )
        for field in message.fields
    )


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if gives_words(method.output_type)])
def test_what_gives_words_back_is_audited_and_no_operators(name):
    assert RIGHTS[name].audited
    assert Party.OPERATOR not in RIGHTS[name].parties


def test_who_asks_in_which_part():
    assert party_of(Identity(GATEWAY)) is Party.GATEWAY
    assert party_of(Identity(TOOLBOX)) is Party.OPERATOR
    assert party_of(Identity(PORTAL, PERSON)) is Party.PERSON
    assert party_of(Identity(PORTAL)) is Party.NOBODY


@given(st.sampled_from(CALLERS), st.text())
def test_a_method_that_is_not_known_is_nobodys(caller, method):
    if method not in RIGHTS:
        assert refusal(method, Identity(caller))
        assert refusal(method, Identity(PORTAL, PERSON))


def test_a_persons_token_opens_their_own_alone():
    assert refusal_of_person(Identity(PORTAL, PERSON), PERSON) == ""
    assert refusal_of_person(Identity(PORTAL, PERSON), ANOTHER) == "another_person"
    assert refusal_of_person(Identity(PORTAL, PERSON), None) == "another_person"
    assert refusal_of_person(Identity(TOOLBOX), ANOTHER) == ""
