"""Where a webhook may go: never to an address inside.

``ipaddress.is_global`` alone takes 64:ff9b::/96, 2002::/16, fec0::/10, ::127.0.0.1 and multicast
for global in Python 3.11, so what may be reached is named here, after the registries of IANA.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

LONGEST_URL = 500
Address = IPv4Address | IPv6Address
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBERS = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
#: Special purposes within what is not reserved anyway.
_NEVER = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # protocol assignments: Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: wraps any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
#: The only part of IPv6 that is given out; mapped, translated and local addresses lie outside.
_GLOBAL_V6 = ip_network("2000::/3")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL whose host was resolved once, to addresses that were checked."""

    url: str
    host: str
    port: int
    addresses: tuple[str, ...]


def check_url(url: str) -> SplitResult:
    """Refuse what can be refused without asking anybody: raises ``InvalidInput``."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused(_("A URL is ASCII text without spaces; names in other scripts as xn--…."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(_("This is no URL.")) from None
    schemes = ("https", "http") if settings.WEBHOOK_ALLOW_HTTP else ("https",)
    if parts.scheme not in schemes:
        raise _refused(_("Only https is allowed."))
    if "@" in parts.netloc or "\\" in url or parts.fragment:
        raise _refused(_("A URL has no user, no backslash and no fragment here."))
    if (port or _default_port(parts)) not in settings.WEBHOOK_PORTS:
        allowed = ", ".join(str(port) for port in settings.WEBHOOK_PORTS)
        raise _refused(_("Allowed ports: {ports}.").format(ports=allowed))
    _check_host(parts.hostname or "")
    return parts


def resolve(url: str) -> Target:
    """``url`` with the addresses to connect to. Raises ``InvalidInput`` for an address inside.

    The name is asked for once, and every answer must be allowed: one that is not tells of a
    name made to lead inside.
    """
    parts = check_url(url)
    host, port = parts.hostname or "", parts.port or _default_port(parts)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _refused(_("{host} has no address.").format(host=host), "host_unknown") from None
    addresses = tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for address in addresses:
        if not is_allowed(address):
            raise _refused(
                _("{host} has the address {address}, which may not be reached.").format(
                    host=host, address=address
                )
            )
    return Target(url, host, port, addresses)


def is_allowed(text: str) -> bool:
    """Whether the address ``text`` may be connected to."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inside = [ip_network(network) for network in settings.WEBHOOK_INTERNAL_NETWORKS]
    if any(address in network for network in inside):
        return True
    if isinstance(address, IPv6Address) and ("%" in text or address not in _GLOBAL_V6):
        return False
    return not any(address in network for network in _NEVER)


def _check_host(host: str) -> None:
    """A name, or an address in its usual form; 127.1, 0x7f.1, 017700000001 are neither."""
    if ":" in host:
        if not is_allowed(host):
            raise _refused(_("This address may not be reached."))
        return
    labels = host.removesuffix(".").split(".")
    if _NUMBERS.fullmatch(labels[-1]):
        try:
            is_usual = str(IPv4Address(host)) == host
        except ValueError:
            is_usual = False
        if not is_usual or not is_allowed(host):
            raise _refused(_("This address may not be reached."))
        return
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(_("This is no name of a host."))
    name = host.removesuffix(".")
    if (name == "localhost" or name.endswith((".localhost", ".local", ".internal"))) and not (
        settings.WEBHOOK_INTERNAL_NETWORKS
    ):
        raise _refused(_("This address may not be reached."))


def _default_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _refused(message: str, code: str = "url_not_allowed") -> InvalidInput:
    return InvalidInput(code, message, field="url")
