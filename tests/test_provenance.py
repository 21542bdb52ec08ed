"""Where a case comes from: hashes, ids, tags, roots and families."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.provenance import (
    BUCKETS,
    FAMILY_PATTERN,
    FIRST_SHA256,
    GROUP_OF_BUCKET,
    GROUPS,
    ID_PATTERN,
    TAG_PATTERN,
    Family,
    canonical,
    chained,
    clash,
    content_sha256,
    family,
    roots,
    sha256,
    slug,
    slug_words,
    tag_for,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "text": TEXT}),
    min_size=1,
    max_size=4,
)

ASKING = [{"role": "user", "text": "where is it????"}]


# --- hashes


def test_the_canonical_text_is_sorted_dense_and_keeps_every_character() -> None:
    assert (
        canonical({"b": [1, 2.5, None, True], "a": "où 😡 \u202e"})
        == '{"a":"où 😡 \u202e","b":[1,2.5,null,true]}'
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


@given(JSON)
def test_canonical_text_reads_back_as_the_same_value(value: object) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(TURNS, JSON)
def test_a_content_hash_depends_on_content_and_not_on_the_order_of_names(
    turns: list[dict[str, str]], context: object
) -> None:
    swapped = [dict(reversed(turn.items())) for turn in turns]
    assert content_sha256(swapped, context) == content_sha256(turns, context)
    by_hand = f'{{"context":{canonical(context)},"turns":{canonical(turns)}}}'
    assert content_sha256(turns, context) == hashlib.sha256(by_hand.encode()).hexdigest()


@given(TURNS, TURNS)
def test_two_conversations_share_a_hash_only_if_they_are_equal(
    one: list[dict[str, str]], other: list[dict[str, str]]
) -> None:
    assert (content_sha256(one) == content_sha256(other)) == (one == other)


def test_one_character_role_or_fact_changes_the_hash() -> None:
    variants = [
        content_sha256(ASKING),
        content_sha256([{"role": "user", "text": "where is it???"}]),
        content_sha256([{"role": "assistant", "text": "where is it????"}]),
        content_sha256(ASKING, {"facts": {}}),
        content_sha256([*ASKING, *ASKING]),
        content_sha256([{"role": "user", "text": "where is it???\u200b?"}]),
    ]
    assert len(set(variants)) == len(variants)
    assert content_sha256([]) is None


def test_a_chain_of_events_shows_every_change() -> None:
    events = [
        {"event": "keep", "case_id": f"m{n}", "at": dt.datetime(2026, 3, 1, n, tzinfo=dt.UTC), "note": None}
        for n in range(6)
    ]

    def head(rows: list[dict[str, object]]) -> str:
        digest = FIRST_SHA256
        for row in rows:
            digest = chained(digest, row)
        return digest

    intact = head(events)
    stored = [{**event, "previous_sha256": "x", "event_sha256": "y"} for event in events]
    in_berlin = [
        {**event, "at": event["at"].astimezone(dt.timezone(dt.timedelta(hours=1)))} for event in events
    ]
    assert head(stored) == head(in_berlin) == intact
    tampered = [events[:-1], events[1:], events[::-1], [*events[:2], *events[3:]], [*events, events[0]]]
    tampered += [[*events[:n], {**events[n], "event": "reject"}, *events[n + 1 :]] for n in range(6)]
    tampered += [[*events[:2], events[3], events[2], *events[4:]], [{**events[0], "note": ""}, *events[1:]]]
    heads = {head(rows) for rows in tampered}
    assert intact not in heads
    assert len(heads) == len(tampered)


# --- ids


@pytest.mark.parametrize("text", ["r17", "demo-0001", "00042", "1e5", "A.b_c-d", "x" * 64])
def test_an_id_stays_as_it_is(text: str) -> None:
    assert slug(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a b",
        "../../etc/passwd",
        "x" * 65,
        "où",
        "モデル",
        "gpt-oss:120b",
        "\ud83d",
        "a/b",
        "CON\0",
    ],
)
def test_a_foreign_id_becomes_a_readable_one_that_is_safe_as_a_folder(text: str) -> None:
    made = slug(text)
    assert re.fullmatch(ID_PATTERN, made)
    assert made not in {".", ".."}
    assert re.search(r"-[0-9a-f]{8}$", made)
    assert slug(made) == made


@given(st.text(max_size=100), st.text(max_size=100))
def test_two_foreign_ids_never_become_one(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)
    assert re.fullmatch(ID_PATTERN, slug(one))
    assert len(slug(one, length=24)) <= 24


# --- tags


@given(st.sampled_from(BUCKETS), st.text(max_size=30), st.booleans())
def test_a_tag_of_any_bucket_and_name_is_one_that_a_table_takes(bucket: str, name: str, demo: bool) -> None:
    tag = tag_for(bucket, name=name, demo=demo)
    assert re.fullmatch(TAG_PATTERN, tag)
    assert tag.startswith("demo-") == demo


@pytest.mark.parametrize(
    ("bucket", "name", "tag"),
    [
        ("seed", "", "prod"),
        ("golden", "", "golden"),
        ("prompted", "import-unknown", "synth-import-unknown"),
        ("persona", "angry_escalator/outside_window", "synth-angry_escalator-outside_window"),
        ("mutation", "typo+lowercase", "mut-typo+lowercase"),
        ("redteam", "false_premise", "red-false_premise"),
        ("redteam", "???", "red-unnamed"),
    ],
)
def test_a_tag_says_where_a_case_comes_from(bucket: str, name: str, tag: str) -> None:
    assert tag_for(bucket, name=name) == tag
    assert tag_for(bucket, name=name, demo=True) == f"demo-{tag}"


def test_words_for_tags_keep_what_tags_can_hold() -> None:
    assert slug_words("angry escalator / outside window!") == "angry-escalator-outside-window"


def test_every_bucket_belongs_to_one_group() -> None:
    assert tuple(GROUP_OF_BUCKET) == BUCKETS
    assert set(GROUP_OF_BUCKET.values()) == set(GROUPS)
    assert {b for b, group in GROUP_OF_BUCKET.items() if group == "synthetic"} == {
        "prompted",
        "persona",
        "mutation",
    }


# --- roots


def test_cases_connected_in_either_direction_are_one_root() -> None:
    found = roots({"s1": [], "s2": [], "m1": ["s1"], "m2": ["s1"], "both": ["m2", "s2"], "alone": []})
    assert found == {"s1": "both", "s2": "both", "m1": "both", "m2": "both", "both": "both", "alone": "alone"}


def test_a_parent_that_is_not_in_the_table_connects_its_children() -> None:
    assert roots({"m1": ["lost"], "m2": ["lost"]}) == {"m1": "lost", "m2": "lost", "lost": "lost"}
    assert roots({}) == {}
    assert roots({"a": ["a"]}) == {"a": "a"}


IDS = st.sampled_from([f"c{n}" for n in range(12)])


@given(st.dictionaries(IDS, st.lists(IDS, max_size=3), max_size=12))
def test_roots_are_the_components_of_the_family_graph(parents: dict[str, list[str]]) -> None:
    """Against a search by hand: whoever can be reached over parents and children is one root."""
    edges = {frozenset((child, parent)) for child, ids in parents.items() for parent in ids}
    cases = set(parents) | {parent for ids in parents.values() for parent in ids}
    found = roots(parents)
    assert found.keys() == cases
    for case in cases:
        reached, new = {case}, {case}
        while new:
            new = {other for edge in edges if edge & new for other in edge} - reached
            reached |= new
        assert found[case] == min(reached)


def test_a_chain_of_ten_thousand_mutants_is_one_root() -> None:
    parents = {f"m{n:05d}": [f"m{n - 1:05d}"] for n in range(1, 10_000)}
    assert set(roots(parents).values()) == {"m00000"}
    assert set(roots(dict(reversed(parents.items()))).values()) == {"m00000"}


# --- families


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("anthropic/opus", Family("anthropic", "opus")),
        (" OpenAI/GPT-OSS ", Family("openai", "gpt-oss")),
        ("unknown", Family("unknown", "")),
        ("Human", Family("human", "")),
        ("programmatic", Family("programmatic", "")),
        ("demo", Family("demo", "")),
    ],
)
def test_a_family_is_a_vendor_and_a_line(text: str, read: Family) -> None:
    assert family(text) == read
    assert re.fullmatch(FAMILY_PATTERN, str(family(text)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "opus",
        "anthropic/",
        "/opus",
        "anthropic/opus/4",
        "anthropic opus",
        "anthropic/claude opus",
        "unknown/opus",
        "human/opus",
        "Demo/x",
        "é/x",
    ],
)
def test_anything_else_is_no_family(text: str) -> None:
    with pytest.raises(
        UsageError,
        match=r"is not vendor/line \(such as anthropic/opus\), unknown, human, programmatic or demo$",
    ):
        family(text)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("anthropic/opus", "anthropic/opus", "line"),
        ("Anthropic/Opus", "anthropic/opus", "line"),
        ("anthropic/opus", "anthropic/sonnet", "vendor"),
        ("anthropic/opus", "openai/opus", None),
        ("unknown", "unknown", None),
        ("unknown", "anthropic/opus", None),
        ("human", "human", None),
        ("programmatic", "programmatic", None),
        ("demo", "demo", None),
        ("demo", "anthropic/opus", None),
    ],
)
def test_families_clash_by_line_and_less_by_vendor(one: str, other: str, found: str | None) -> None:
    assert clash(one, other) == found
    assert clash(other, one) == found


def test_a_hash_is_of_the_canonical_text() -> None:
    assert sha256({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
