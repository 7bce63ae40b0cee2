import pytest

from call_dispatcher.carrier_errors import Fault, rest_fault, sip_fault


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (21211, Fault.PERSON),
        (13225, Fault.PERSON),
        (21214, Fault.LATER),
        (20003, Fault.OPERATOR),
        (21216, Fault.OPERATOR),
        (99999, Fault.UNKNOWN),
        (None, Fault.UNKNOWN),
    ],
)
def test_whose_fault_a_refusal_is(code, fault) -> None:
    assert rest_fault(code) is fault


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (404, Fault.PERSON),
        (484, Fault.PERSON),
        (503, Fault.TRANSIENT),
        (599, Fault.TRANSIENT),
        (603, Fault.BLOCKED),
        (480, Fault.UNKNOWN),
        (None, Fault.UNKNOWN),
    ],
)
def test_whose_fault_a_failed_call_is(code, fault) -> None:
    assert sip_fault(code) is fault
