"""Where a case comes from: buckets, groups, tags, roots, hashes and families."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BUCKETS = ("seed", "golden", "prompted", "persona", "mutation", "redteam")
GROUPS = ("real", "synthetic", "golden", "redteam")
GROUP_OF_BUCKET: Mapping[str, str] = {
    "seed": "real",
    "golden": "golden",
    "prompted": "synthetic",
    "persona": "synthetic",
    "mutation": "synthetic",
    "redteam": "redteam",
}
"""Verdicts compare groups; reports also show buckets."""

ID_PATTERN = r"[A-Za-z0-9._-]{1,64}"
SHA256_PATTERN = r"[0-9a-f]{64}"
TAG_PATTERN = r"(demo-)?(prod|golden|synth-[\w.+-]+|mut-[\w.+-]+|red-[\w.+-]+)"
# A line under a reserved word, such as unknown/x, would pass for a lineage and clash with nothing.
FAMILY_PATTERN = (
    r"unknown|human|programmatic|demo|(?!(?:unknown|human|programmatic|demo)/)[a-z0-9._-]+/[a-z0-9._-]+"
)

UNRELATED = frozenset({"human", "programmatic", "demo"})
"""Families that never clash: no model lineage stands behind them."""

UNKNOWN = "unknown"

Clash = Literal["line", "vendor"]


def canonical(value: object) -> str:
    """Return a value as the one JSON text that hashes are taken of: sorted keys, no spaces, no NaN.

    Example:
        >>> canonical({"b": 1, "a": "où"})
        '{"a":"où","b":1}'
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256(value: object) -> str:
    """Return the sha256 of a value's canonical JSON (64 hexadecimal digits)."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()


BETWEEN = "/"
"""What stands between the levels of a cell."""

ADDED = frozenset({"realistic", "check_sha256", "malformed", "inclusion"})
"""Columns that rows did not have at first: where they are missing, hashes are taken as before."""

FIRST_SHA256 = "0" * 64
"""What the first event of a chain has for the hash of the event before it."""


def chained(previous: str, event: Mapping[str, object]) -> str:
    """Return the hash of an event and, through it, of all events before it.

    A changed, deleted or reordered event breaks the chain at that place. The chain shows
    tampering, it does not prevent it; the newest hash belongs into every report.

    Args:
        previous: The hash of the event before, or `FIRST_SHA256`.
        event: Its columns; times in any zone, missing values as None. Hashes of the chain among
            them are left out.

    Example:
        >>> first = chained(FIRST_SHA256, {"event": "keep", "case_id": "m1"})
        >>> forged = chained(FIRST_SHA256, {"event": "reject", "case_id": "m1"})
        >>> later = {"event": "undo", "case_id": "m1"}
        >>> chained(first, later) == chained(forged, later)
        False
    """
    told = {
        name: _told(value)
        for name, value in event.items()
        if name not in {"previous_sha256", "event_sha256"} and not (name in ADDED and value is None)
    }
    return sha256({"previous_sha256": previous, "event": told})


def _told(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


def content_sha256(turns: list[dict[str, str]], context: object = None) -> str | None:
    """Return the hash of what a model is shown: turns and context; none for a stub without turns.

    Example:
        >>> content_sha256([{"role": "user", "text": "where is it????"}])[:8]
        'e1f429e4'
        >>> content_sha256([]) is None
        True
    """
    return sha256({"turns": turns, "context": context}) if turns else None


def slug(text: str, *, length: int = 64) -> str:
    """Return a text as an id or folder name: a readable part and a short hash of the whole.

    A text that is an id already stays as it is.

    Example:
        >>> slug("demo-0001")
        'demo-0001'
        >>> slug("gpt-oss:120b @ build 5")
        'gpt-oss-120b-build-5-4d76a286'
    """
    if re.fullmatch(ID_PATTERN, text) and len(text) <= length and text not in {".", ".."}:
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-.")[: length - 9].rstrip("-.")
    return f"{readable or 'x'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def tag_for(bucket: str, *, name: str = "", demo: bool = False) -> str:
    """Return the readable provenance tag of a case.

    Args:
        bucket: One of `BUCKETS`.
        name: What comes after the prefix: a cell, the operators, an attack, or an import.
        demo: Whether the case was invented for a demo.

    Example:
        >>> tag_for("seed"), tag_for("persona", name="angry_escalator-outside_window")
        ('prod', 'synth-angry_escalator-outside_window')
        >>> tag_for("mutation", name="typo+lowercase", demo=True)
        'demo-mut-typo+lowercase'
    """
    plain = {"seed": "prod", "golden": "golden"}
    prefix = {"prompted": "synth-", "persona": "synth-", "mutation": "mut-", "redteam": "red-"}
    tag = plain.get(bucket) or f"{prefix[bucket]}{slug_words(name) or 'unnamed'}"
    return f"demo-{tag}" if demo else tag


def slug_words(text: str) -> str:
    """Return a text with everything that a tag cannot hold turned into hyphens."""
    return re.sub(r"[^\w.+-]+", "-", text, flags=re.ASCII).strip("-")


def roots(parents: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return each case's root: the smallest id among all cases connected through parents.

    Cases are connected in either direction, so two mutants of one seed, the seed, and a merge
    of that seed with another are all one root. Statistics cluster by root.

    Args:
        parents: For each case id, the ids of its parents; parents may be absent as keys.

    Returns:
        For each case id and each parent id, the root's id.

    Example:
        >>> roots({"s1": [], "s2": [], "m1": ["s1"], "m2": ["s1"], "x": ["s2", "m1"]})["m2"]
        'm1'
    """
    leader: dict[str, str] = {}

    def find(case: str) -> str:
        leader.setdefault(case, case)
        top = case
        while leader[top] != top:
            top = leader[top]
        while leader[case] != top:
            leader[case], case = top, leader[case]
        return top

    for case, ids in parents.items():
        find(case)
        for parent in ids:
            # The smaller id leads, so a component is named by its smallest member.
            low, high = sorted((find(case), find(parent)))
            leader[high] = low
    return {case: find(case) for case in leader}


def ancestors(case_id: str, parents: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the parents of a case, their parents, and so on.

    Example:
        >>> sorted(ancestors("m2", {"m2": ["m1"], "m1": ["s1"], "m3": ["s1"]}))
        ['m1', 's1']
    """
    found: set[str] = set()
    waiting = [*parents.get(case_id, ())]
    while waiting:
        above = waiting.pop()
        if above not in found:
            found.add(above)
            waiting += parents.get(above, ())
    return found


class Family(NamedTuple):
    """A model's lineage in two levels; `line` is empty for unknown, human, programmatic, demo."""

    vendor: str
    line: str

    def __str__(self) -> str:
        return f"{self.vendor}/{self.line}" if self.line else self.vendor


def family(text: str) -> Family:
    """Read a family as it is declared: `vendor/line`, `unknown`, `human`, `programmatic`, `demo`.

    Raises:
        UsageError: The text is none of these.

    Example:
        >>> family("Anthropic/Opus")
        Family(vendor='anthropic', line='opus')
        >>> str(family("unknown"))
        'unknown'
    """
    lower = text.strip().lower()
    if not re.fullmatch(FAMILY_PATTERN, lower):
        raise UsageError(
            f"family {shown(text)} is not vendor/line (such as anthropic/opus), unknown, human, programmatic or demo"
        )
    vendor, _, line = lower.partition("/")
    return Family(vendor, line)


def clash(one: str, other: str) -> Clash | None:
    """Say whether two families share a line (refused) or only a vendor (amber), or neither.

    Human, programmatic and demo never clash; unknown equals nothing, not even itself.

    Example:
        >>> clash("anthropic/opus", "anthropic/opus"), clash("anthropic/opus", "anthropic/sonnet")
        ('line', 'vendor')
        >>> clash("unknown", "unknown") is None, clash("human", "human") is None
        (True, True)
    """
    first, second = family(one), family(other)
    if {first.vendor, second.vendor} & (UNRELATED | {UNKNOWN}) or first.vendor != second.vendor:
        return None
    return "line" if first.line == second.line else "vendor"
