"""Decides which network addresses may be connected to: only those of the public internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
"""Addresses that are not public.

These are IANA's special-purpose registry, multicast, the reserved space above multicast, and the public address of
Azure's internal services.
"""

_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""In the global IPv6 space: protocol assignments with Teredo, documentation, and 6to4 with an embedded address."""

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """True if ``address`` (not a host name) is a global unicast address. An IPv4 address inside IPv6 counts as IPv4.

    False for text that is not an address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    inner = parsed if isinstance(parsed, IPv4Address) else _embedded(parsed)
    if inner is not None:
        return not any(inner in network for network in _CLOSED_V4)
    return parsed in _OPEN_V6 and not any(parsed in network for network in _CLOSED_V6)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to ``address`` would reach, if it is mapped or translated by NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
