"""Who is at the other end: the address of a client, behind the proxies that we trust."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from app.config import parse_networks

_INVALID_ADDRESS = "invalid"
"""What stands for an address that a proxy of ours told, and that is none."""


def is_in_networks(address: str, where: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether `address` is one, and lies in one of these networks."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in where)


def build_client_address_resolver(trusted_proxies: str) -> Callable[[str, str], str]:
    """Tells the address of a client by that of its connection and by `X-Forwarded-For`.

    Each proxy adds the address it was asked from, so the last one that is no proxy's counts: those
    before it are what a client itself may have written.
    """
    proxies = parse_networks(trusted_proxies)

    @lru_cache(maxsize=4096)
    def client(peer: str, header: str) -> str:
        address = peer
        for told in reversed(header.split(",")):
            if not is_in_networks(address, proxies):
                break
            address = _parse_address(told)
        return address

    return client if proxies else lambda peer, _header: peer


def _parse_address(told: str) -> str:
    """An address as proxies write it, with a port perhaps."""
    text = told.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return _INVALID_ADDRESS
