"""The record of an operator: what it leads to, how much differs, and what is a fault."""

from __future__ import annotations

import pytest

from workbench.generate.operators.changes import Change, Fact, applied, fault, restated


def user(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "text": text} for text in texts]


def said(turns: list[dict[str, str]]) -> list[str]:
    return [turn["text"] for turn in turns]


def test_turns_are_cut_joined_and_changed_at_once() -> None:
    turns = [*user("hi, no parcel. WHERE"), *user("is it?"), {"role": "assistant", "text": "Hello!"}]
    spans = [
        Change(0, 2, 4, ", ", "", "cut"),
        Change(0, 15, 20, "WHERE", "where"),
        Change(0, 20, 20, "", " ", "join"),
        Change(1, 5, 6, "?", "", "text"),
    ]

    assert said(applied(turns, spans)) == ["hi", "no parcel. where is it", "Hello!"]
    assert [turn["role"] for turn in applied(turns, spans)] == ["user", "user", "assistant"]
    assert said(turns) == ["hi, no parcel. WHERE", "is it?", "Hello!"]


@pytest.mark.parametrize(
    "spans",
    [
        [Change(0, 0, 5, "hello", "hi")],
        [Change(1, 0, 2, "hi", "hey")],
        [Change(0, 0, 2, "hi", ""), Change(0, 1, 2, "i", "")],
        [Change(0, 2, 2, "", " ", "join")],
    ],
    ids=["other words", "no such turn", "an overlap", "nothing to join"],
)
def test_a_record_of_another_conversation_is_refused(spans: list[Change]) -> None:
    with pytest.raises(ValueError, match="the changes"):
        applied(user("hi"), spans)


def test_facts_change_where_their_path_leads_and_the_context_stays_as_it_was() -> None:
    context = {"facts": {"orders": [{"id": "K-1"}, {"id": "K-2"}]}}
    fact = Fact(("facts", "orders", 1, "id"), "K-2", "K-3")

    assert restated(context, [fact]) == {"facts": {"orders": [{"id": "K-1"}, {"id": "K-3"}]}}
    assert context["facts"]["orders"][1] == {"id": "K-2"}
    for other in (fact._replace(before="K-9"), fact._replace(path=("facts", "orders", 5, "id"))):
        with pytest.raises(ValueError, match="not a fact of this context"):
            restated(context, [other])


@pytest.mark.parametrize(
    ("before", "after", "extent"),
    [
        ("where is it", "WHERE IS IT", 0),
        ("It leaks. I want it.", "I want it. It leaks.", 0),
        (". It", ", it", 0),
        ("parcel", "pracel", 2),
        ("", "by the way: ", 12),
        ("was never ", "was ", 6),
    ],
)
def test_what_only_moved_or_changed_its_case_is_no_difference(before: str, after: str, extent: int) -> None:
    assert Change(0, 0, len(before), before, after).extent == extent


def test_a_value_may_change_on_purpose_and_no_other_with_it() -> None:
    before = user("order 4481, paid $64.90")
    meant = Change(0, 6, 10, "4481", "5512", "value")
    slip = Change(0, 18, 23, "64.90", "64.09")

    assert fault(before, applied(before, [meant]), [meant]) == ""
    assert fault(before, applied(before, [meant._replace(kind="text")]), [meant._replace(kind="text")])
    assert "damage" in fault(before, applied(before, [meant, slip]), [meant, slip])


def test_a_cut_or_join_is_a_fault_where_it_makes_or_parts_a_number() -> None:
    one, two = user("it is 555 0117 now"), user("it is 555", "0117 now")
    cut, join = Change(0, 9, 10, " ", "", "cut"), Change(0, 9, 9, "", " ", "join")

    assert "damage" in fault(one, applied(one, [cut]), [cut])
    assert "damage" in fault(two, applied(two, [join]), [join])
    assert "nothing would be left of turn 2" in fault(user("hm ?"), user("hm", "?"))
