"""Review packs: what goes out says nothing but the case, and the decisions come back as they were made."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

import workbench
from workbench.cli.packs import TARGETS as OFFERED
from workbench.errors import QuarantineError, UsageError
from workbench.exchange.asked import QUESTIONS
from workbench.review import decide, import_reviews
from workbench.review.packs import TARGETS, export_review, pseudonym
from workbench.tables import CASES, LABELS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from conftest import Done

    from workbench.review.packs import Pack
    from workbench.workspace import Workspace

KIM = "11111111-1111-4111-8111-111111111111"

EDIT = "third time I write to you. where is it"

DECIDED: Mapping[str, Mapping[str, Any]] = {
    "p1": {"verdict": "revise", "realistic": "no", "reasons": ["caricature", "too_easy"], "revised": EDIT},
    "p2": {"verdict": "keep", "realistic": "yes", "expected": "refund", "fits_cell": "yes"},
    "m1": {"verdict": "reject", "realistic": "no", "reasons": ["too_easy"], "note": "=loud, and louder"},
    "m2": {"verdict": "skip"},
}

ON = {"reviewer": "Kim", "reviewed_on": "2026-03-05"}

OPTIONS: Mapping[str, Any] = {
    "label-studio": {"people": ["3=Kim"]},
    "argilla": {"people": [f"{KIM}=Kim"], "reviewed_on": "2026-03-05"},
    "csv": ON,
    "xlsx": ON,
}

ALL = list(TARGETS)


@pytest.fixture
def packed(shop: Workspace, tmp_path: Path) -> Callable[..., Pack]:
    """Write a pack of the shop's waiting cases."""
    return lambda target, **options: export_review(shop, target, tmp_path / target, **options)


def filled(pack: Pack, decided: Mapping[str, Mapping[str, Any]] = DECIDED, **changes: str) -> Path:
    """What the tool leaves once the cases are decided; `changes` are texts that somebody altered on the way."""
    called = [
        case["case_id"] for case in json.loads((pack.folder / "manifest.json").read_text("utf-8"))["cases"]
    ]
    names = dict(zip(pack.cases, called, strict=True))
    return _FILL[pack.target](
        pack.folder, {names[case_id]: told for case_id, told in decided.items()}, changes
    )


def _label_studio(folder: Path, decided: Mapping[str, Mapping[str, Any]], changes: Mapping[str, str]) -> Path:
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    for number, task in enumerate(tasks, 1):
        task["data"] |= changes
        answers = decided.get(task["data"]["case_id"])
        result = [
            {"from_name": name, "to_name": "conversation", "id": f"r{place}", "origin": "manual"}
            | (
                {"type": "textarea", "value": {"text": [value]}}
                if name in {"revised", "note"}
                else {"type": "choices", "value": {"choices": value if isinstance(value, list) else [value]}}
            )
            for place, (name, value) in enumerate((answers or {}).items())
        ]
        made = {"id": number, "completed_by": {"id": 9, "email": "3"}, "result": result, "was_cancelled": False,
                "created_at": "2026-03-05T09:00:00Z", "updated_at": "2026-03-05T09:00:00.500000Z", "lead_time": 8.0,
                "prediction": {}, "parent_prediction": None, "bulk_created": False}  # fmt: skip
        task |= {"id": number, "annotations": [made] if answers else [], "drafts": []}
    return _written(folder / "export.json", json.dumps(tasks))


def _argilla(folder: Path, decided: Mapping[str, Mapping[str, Any]], changes: Mapping[str, str]) -> Path:
    rows = []
    for record in json.loads((folder / "records.json").read_text("utf-8")):
        row = {"id": record["id"], "status": "completed", "_server_id": KIM}
        row |= record["fields"] | record["metadata"] | changes
        for name in QUESTIONS:
            value = decided.get(record["id"], {}).get(name)
            some = value is not None
            row |= {f"{name}.responses": [value] if some else None, f"{name}.responses.users": [KIM] if some else None,
                    f"{name}.responses.status": ["submitted"] if some else None}  # fmt: skip
        rows.append(row)
    return _written(folder / "flat.json", json.dumps(rows))


def _cells(case_id: str, decided: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: "; ".join(value) if isinstance(value, list) else value for name, value in decided.get(case_id, {}).items()}  # fmt: skip


def _csv(folder: Path, decided: Mapping[str, Mapping[str, Any]], changes: Mapping[str, str]) -> Path:
    held = io.StringIO((folder / "review.csv").read_bytes().decode("utf-8-sig"), newline="")
    rows = [row | changes | _cells(row["case_id"], decided) for row in csv.DictReader(held)]
    text = io.StringIO()
    sheet = csv.DictWriter(text, list(rows[0]))
    sheet.writeheader()
    sheet.writerows(rows)
    return _written(folder / "back.csv", text.getvalue())


def _xlsx(folder: Path, decided: Mapping[str, Mapping[str, Any]], changes: Mapping[str, str]) -> Path:
    book = openpyxl.load_workbook(folder / "review.xlsx")
    names = [cell.value for cell in book["review"][1]]
    for row in book["review"].iter_rows(min_row=2):
        for name, value in (dict(changes) | _cells(str(row[0].value), decided)).items():
            row[names.index(name)].value = value
            row[names.index(name)].data_type = "s"
    book.save(folder / "back.xlsx")
    return folder / "back.xlsx"


_FILL = {"label-studio": _label_studio, "argilla": _argilla, "csv": _csv, "xlsx": _xlsx}


def _written(file: Path, text: str) -> Path:
    file.write_bytes(text.encode("utf-8"))
    return file


def held(pack: Pack) -> bytes:
    """Everything that a pack holds, with workbooks unpacked."""
    found = b""
    for name in pack.files:
        data = (pack.folder / name).read_bytes()
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(io.BytesIO(data)) as parts:
                data = b"".join(parts.read(part) for part in parts.namelist())
        found += data
    return found


@pytest.mark.parametrize("target", ALL)
def test_decisions_come_back_as_they_were_made(
    target: str, shop: Workspace, packed: Callable[..., Pack]
) -> None:
    done = import_reviews(shop, filled(packed(target)), **OPTIONS[target])
    events = shop.reviews.set_index("case_id")
    columns = ["verdict", "reasons", "realistic", "expected", "fits_cell", "note", "reviewer"]
    told = events[columns].astype("object").where(events[columns].notna(), None)

    assert told.loc["p1"].tolist() == ["revise", ["caricature", "too_easy"], False, None, None, None, "Kim"]
    assert told.loc["p2"].tolist() == ["keep", [], True, "refund", True, None, "Kim"]
    assert told.loc["m1"].tolist() == ["reject", ["too_easy"], False, None, None, "=loud, and louder", "Kim"]
    assert told.loc["m2"].tolist() == ["skip", [], None, None, None, None, "Kim"]
    assert shop.case(done.revisions[0]).turns == [{"role": "user", "text": EDIT}]
    assert shop.labels.set_index("case_id").loc["p2", "expected"] == "refund"
    stored = shop.cases.set_index("case_id")["content_sha256"]
    assert (events["content_sha256"] == stored[events.index]).all()


@pytest.mark.parametrize("target", ALL)
def test_what_came_back_can_come_back_again(
    target: str, shop: Workspace, packed: Callable[..., Pack]
) -> None:
    file = filled(packed(target))
    import_reviews(shop, file, **OPTIONS[target])
    before = shop.reviews
    again = import_reviews(shop, file, **OPTIONS[target])

    assert (again.known, again.verdicts) == (4, {})
    pd.testing.assert_frame_equal(shop.reviews, before)


@pytest.mark.parametrize(
    ("target", "name"),
    {"label-studio": "Label Studio", "argilla": "Argilla", "csv": "a spreadsheet", "xlsx": "a spreadsheet"}.items(),
)  # fmt: skip
def test_the_tool_is_told_by_the_shape_of_its_file(
    target: str, name: str, shop: Workspace, packed: Callable[..., Pack]
) -> None:
    done = import_reviews(shop, filled(packed(target), {"p2": DECIDED["p2"]}), **OPTIONS[target])

    assert done.notes == (f"read as a review from {name}", "not decided yet: 3")


@pytest.mark.parametrize("target", ALL)
def test_a_pack_says_nothing_of_who_wrote_a_case_or_what_others_think(
    target: str, shop: Workspace, packed: Callable[..., Pack], said: Callable[..., dict[str, Any]],
    new_label: Callable[..., dict[str, Any]], new_case: Callable[..., dict[str, Any]],
) -> None:  # fmt: skip
    decide(shop, [said("p2", "skip", note="I doubt it is real", reviewer="Robin Other")])
    shop.store.append(LABELS, [new_label("p1", "deny", kind="claimed", author="importer-7")])
    telling = new_case(
        "irate_customer-late_parcel-3-1a2b3c", "hm, no parcel", bucket="persona", tag="synth-x"
    )
    shop.store.append(CASES, [telling | {"generator_family": "demo"}])
    everything = held(packed(target))

    for secret in (
        "synth-angry-delay", "mut-shout", "fed up but not stupid", "generator", "programmatic", "I doubt", "Robin",
        "importer-7", "shout", "prompted", "irate_customer",
    ):  # fmt: skip
        assert secret.encode() not in everything, secret
    assert b"third time I write" in everything
    assert b"hm, no parcel" in everything
    assert b"demo" not in everything


@pytest.mark.parametrize("target", ALL)
def test_only_candidates_that_wait_are_in_a_pack(
    target: str, packed: Callable[..., Pack], shop: Workspace, said: Callable[..., dict[str, Any]]
) -> None:
    """Not the seed, the golden and hand-written ones, the holdout, the stubs, or what is decided."""
    decide(shop, [said("m1", "reject")])
    pack = packed(target)

    assert sorted(pack.cases) == ["m2", "p1", "p2"]
    assert b"held out" not in held(pack)
    assert b"golden one" not in held(pack)


def test_a_candidate_that_two_people_decide_on_is_in_packs_until_both_have(
    shop: Workspace, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    (shop.root / "workbench.toml").write_text("[review]\ndouble = 1\n", "utf-8")
    with workbench.open(shop.root) as opened:
        decide(opened, [said("m1", "reject"), said("m2", "keep")])
        decide(opened, [said("m2", "keep", reviewer="Ana")])
        pack = export_review(opened, "csv", tmp_path / "second")

    assert sorted(pack.cases) == ["m1", "p1", "p2"]


def test_a_pack_records_nothing(shop: Workspace, packed: Callable[..., Pack]) -> None:
    packed("csv")

    assert shop.reviews.empty


def test_the_manifest_names_the_rubric_the_cases_and_every_file(
    shop: Workspace, packed: Callable[..., Pack]
) -> None:
    pack = packed("xlsx")
    told = json.loads((pack.folder / "manifest.json").read_text("utf-8"))

    assert (told["rubric_version"], told["target"], told["pack_sha256"]) == ("v3", "xlsx", pack.sha256)
    stored = shop.cases.set_index("case_id")["content_sha256"]
    assert told["cases"] == [
        {"case_id": pseudonym(case_id, stored[case_id]), "content_sha256": stored[case_id]}
        for case_id in pack.cases
    ]
    assert set(told["files"]) == {"review.xlsx", "cases.jsonl", "GUIDE.md"}
    for name, digest in told["files"].items():
        assert hashlib.sha256((pack.folder / name).read_bytes()).hexdigest() == digest
    assert sorted(told["verdicts"]) == ["keep", "reject", "revise", "skip"]


def test_the_same_queue_makes_the_same_pack_and_another_another_order(
    shop: Workspace, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    def tasks(name: str) -> bytes:
        export_review(shop, "label-studio", tmp_path / name)
        return (tmp_path / name / "tasks.json").read_bytes()

    assert tasks("one") == tasks("two")

    def verdicts(name: str) -> list[str]:
        return list(json.loads((tmp_path / name / "manifest.json").read_text("utf-8"))["verdicts"])

    orders = [verdicts("one")]
    for number, case_id in enumerate(["m1", "p1", "p2"]):
        decide(shop, [said(case_id, "reject")])
        tasks(f"less {number}")
        orders.append(verdicts(f"less {number}"))

    assert len({tuple(order) for order in orders}) > 1
    assert len({order[0] for order in orders}) > 1


def test_a_limit_takes_the_least_reviewed_cells_first(
    shop: Workspace, packed: Callable[..., Pack], said: Callable[..., dict[str, Any]]
) -> None:
    decide(shop, [said("p1", "reject")])
    pack = packed("csv", limit=2)

    assert sorted(pack.cases) == ["m1", "m2"]
    assert str(pack).startswith("2 cases of 3 waiting for a spreadsheet (CSV) in ")


def test_a_folder_that_holds_something_is_left_alone(shop: Workspace, tmp_path: Path) -> None:
    kept = _written(tmp_path / "notes.txt", "mine")
    with pytest.raises(UsageError, match="exists and is not empty; name a new folder"):
        export_review(shop, "csv", tmp_path)
    with pytest.raises(UsageError, match="exists and is not empty"):
        export_review(shop, "csv", kept)

    assert kept.read_text("utf-8") == "mine"


def test_an_empty_queue_and_an_unknown_target_are_named(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no candidate waits for a review"):
        export_review(workspace, "csv", tmp_path / "pack")
    with pytest.raises(
        UsageError, match="a pack for 'prodigy' is not known; there are label-studio, argilla"
    ):
        export_review(workspace, "prodigy", tmp_path / "pack")

    assert not (tmp_path / "pack").exists()


ALTERED = {
    "conversation": "user: I am perfectly happy",
    "context": '{"days": 400}',
    "cell": "calm/refund",
}


@pytest.mark.parametrize("name", list(ALTERED))
@pytest.mark.parametrize("target", ALL)
def test_a_text_that_was_changed_on_the_way_is_refused(
    name: str, target: str, shop: Workspace, packed: Callable[..., Pack]
) -> None:
    changed: Any = ALTERED[name]
    if target == "label-studio" and name == "conversation":
        changed = [{"role": "user", "text": "I am perfectly happy"}]
    file = filled(packed(target), {"p1": DECIDED["p1"]}, **{name: changed})
    with pytest.raises(QuarantineError) as refused:
        import_reviews(shop, file, **OPTIONS[target])

    assert f"case p1 came back with another {name} than is stored" in str(refused.value)
    assert shop.reviews.empty


@pytest.mark.parametrize("target", ALL)
def test_a_decision_about_another_text_is_refused_by_its_hash(
    target: str, shop: Workspace, packed: Callable[..., Pack]
) -> None:
    file = filled(packed(target), {"p1": DECIDED["p1"]}, content_sha256="0" * 64)
    with pytest.raises(QuarantineError, match="another text was judged; export it again and review that"):
        import_reviews(shop, file, **OPTIONS[target])

    assert shop.reviews.empty


@pytest.mark.parametrize("target", ALL)
def test_a_decision_by_another_rubric_is_refused(
    target: str, shop: Workspace, packed: Callable[..., Pack]
) -> None:
    file = filled(packed(target), rubric_version="v2")
    with pytest.raises(QuarantineError, match="was decided by rubric 'v2', and the workspace has 'v3'"):
        import_reviews(shop, file, **OPTIONS[target])

    assert shop.reviews.empty


def test_a_reject_without_a_reason_is_refused_as_anywhere(
    shop: Workspace, packed: Callable[..., Pack]
) -> None:
    """Argilla cannot ask for a reason by the verdict."""
    file = filled(packed("argilla"), {"p1": {"verdict": "reject", "realistic": "no"}})

    with pytest.raises(QuarantineError, match="the verdict reject without a reason"):
        import_reviews(shop, file, **OPTIONS["argilla"])


def test_an_export_without_times_asks_for_the_day(shop: Workspace, packed: Callable[..., Pack]) -> None:
    with pytest.raises(
        UsageError, match=r"flat\.json does not say when it was decided; pass --reviewed-on DATE"
    ):
        import_reviews(shop, filled(packed("argilla")))


def test_who_decided_is_taken_as_given_or_by_name(shop: Workspace, packed: Callable[..., Pack]) -> None:
    file = filled(packed("label-studio"), {"p1": DECIDED["p1"]})
    for wrong, sentence in (("3", "is not SOURCE=NAME, such as 3=Kim"), ("8=Lee", "is no reviewer of the file; it has '3'")):  # fmt: skip
        with pytest.raises(UsageError, match=sentence):
            import_reviews(shop, file, people=[wrong])
    import_reviews(shop, file)

    assert shop.reviews["reviewer"].tolist() == ["3"]


def test_the_tool_can_be_named_or_ruled_out(shop: Workspace, packed: Callable[..., Pack]) -> None:
    file = filled(packed("csv"), {"p1": DECIDED["p1"]}, conversation="reworded by us")
    with pytest.raises(UsageError, match="files from 'prodigy' are not known; there are label-studio, argilla, sheet, table"):  # fmt: skip
        import_reviews(shop, file, tool="prodigy", **ON)
    with pytest.raises(UsageError, match=r"back\.csv has no data and annotations"):
        import_reviews(shop, file, tool="label-studio", **ON)
    with pytest.raises(QuarantineError, match="4 of 4 decisions cannot be recorded"):
        import_reviews(shop, file, tool="table", **ON)


def test_the_command_says_what_a_pack_holds_and_how_it_comes_back(
    shop: Workspace, tmp_path: Path, command: Callable[..., Done]
) -> None:
    folder = tmp_path / "for Kim"
    done = command(
        "-w", str(shop.root), "export", "review", "--to", "label-studio", "--limit", "3", str(folder)
    )
    lines = done.out.splitlines()

    assert lines[0] == (
        f"3 cases of 4 waiting for Label Studio in {folder}: tasks.json, labeling_config.xml, GUIDE.md, manifest.json"
    )
    assert "personal data" in lines[1]
    assert "planted check" in lines[2]
    assert lines[-1] == "back: workbench import reviews EXPORT.json"
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    decided = {task["data"]["case_id"]: {"verdict": "skip"} for task in tasks}
    file = _label_studio(folder, decided, {})
    back = command(
        "-w", str(shop.root), "import", "reviews", str(file), "--person", "3=Kim", "--from", "label-studio"
    )

    assert back.out.splitlines()[0] == "3 decisions recorded: 3 skip"
    assert "note: read as a review from Label Studio" in back.out
    assert len(shop.store.read(REVIEWS)) == 3


def test_the_command_offers_every_target() -> None:
    assert list(TARGETS) == list(OFFERED)
