"""Numbers, ids, amounts, dates, emails, links and placeholders are found, with what is written together with them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.generate.operators.protected import SPELT, hidden, is_damaged, protected
from workbench.redact import find
from workbench.text import masked


def kept(text: str) -> list[str]:
    return [span.text for span in protected(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is K-20817? i paid $64.90!!", ["K-20817", "$64.90"]),
        ("factory reset x3, no change, 110v not 220v", ["x3", "110v", "220v"]),
        ("mail kim@shop.example, or see https://shop.example/o?x=1.", ["kim@shop.example", "https://shop.example/o?x=1."]),
        ("May 3rd, 2026 or 12 March", ["May 3rd, 2026", "12 March"]),
        ("two weeks and nineteen dollars", ["two weeks", "nineteen dollars"]),
        ("iban GB82 WEST 1234 5698 7654 32 ok", ["GB82 WEST 1234 5698 7654 32"]),
        ("I am <NAME_1>, order {{Order Number}} and [tool call]", ["<NAME_1>", "{{Order Number}}", "[tool call]"]),
        ("[Order ID] of [user's e-mail], <first name>", ["[Order ID]", "[user's e-mail], <first name>"]),
        ("my code WINTERSALE does nothing", ["WINTERSALE"]),
        ("parcel RR 123 456 785 GB is lost", ["RR 123 456 785 GB"]),
        ("code WINTER 4481, thanks", ["WINTER 4481"]),
        ("the fare was 40 CAD or CHF 35", ["40 CAD", "CHF 35"]),
        ("Bearer abcdefghijklmnopqrstuvwxyz is my token", ["abcdefghijklmnopqrstuvwxyz"]),
        ("4481 / 4482, then 4483", ["4481 / 4482", "4483"]),
        ("status in_transit, column Order_ID", ["in_transit", "Order_ID"]),
        ("_really_ __bad__ where is it????", []),
    ],
)  # fmt: skip
def test_what_must_stay_is_found(text: str, found: list[str]) -> None:
    assert kept(text) == found


def test_a_shouted_sentence_holds_no_code() -> None:
    assert kept("MY VOUCHER DOES NOT WORK") == []


def test_spans_lie_where_they_say_in_order_and_apart() -> None:
    text = "order 4481 of 3/5/2026, $12 paid, mail kim@shop.example in two weeks"
    found = protected(text)

    assert all(text[span.start : span.end] == span.text for span in found)
    assert all(one.end < other.start for one, other in pairwise(found))


@given(st.text(alphabet="ab1K$€.,-/:@#% \n(", max_size=60))
def test_nothing_that_a_masked_text_masks_is_left_unprotected(text: str) -> None:
    assert "<" not in masked(hidden(text).replace("0", "a"))
    assert len(hidden(text)) == len(text)


PIECES = (
    "where", "(two", "weeks)", "MONDAY!", "twofold", "may_be", "half2", "größe", "one-third", "k-20817", "4481", "$64.90",
    "a@b.example", "shop.example/a", "e.g.", "ok...no", ":", "://x", "½", "२", "xoxb-abcdefghij", "(xapp-abcdefghijk)", "AKIAABCDEFGHIJKLMNOP",
    "Bearer", "abcdefghijklmnopqrst", "daughter-in-law", "GB82", "WEST", "1234", "5698", "7654", "32", "-----BEGIN PRIVATE KEY-----",
    "RR", "ABC-DEF", "C", "PO", "-----END PRIVATE KEY-----", "sk_live_abcdefghijklmnop", "\u2028", "don't", "code", "SALE", "\ud83d",
)  # fmt: skip
"""Whatever a search is skipped for, with what looks like it."""


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from([" ", "", "\n"]))
def test_no_search_is_skipped_where_it_would_find_something(pieces: list[str], gap: str) -> None:
    text = gap.join(pieces)
    spelt = [match for match in re.finditer("[A-Za-z]{3,}", text) if match[0].lower() in SPELT]
    parts = [match for match in re.finditer(r"\S+", text) if re.search(r"[\d@½]|://|\w\.\w\w", match[0])]
    places = [(span.start, span.end) for span in find(text)]
    places += [(match.start(), match.end()) for match in spelt]
    places += [(match.start(), match.start() + len(match[0].rstrip(".,;:!?…"))) for match in parts]

    assert [text[start:end] for start, end in places if set(hidden(text)[start:end]) != {"0"}] == []


@pytest.mark.parametrize(
    "text",
    [
        "call me on +44 (0)20 7946 0958", "my card 4111 1111 1111 1111", "postgres://kim:secret@db/x",
        "sk_live_abcdefghijklmnopqrst", "xoxb-abcdefghij", "-----BEGIN PRIVATE KEY-----abc def-----END PRIVATE KEY-----",
        "fe80::1ff:fe23:4567:890a", "ssn 078-05-1120", "DE89 3704 0044 0532 0130 00",
    ],
)  # fmt: skip
def test_personal_data_is_protected_whole(text: str) -> None:
    found = find(text)

    assert found
    assert all(set(hidden(text)[span.start : span.end]) == {"0"} for span in found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("order 4481", "order 4418"),
        ("paid $64.90", "paid 64.90"),
        ("mail kim@shop.example", "mail KIM@shop.example"),
        ("see www.shop.example/a", "see www.shop.example/a!!"),
        ("in two weeks", "in tow weeks"),
        ("then it broke", "ten it broke"),
        ("4481 - 4482", "4481 4482"),
        ("code WINTERSALE", "code wintersale"),
        ("parcel RR 123 GB", "parcel rr 123 gb"),
        ("parcel RR 123 GB", "parcel RR 123 gb"),
        ("key ABC-DEF", "key abc-def"),
        ("it took 5 days", "it took"),
    ],
)
def test_damage_is_seen(before: str, after: str) -> None:
    assert is_damaged(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I paid $64.90 on Monday", "ON MONDAY I PAID $64.90"),
        ("order 4481.", "order 4481????"),
        ("Hello, where is K-1?", "where is K-1"),
        ("my fork 123 broke", "MY FORK 123 BROKE"),
        ("Code WINTER 44", "CODE WINTER 44"),
        ("RR 123 GB is lost", "LOST: RR 123 GB"),
    ],
)
def test_what_moves_or_is_recased_is_not_damaged(before: str, after: str) -> None:
    assert not is_damaged(before, after)
