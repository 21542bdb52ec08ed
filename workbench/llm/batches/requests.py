"""What a batch carries: the bodies of its requests, and not too many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Params = dict[str, Any]
"""The body of a single call."""

MOST_REQUESTS, MOST_BYTES = 100_000, 256_000_000
"""The largest batch. Source: platform.claude.com, batch processing (256 MB)."""

WRAPPED = 100
"""Bytes of a batch for each request beside its body: its name, and what stands around it."""


def parts(asked: Mapping[str, Params]) -> Iterator[dict[str, Params]]:
    """Yield requests, by their keys, in parts that are not too large for one batch.

    Example:
        >>> [len(part) for part in parts({str(n): {"max_tokens": 10} for n in range(150_000)})]
        [100000, 50000]
    """
    part: dict[str, Params] = {}
    held = 0
    for key, body in asked.items():
        size = len(json.dumps(body)) + WRAPPED
        if part and (len(part) == MOST_REQUESTS or held + size > MOST_BYTES):
            yield part
            part, held = {}, 0
        part[key] = body
        held += size
    if part:
        yield part
