"""Where a role's requests go, and what lets them in: decided once, shown before anything is sent."""

from __future__ import annotations

import ipaddress
import os
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from workbench.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.settings import Role

OFFICIAL: Mapping[str, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
}
"""The providers' own addresses. Source: the defaults of their SDKs."""

KEY_VARIABLE: Mapping[str, str] = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
"""Where the key of a provider's protocol comes from, and the only place."""

NO_KEY = "none"
"""What is sent where no key is: servers on this machine ignore it, and the SDKs want something."""

KeyState = Literal["present", "absent", "withheld"]


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where a role's requests go.

    Attributes:
        provider: The protocol.
        base_url: The address; environment variables never change it.
        official: Whether it is the provider's own.
        variable: The environment variable of the key.
        key: `present`; `absent`; or `withheld`, because the address is not encrypted and not on this machine.
        proxy: The proxy's address without its password; empty for none.
    """

    provider: str
    base_url: str
    official: bool
    variable: str
    key: KeyState
    proxy: str

    @property
    def host(self) -> str:
        """The one host that requests may go to, with its port where one is named."""
        return urlsplit(self.base_url).netloc

    @property
    def lacks_key(self) -> bool:
        """Whether nothing can be asked, for want of a key."""
        return self.official and self.key != "present"


def access(role: Role) -> Access:
    """Return where a role's requests go; nothing is sent.

    Raises:
        UsageError: The provider is none that is called, or the address cannot be read.
    """
    if role.provider not in OFFICIAL:
        raise UsageError(
            f"the provider {role.provider} is not called over a network; name anthropic or openai in [roles] of "
            "workbench.toml, or pass stored replies by `workbench generate --replies FILE`"
        )
    base_url = (role.base_url or OFFICIAL[role.provider]).rstrip("/")
    host = _host(base_url)
    if not host:
        raise UsageError(
            f"base_url {shown(base_url)} is no address; write it as https://host/path or http://localhost:11434"
        )
    clear = base_url.startswith("http://") and not _here(host)
    there = bool(os.environ.get(KEY_VARIABLE[role.provider], "").strip())
    return Access(
        provider=role.provider,
        base_url=base_url,
        official=base_url == OFFICIAL[role.provider],
        variable=KEY_VARIABLE[role.provider],
        key="withheld" if there and clear else "present" if there else "absent",
        proxy=_without_login(proxy(base_url)),
    )


def secret(found: Access) -> str:
    """Return the key to send: read when it is needed, and kept nowhere of ours.

    Raises:
        UsageError: The provider asks for one and there is none.
    """
    if found.lacks_key:
        raise UsageError(
            f"{found.host} asks for a key and {found.variable} is not set; set it in the environment, never in a file"
        )
    return os.environ[found.variable].strip() if found.key == "present" else NO_KEY


def proxy(base_url: str) -> str:
    """Return the proxy for an address, from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; empty for none."""
    parts = urlsplit(base_url)
    if urllib.request.proxy_bypass(parts.netloc):
        return ""
    found = urllib.request.getproxies()
    address = found.get(parts.scheme) or found.get("all") or ""
    return address if "://" in address or not address else f"http://{address}"


def _host(base_url: str) -> str:
    """Return the host of an http address; empty where it is none."""
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in {"http", "https"} and port != 0 else ""


def _without_login(address: str) -> str:
    if not address:
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
