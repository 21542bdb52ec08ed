"""Cases without text, made for results whose texts are not to be had.

A stub enters results and swaps. Having no text it is never generated from, measured or reviewed,
and it has no content hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import UsageError, shown
from workbench.provenance import BUCKETS, UNKNOWN, tag_for

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


def stub_rows(ids: Sequence[str], bucket: str, *, demo: bool, at: dt.datetime) -> list[dict[str, Any]]:
    """Return rows of the table `cases` for ids without a text.

    Args:
        ids: Case ids.
        bucket: Their bucket; for a generated one the generator is unknown, which bars SHIP.
        demo: Whether the workspace is a demo.
        at: When.

    Raises:
        UsageError: There is no such bucket.
    """
    if bucket not in BUCKETS:
        raise UsageError(f"--stubs {shown(bucket)} is no bucket; buckets are {', '.join(BUCKETS)}")
    generated = bucket not in {"seed", "golden"}
    return [
        {
            "case_id": case,
            "turns": [],
            "bucket": bucket,
            "tag": tag_for(bucket, name="import-stub", demo=demo),
            "parent_ids": [],
            "root_id": case,
            "must_hold": False,
            "operators": [],
            "taxonomy": [],
            "hint_ids": [],
            "generator_family": UNKNOWN if generated else None,
            "split": "eval",
            "created_at": at,
            "extra": {"stub": True},
        }
        for case in ids
    ]
