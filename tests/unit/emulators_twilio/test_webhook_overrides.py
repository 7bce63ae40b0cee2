import pytest

from emulators.twilio.webhooks import Overrides


@pytest.mark.parametrize(
    ("fragment", "overrides"),
    [
        ("", Overrides()),
        ("rc=2&rp=5xx,ct,rt", Overrides(retries=2, policies=frozenset({"5xx", "ct", "rt"}))),
        ("ct=1&rt=99999&tt=100", Overrides(connect_ms=100, read_ms=15_000, total_ms=100)),
        ("rc=nine&ct=-4&what=ever", Overrides()),
        ("rc=9", Overrides(retries=5)),
    ],
)
def test_a_fragment_is_read_as_twilio_documents_it(fragment, overrides):
    assert Overrides.of(fragment) == overrides


def test_all_is_every_cause():
    assert Overrides.of("rp=all").retry("4xx")
    assert not Overrides().retry("5xx")
