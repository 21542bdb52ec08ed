"""Personal data and keys as customers paste them, and the search for them in bytes."""

from __future__ import annotations

import html
import json
import random
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_chance = random.Random(77)


def letters(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return signs as keys have them, with a digit among them."""
    return "".join(_chance.choices(alphabet, k=length - 1)) + "7"


SHAPES = {
    "email": "mara.lindqvist@post.example", "email with a plus": "kim+orders@shop.example.co.uk",
    "email in capitals": "PAT.SMITH@SHOP.EXAMPLE", "email of another script": "jürgen@bücher.example",
    "card in fours": "4539 1488 0343 6467", "card in one": "5500000000000004", "card with hyphens": "6011-0009-9013-9424",
    "card of 15": "3714 496353 98431", "card with hard spaces": "4111\u00a01111\u00a01111\u00a01111",
    "iban in fours": "GB82 WEST 1234 5698 7654 32", "iban in one": "DE89370400440532013000",
    "phone": "+44 20 7946 0958", "phone of the US": "(415) 555-2671", "social security": "078-05-1120",
    "ip": "203.0.113.77", "ip of six": "2001:db8::8a2e:370:7334",
    "anthropic key": f"sk-ant-api03-{letters(40)}", "openai key": f"sk-proj-{letters(40)}", "aws key": f"AKIA{letters(16, string.ascii_uppercase)}",
    "github token": f"ghp_{letters(36)}", "gitlab token": f"glpat-{letters(20)}", "slack token": f"xoxb-{letters(12, '123')}-{letters(24)}",
    "stripe key": f"sk_live_{letters(24)}", "google key": f"AIza{letters(35)}", "hugging face token": f"hf_{letters(34)}",
    "sendgrid key": f"SG.{letters(22)}.{letters(43)}", "npm token": f"npm_{letters(36)}", "web token": f"eyJ{letters(20)}.eyJ{letters(30)}.{letters(43)}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{letters(64)}\n-----END RSA PRIVATE KEY-----",
    "token in a link": f"https://shop.example/orders?id=7&token={letters(16)}", "one-time link": f"https://shop.example/reset/{letters(20)}",
    "login in a link": f"postgresql://shop:{letters(12)}@db.example/eval",
}  # fmt: skip
"""What customers paste, one text of each shape."""


def needles(secret: str) -> Iterator[bytes]:
    """Yield a secret as it may stand in bytes: as it is, in JSON, in HTML, in a link, and its digits alone."""
    told = {secret, secret.replace("\u00a0", " "), max(secret.split("\n"), key=len)}
    digits = "".join(sign for sign in secret if sign.isdigit())
    told |= {digits} if len(digits) > 12 and not any(sign.isalpha() for sign in secret) else set()
    for one in told:
        quoted = json.dumps(one)[1:-1]
        yield from {
            one.encode(),
            quoted.encode(),
            # As the charts of a page hold it, in which nothing may end the element around them.
            quoted.replace("&", "\\u0026").encode(),
            html.escape(one).encode(),
            quote(one).encode(),
        }


def found(secrets: Iterable[str], places: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return each secret that stands in a place, with the place."""
    return [
        (secret, place)
        for secret in secrets
        for place, held in places.items()
        if any(one in held for one in needles(secret))
    ]
