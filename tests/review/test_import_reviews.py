"""Decisions that were made elsewhere come in by a file."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from workbench.errors import QuarantineError, UsageError
from workbench.generate import import_cases
from workbench.review import import_reviews, survival, verify
from workbench.tables import RUNS

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.workspace import Workspace

ON = {"reviewer": "Support lead", "reviewed_on": "2026-03-04"}


def written(tmp_path: Path, *lines: str, name: str = "decisions.csv") -> Path:
    file = tmp_path / name
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return file


def test_a_spreadsheet_of_decisions_comes_in(shop: Workspace, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "ID,Decision,Why,Label,Fits,Comment",
        "p1,Keep,,REFUND,yes,",
        'p2,reject,caricature; too_easy,,no,"loud, and louder"',
        'm1,revise,"[""too_easy""]",,,',
    )
    columns = [
        "case_id=ID",
        "verdict=Decision",
        "reasons=Why",
        "expected=Label",
        "fits_cell=Fits",
        "note=Comment",
    ]
    done = import_reviews(shop, file, columns=columns, **ON)
    events = shop.reviews

    assert str(done).splitlines()[:3] == [
        "3 decisions recorded: 1 keep, 1 reject, 1 revise",
        "labels: 1 human",
        "note: joined by id only, without a content_sha256: 3 of 3",
    ]
    assert events["event"].tolist() == ["imported"] * 3
    assert events["verdict"].tolist() == ["keep", "reject", "revise"]
    assert events["reasons"].tolist() == [[], ["caricature", "too_easy"], ["too_easy"]]
    assert events["fits_cell"].tolist()[:2] == [True, False]
    assert pd.isna(events["fits_cell"][2])
    assert events["note"].tolist()[1] == "loud, and louder"
    assert events["visible_ms"].isna().all()
    assert events["position"].isna().all()
    assert events["session_id"].str.fullmatch(r"reviews-[0-9a-f]{8}").all()
    assert set(events["at"]) == {dt.datetime(2026, 3, 4, tzinfo=dt.UTC)}
    assert shop.labels.set_index("case_id").loc["p1", "expected"] == "refund"
    assert verify(events) == ""


def test_a_file_can_be_imported_again(shop: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "case_id,verdict,reasons,revised", "p1,keep,,", "p2,revise,too_easy,where is it")
    import_reviews(shop, file, **ON)
    before = shop.reviews
    again = import_reviews(shop, file, **ON)

    assert (again.known, again.revisions) == (2, ())
    pd.testing.assert_frame_equal(shop.reviews, before)


def test_the_file_may_say_who_and_when_and_what_was_judged(shop: Workspace, tmp_path: Path) -> None:
    rows = [
        {"case_id": "p1", "verdict": "keep", "reviewer": "Kim", "at": "2026-03-04T10:00:00+01:00",
         "content_sha256": shop.case("p1").row["content_sha256"]},
        {"case_id": "p1", "verdict": "skip", "reviewer": "Lee", "at": "2026-03-04 11:00"},
    ]  # fmt: skip
    file = written(tmp_path, *(json.dumps(row) for row in rows), name="decisions.jsonl")
    done = import_reviews(shop, file, tz="Europe/Lisbon")

    assert shop.reviews["reviewer"].tolist() == ["Kim", "Lee"]
    assert shop.reviews["at"].dt.strftime("%H:%M").tolist() == ["09:00", "11:00"]
    assert shop.reviews["content_sha256"].notna().tolist() == [True, False]
    assert done.notes[0] == "joined by id only, without a content_sha256: 1 of 2"


def test_survival_counts_a_review_that_came_in_two_files(shop: Workspace, tmp_path: Path) -> None:
    """First what was lost, then what was kept; in a file by itself neither is a survivor."""
    rejects = written(tmp_path, "case_id,verdict,reasons", "p1,reject,too_easy", name="rejects.csv")
    import_reviews(shop, rejects, **ON)
    import_reviews(shop, written(tmp_path, "case_id,verdict", "p2,keep", "m1,keep", name="keeps.csv"), **ON)
    found = survival(shop.cases, shop.reviews).total.iloc[0]

    assert (found["kept"], found["reviewed"], found["survivors"]) == (2, 3, 0)


def test_cases_that_came_in_as_kept_elsewhere_are_survivors_and_not_reviewed(
    shop: Workspace, tmp_path: Path
) -> None:
    rows = [{"case_id": f"k{n}", "text": f"parcel {n} still shows label created"} for n in range(2)]
    file = written(tmp_path, json.dumps(rows), name="kept.json")
    import_cases(
        shop, file, bucket="prompted", generator="openai/gpt", reviewed_by="Kim", reviewed_on="2026-03-04"
    )
    found = survival(shop.cases, shop.reviews).total.iloc[0]

    assert (found["kept"], found["reviewed"], found["survivors"]) == (0, 0, 2)


def test_an_edited_conversation_comes_as_turns_or_as_a_text(shop: Workspace, tmp_path: Path) -> None:
    turns = [{"role": "user", "text": "where is parcel K-20817"}]
    rows = [
        {"case_id": "p1", "verdict": "revise", "reasons": ["too_easy"], "revised": turns},
        {"case_id": "p2", "verdict": "revise", "reasons": "too_easy", "revised": "the slip says K-20817"},
    ]
    file = written(tmp_path, json.dumps(rows), name="decisions.json")
    one, two = import_reviews(shop, file, **ON).revisions

    assert shop.case(one).turns == turns
    assert shop.case(two).turns[-1]["text"] == "the slip says K-20817"
    assert len(shop.case(two).turns) == 3


@pytest.mark.parametrize("empty", ["[]", " [ ] ", "{}", []])
def test_an_edit_without_turns_is_refused(empty: Any, shop: Workspace, tmp_path: Path) -> None:
    """A tool writes it where nobody edited; as a message it would replace the customer's."""
    row = {"case_id": "p1", "verdict": "revise", "reasons": ["too_easy"], "revised": empty}
    file = written(tmp_path, json.dumps([row]), name="decisions.json")
    with pytest.raises(QuarantineError, match="case p1 has an edited text that cannot be taken: it has no"):
        import_reviews(shop, file, **ON)

    assert shop.reviews.empty


@pytest.fixture
def run_of_p1(shop: Workspace) -> Workspace:
    """The shop, in which a run made p1 at 09:30 of 2026-03-01; p2 came in then."""
    model = {"generator_provider": "replay", "generator_model": "composed", "generator_family": "demo"}
    made = {"run_id": "a" * 64, "seed": 1, "slots": [{"case_id": None}, {"case_id": "p1"}], "prompts": {}}
    at = shop.case("p1").row["created_at"]
    shop.store.append(RUNS, [made | model | {"low_usd": 0.0, "high_usd": 0.0, "created_at": at}])
    return shop


@pytest.mark.parametrize("at", ["2026-02-28T09:29:59Z", "2026-02-28T00:00:00Z", "2025-12-01T00:00:00Z"])
def test_a_decision_that_is_older_than_a_text_made_here_is_refused(
    at: str, run_of_p1: Workspace, tmp_path: Path
) -> None:
    file = written(tmp_path, "case_id,verdict,at", f"p1,keep,{at}", f"p2,keep,{at}")
    with pytest.raises(QuarantineError) as refused:
        import_reviews(run_of_p1, file, reviewer="Kim")

    (said,) = refused.value.problems
    assert said.startswith(
        f"row 1: case p1 was decided at {at[:10]} {at[11:19]} UTC, and its text is of 2026-03-01"
    )


@pytest.mark.parametrize(
    ("day", "tz"), [("2026-03-01", None), ("2026-03-01", "Pacific/Auckland"), ("2026-03-01 09:30", "UTC")]
)
def test_a_bare_date_is_the_whole_day_on_which_the_text_was_made(
    day: str, tz: str | None, run_of_p1: Workspace, tmp_path: Path
) -> None:
    file = written(tmp_path, "case_id,verdict", "p1,keep")

    assert import_reviews(run_of_p1, file, reviewer="Kim", reviewed_on=day, tz=tz).verdicts == {"keep": 1}


def test_a_case_that_came_in_may_have_been_reviewed_before_it_did(
    run_of_p1: Workspace, tmp_path: Path
) -> None:
    """Its time is that of its import, and says nothing about when its text was written."""
    file = written(tmp_path, "case_id,verdict", "p2,keep")

    assert import_reviews(run_of_p1, file, reviewer="Kim", reviewed_on="2025-12-01").verdicts == {"keep": 1}


def test_every_bad_row_is_named_whatever_is_wrong_with_it(shop: Workspace, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "case_id,verdict,reasons,fits_cell,at,reviewer,content_sha256",
        "p1,keep,,,2026-03-04,Kim,",
        "p1,keep,,perhaps,2026-03-04T09:00:00Z,Kim,",
        "p1,keep,,,03/04/2026,Kim,",
        ",keep,,,2026-03-04T09:00:00Z,Kim,",
        "s1,keep,,,2026-03-04T09:00:00Z,Kim,",
        'p1,reject,"[""dull",,2026-03-04T09:00:00Z,Kim,',
        "p1,keep,,,2026-03-04T09:00:00Z,,",
        "p1,keep,,,2026-03-04T09:00:00Z,Kim,abc",
        "p1,keep,,,2026-03-04T09:00:00Z,Kim,",
    )
    with pytest.raises(QuarantineError) as refused:
        import_reviews(shop, file)

    said = [
        "row 1: case p1 was decided at a time without a timezone; pass --tz, such as --tz UTC",
        "row 2: case p1 has fits_cell 'perhaps', which is neither true nor false",
        "row 3: case p1 has a time that cannot be read: '03/04/2026' can be two dates",
        "row 4: the decision has no case_id; fill it in",
        "row 5: case s1 is a seed case",
        "row 6: case p1 has reasons '[\"dull', whose JSON is broken",
        "row 7: case p1 has no reviewer",
        "row 8: case p1 has content_sha256 'abc', which is no sha256",
    ]
    assert str(refused.value).startswith(
        "decisions.csv: 8 of 9 decisions cannot be recorded, so nothing was\n"
    )
    assert [
        problem[: len(start)] for problem, start in zip(refused.value.problems, said, strict=True)
    ] == said
    assert shop.reviews.empty


def test_no_value_of_a_file_can_forge_a_line_of_the_message(shop: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "case_id,verdict,reviewer", 'p1,keep,"\u202eKim\nall is well"', 'p1,"x\ny",Kim')
    with pytest.raises(QuarantineError) as refused:
        import_reviews(shop, file, reviewed_on="2026-03-04")

    assert len(str(refused.value).split("\n")) == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nobody": ({"reviewed_on": "2026-03-04"}, "does not say who decided; pass --reviewer NAME or --column reviewer=SOURCE"),
    "no day": ({"reviewer": "Kim"}, "does not say when it was decided; pass --reviewed-on DATE"),
    "no such day": ({"reviewer": "Kim", "reviewed_on": "yesterday"}, "--reviewed-on 'yesterday' is no time"),
    "tomorrow": ({"reviewer": "Kim", "reviewed_on": "2999-01-01"}, "--reviewed-on '2999-01-01' is in the future"),
    "no such column": (ON | {"columns": ["verdikt=verdict"]}, "did you mean 'verdict'?"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_option_is_named(
    options: dict[str, Any], sentence: str, shop: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        import_reviews(shop, written(tmp_path, "case_id,verdict", "p1,keep"), **options)

    assert sentence in str(refused.value)


@pytest.mark.parametrize("header", ["id,verdict", "case_id,decision"])
def test_a_file_without_ids_or_verdicts_says_which_column_to_name(
    header: str, shop: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"has no column (case_id|verdict); pass --column \1=SOURCE, one of"):
        import_reviews(shop, written(tmp_path, header, "p1,keep"), **ON)


def test_a_file_without_ids_names_its_cases_by_what_was_judged(shop: Workspace, tmp_path: Path) -> None:
    content = shop.cases.set_index("case_id")["content_sha256"]
    lines = [
        json.dumps({"content_sha256": content["p1"], "verdict": "keep"}),
        json.dumps({"content_sha256": "0" * 64, "verdict": "keep"}),
    ]
    with pytest.raises(QuarantineError, match="line 2: the decision has a content_sha256 that no cases have"):
        import_reviews(shop, written(tmp_path, *lines, name="decisions.jsonl"), **ON)
    import_reviews(shop, written(tmp_path, lines[0], name="decisions.jsonl"), **ON)

    assert shop.reviews["case_id"].tolist() == ["p1"]
