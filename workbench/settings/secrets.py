"""What never stands in a settings file, and is never repeated from one: passwords and keys."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from workbench.redact import find

SECRET_NAME = re.compile(
    r"passw|passphrase|pwd|token|secret|credential|bearer|(?<!ssl)key|^(?:pass|pw|auth|sig|signature|sid|jwt|code)$",
    re.IGNORECASE,
)
"""Names whose value lets somebody in. libpq's `sslkey` and `passfile` are paths of files, and may stand."""

# SQLAlchemy, too, reads all between the first colon and an @ as a password, also / and ?.
_LOGIN = re.compile(r"(?:://[^/?#@]*:[^@]*|^[^/?#@\s]*:(?!//)[^@\s]*)@")


def is_secret(text: str) -> bool:
    """Say whether a text is an address with a password or key in it, or is a key itself.

    Example:
        >>> is_secret("postgresql://shop:hunter2@db/eval"), is_secret("postgresql://shop@db/eval?sslmode=require")
        (True, False)
        >>> is_secret("postgresql://shop@db/eval?password=hunter2"), is_secret("https://llm.example/v1?api_key=1")
        (True, True)
    """
    # A typed & or ; for the ? would make the password a part of the database's name.
    told = re.split(r"[?&;#]", text)[1:]
    named = (name for name, _ in parse_qsl("&".join(told)))
    return (
        _LOGIN.search(text) is not None
        or any(SECRET_NAME.search(name) for name in named)
        or any(span.kind == "KEY" for span in find(text))
    )
