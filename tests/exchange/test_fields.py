"""One value of a file becomes one value of a case, or a reason why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.exchange import fields
from workbench.exchange.fields import FieldError
from workbench.exchange.values import Number
from workbench.provenance import ID_PATTERN


@given(st.from_regex(ID_PATTERN, fullmatch=True).filter(lambda text: text not in {".", ".."}))
def test_an_id_stays_the_id(text: str) -> None:
    if text[0] in "0123456789" and ("e+" in text.lower() or ("." in text and "e" in text.lower())):
        return
    assert fields.case_id(text) == (text, None)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300).filter(str.strip))
def test_any_other_id_becomes_one_and_the_same_one_every_time(text: str) -> None:
    try:
        found = fields.case_id(text)
    except FieldError:
        assert text.strip()[:2].strip("-0123456789") == "."  # a float with an exponent
        return
    assert found == fields.case_id(f" {text}\n")
    assert found.foreign in {None, text.strip()}
    assert 1 <= len(found.id) <= 64


@pytest.mark.parametrize("lost", [Number("42.0"), Number("1e5"), "1.2345678901234568e+16", "1.5E16"])
def test_an_id_that_went_through_a_float_is_refused(lost: str) -> None:
    with pytest.raises(FieldError, match="went through a floating-point number"):
        fields.case_id(lost)


@pytest.mark.parametrize(
    "kept", ["00042", "1e5", "42.0", "3.14", Number("42"), Number("12345678901234567890123")]
)
def test_an_id_that_only_looks_like_a_number_is_kept(kept: str) -> None:
    assert fields.case_id(kept).id == str(kept)


@pytest.mark.parametrize(
    "value", ["r17,r18", "r17; r18", "r17 r18", '["r17", "r18"]', ["r17", "r18"], "r17|r18"]
)
def test_parents_are_listed_in_many_ways(value: Any) -> None:
    assert fields.ids(value) == ["r17", "r18"]


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", True, Number("1")])
def test_true_is_written_in_many_ways(value: Any) -> None:
    assert fields.flag(value) is True


@pytest.mark.parametrize("value", ["false", "0", "No", "", None, False])
def test_false_is_written_in_many_ways_and_blank_is_false(value: Any) -> None:
    assert fields.flag(value) is False


def test_a_context_keeps_its_structure_and_its_exact_numbers() -> None:
    assert fields.document('{"total": 39.90, "id": 12345678901234567890}') == {
        "total": "39.90",
        "id": "12345678901234567890",
    }
    assert fields.document({"days": Number("3"), "open": False}) == {"days": 3, "open": False}
    assert fields.document("Delivered 12 days ago.") == {"facts": "Delivered 12 days ago."}
    assert fields.document("  ") is None


def test_operators_are_a_list_however_they_are_written() -> None:
    assert fields.items("typo") == ["typo"]
    assert fields.items('[{"name": "typo", "span": [0, 4]}]') == [{"name": "typo", "span": [0, 4]}]
    assert fields.items("") == []


def test_a_family_is_lower_case() -> None:
    assert fields.lineage("OpenAI/GPT-OSS") == "openai/gpt-oss"


@pytest.mark.parametrize("value", ["free", "-1", "nan", "inf"])
def test_a_cost_is_a_number_from_nothing(value: str) -> None:
    with pytest.raises(FieldError, match=r"which is no number from 0; write a number such as 0\.05$"):
        fields.number(value)
