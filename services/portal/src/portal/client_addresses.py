"""From which address a request comes, where proxies stand before the portal. Pure.

`X-Forwarded-For` holds what each proxy saw, and before that whatever the browser wrote: it is read from its end, for as long as
the one who tells is a proxy that is trusted.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

OF_ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address that a connection is given: behind them its owner has as many addresses as they like (RFC 6177)."""
UNKNOWN = "unknown"


def networks(told: str) -> tuple[Network, ...]:
    """
    Args:
        told: addresses or networks, with commas between them: 10.0.0.0/8, 192.0.2.7

    Raises:
        ValueError: it is none.
    """
    return tuple(ip_network(part.strip()) for part in told.split(",") if part.strip())


def client_of(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whom a request is counted for: an IPv4 address, or the network of an IPv6 address.

    Args:
        peer: who connected to us.
        forwarded_for: the values of `X-Forwarded-For`.
        trusted: the proxies that are taken at their word.
    """
    address = _address(peer)
    told = [part for value in forwarded_for for part in value.split(",")]
    while told and address is not None and any(address in network for network in trusted):
        before = _address(told.pop())
        if before is None:
            break
        address = before
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(ip_network((address, OF_ONE_HOUSEHOLD), strict=False))
    return str(address)


def _address(told: str) -> Address | None:
    try:
        address = ip_address(told.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
