"""Special-purpose IP addresses, which requests to untrusted URLs must not reach.

The registries of IANA, as of 2026, in a table of our own: `ipaddress.is_global` differs between
versions of Python, and is true for addresses that lead into private networks. A prefix in which any
IPv4 address can be embedded is refused as a whole, except IPv4-mapped addresses.
"""

from ipaddress import IPv4Address, IPv6Address, ip_network

IPAddress = IPv4Address | IPv6Address

SPECIAL_NETWORKS = {
    ip_network(network): reason
    for network, reason in (
        # IANA IPv4 Special-Purpose Address Registry
        ("0.0.0.0/8", "this network, RFC 791; this host, RFC 1122"),
        ("10.0.0.0/8", "private use, RFC 1918"),
        ("100.64.0.0/10", "shared address space of carriers, RFC 6598"),
        ("127.0.0.0/8", "loopback, RFC 1122"),
        ("169.254.0.0/16", "link-local, RFC 3927; metadata services of clouds"),
        ("172.16.0.0/12", "private use, RFC 1918"),
        # With RFC 7335, 7600, 7723, 8155, 7050 and 8880; also metadata of Oracle's cloud. The
        # anycast addresses in it lead to servers of the own network.
        ("192.0.0.0/24", "IETF protocol assignments, RFC 6890"),
        ("192.0.2.0/24", "documentation, RFC 5737"),
        ("192.88.99.0/24", "6to4 and 6a44 relays, RFC 7526, RFC 6751"),
        ("192.168.0.0/16", "private use, RFC 1918"),
        ("198.18.0.0/15", "benchmarking, RFC 2544"),
        ("198.51.100.0/24", "documentation, RFC 5737"),
        ("203.0.113.0/24", "documentation, RFC 5737"),
        ("240.0.0.0/4", "reserved, RFC 1112; limited broadcast, RFC 8190 and RFC 919"),
        # Not in the registry
        ("224.0.0.0/4", "multicast, RFC 5771"),
        ("168.63.129.16/32", "metadata and DNS of Azure"),
        # IANA IPv6 Special-Purpose Address Registry
        ("::/128", "unspecified, RFC 4291"),
        ("::1/128", "loopback, RFC 4291"),
        ("::ffff:0:0/96", "IPv4-mapped, RFC 4291"),
        ("64:ff9b::/96", "IPv4-IPv6 translation (NAT64), RFC 6052"),
        ("64:ff9b:1::/48", "IPv4-IPv6 translation, RFC 8215"),
        ("100::/64", "discard-only, RFC 6666"),
        ("100:0:0:1::/64", "dummy prefix, RFC 9780"),
        # With Teredo (RFC 4380), benchmarking (RFC 5180), ORCHID (RFC 4843, RFC 7343), drone ids
        # (RFC 9374), and anycast addresses and AS112 servers of the own network.
        ("2001::/23", "IETF protocol assignments, RFC 2928"),
        ("2001:db8::/32", "documentation, RFC 3849"),
        ("2002::/16", "6to4, RFC 3056"),
        ("3fff::/20", "documentation, RFC 9637"),
        ("5f00::/16", "segment routing, RFC 9602"),
        ("fc00::/7", "unique local, RFC 4193; metadata services of clouds"),
        ("fe80::/10", "link-local, RFC 4291"),
        # Not in the registry: all but 2000::/3, which alone is global unicast
        ("::/3", "IPv4-compatible, RFC 4291; IPv4-translated, RFC 2765; unassigned"),
        ("4000::/2", "unassigned, RFC 4291"),
        ("8000::/1", "multicast, RFC 4291; site-local, RFC 3879; unassigned"),
    )
}
"""Networks that are not globally reachable, and the reason."""


def is_public_address(address: IPAddress) -> bool:
    """Return true if `address` is a global unicast address of one host."""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return not any(
        address in network for network in SPECIAL_NETWORKS if network.version == address.version
    )
