"""From where a request comes: nobody makes themselves another by writing a header."""

import pytest

from portal.client_addresses import UNKNOWN, client_of, networks

TRUSTED = networks("10.0.0.0/8, 192.0.2.7, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        # who is no proxy of ours is not believed
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        # the browser wrote the first, the proxy saw the second
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 192.0.2.7"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.9"], "10.0.0.9"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("fd00::1", ["2001:db8:1:2::9"], "2001:db8:1:2::/64"),
        ("", [], UNKNOWN),
        ("testclient", ["198.51.100.1"], UNKNOWN),
    ],
)
def test_a_client_is_who_the_last_trusted_proxy_saw(peer, forwarded, client):
    assert client_of(peer, forwarded, TRUSTED) == client


def test_without_trusted_proxies_the_header_is_nothing():
    assert client_of("10.0.0.1", ["198.51.100.1"], networks("")) == "10.0.0.1"


@pytest.mark.parametrize("told", ["10.0.0.0/40", "proxy.example", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(told):
    with pytest.raises(ValueError, match=r"does not appear|has host bits|netmask"):
        networks(told)
