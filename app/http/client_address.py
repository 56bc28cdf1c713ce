"""The address of the client, behind trusted proxies."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.config import parse_networks
from app.domain.bounded_cache import bounded_cache

_INVALID_ADDRESS = "invalid"
"""Stands for a malformed address in the header of a trusted proxy."""

LOOPBACK = ("", "loopback")
"""`client_network` of the clients on this machine: of a Unix socket, and of its own addresses."""


def is_in_networks(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Return true if `address` is valid and in one of `networks`."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


def build_client_address_resolver(trusted_proxies: str) -> Callable[[str, str], str]:
    """A function from the peer address and `X-Forwarded-For` to the address of the client.

    Each proxy appends the address of its peer, so the last address that is not a trusted proxy is
    the client's; the client itself may have written those before it.
    """
    proxies = parse_networks(trusted_proxies)

    @bounded_cache(2**20)
    def client(peer: str, header: str) -> str:
        address = peer
        for forwarded in reversed(header.split(",")):
            if not is_in_networks(address, proxies):
                break
            address = _parse_address(forwarded)
        return address

    return client if proxies else lambda peer, _header: peer


def _parse_address(text: str) -> str:
    """An address from `X-Forwarded-For`, which may have a port."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return _INVALID_ADDRESS


@bounded_cache(2**20)
def client_network(address: str) -> str:
    """The network that counts as one client: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return "loopback"
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
