"""What customers, reviewers and models wrote of themselves and others stands in no report."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import sample_swap
from shapes import SHAPES, found

import notebooks
from workbench import seed
from workbench.errors import ReportError
from workbench.measure.map import Map
from workbench.report import Look, Remark, index, run, safe_chart, safe_table, sentence, swap
from workbench.report.facts import headed
from workbench.report.measure import map_chart
from workbench.tables import CASES, LABELS, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SECRETS = list(SHAPES.values())

KINDS = ("EMAIL", "PHONE", "CARD", "IBAN", "SSN", "IP", "URL", "KEY")

FOOT = "Names and postal addresses are not found."


def parts(size: int) -> Iterator[str]:
    """Yield texts with so many of the secrets each, all of them together."""
    for start in range(0, len(SECRETS), size):
        yield "; ".join(f"it is {secret}, yes" for secret in SECRETS[start : start + size])


def table_of(columns: str, rows: Iterable[tuple[object, ...]]) -> str:
    return json.dumps([dict(zip(columns.split(), row, strict=True)) for row in rows])


@pytest.fixture
def shop(
    tmp_path: Path, workspace: Any, new_case: Callable[..., Any], new_label: Callable[..., Any],
    command: Callable[..., Any],
) -> Path:  # fmt: skip
    """A workspace with every secret in every place where people and models write.

    Each secret opens a message of the holdout, which the audit shows. What is measured are fewer cases
    with more secrets each, too few for a map, which would take half a minute; it is drawn further down.
    """
    root = workspace.root
    held = [
        new_case(f"h{n:02}", f"{one} is mine", split="holdout", slice=f"slice {one}")
        for n, one in enumerate(SECRETS)
    ]
    seeds = [new_case(f"s{n}", f"not come. {text}", cell="new/delay") for n, text in enumerate(parts(4))]
    again = new_case("s9", seeds[0]["turns"][0]["text"], split="train")
    workspace.store.append(CASES, [*held, *seeds, again])
    told = [
        new_label(row["case_id"], f"repay {one}", kind="claimed", author=None)
        for row, one in zip(held, SECRETS, strict=True)
    ]
    workspace.store.append(LABELS, told)
    workspace.close()

    def imported(kind: str, content: str, *options: str) -> None:
        file = tmp_path / f"{kind}.json"
        file.write_text(content, "utf-8")
        command("-w", str(root), "import", kind, str(file), *options)

    made = [(f"c{n}", f"Hello, not come. {text}") for n, text in enumerate(parts(4))]
    made += [(f"w{n}", f"Good evening. {text}") for n, text in enumerate(parts(8))]
    who = ("--bucket", "prompted", "--generator", "acme/pen")
    imported("cases", table_of("case_id text", made), *who)
    said = [(f"c{n}", "keep", "", text, None, "Kim") for n, text in enumerate(parts(4))]
    said += [(f"c{n}", "reject", f"as {SECRETS[n]}", "", None, SECRETS[0]) for n in range(8)]
    said += [(f"c{n}", "revise", "dull", "", f"Well. {text}", "Lee") for n, text in enumerate(parts(16))]
    columns = "case_id verdict reasons note revised reviewer"
    imported("reviews", table_of(columns, said), "--reviewed-on", "2026-03-04")
    answers = [
        (f"s{n}", model, passed, f"Dear customer, {text}", f"as {text}", f"gave away {SECRETS[n]}")
        for n, text in enumerate(parts(4))
        for model, passed in (("old", 1), ("new", 0))
    ]
    columns, judged = "case_id model outcome output reason failure_mode", ("--judge", "checks=programmatic")
    imported("results", table_of(columns, answers), "--pass-when", "1", *judged)
    command("-w", str(root), "freeze", "launch")
    out = root / "reports" / "swap"
    command("-w", str(root), "swap", "old", "new", "--evalset", "launch", "--out", str(out), exits=12)
    return Path(root)


def test_no_report_of_the_seed_to_the_swap_holds_what_was_planted(
    shop: Path, command: Callable[..., Any]
) -> None:
    drawn = ("01_seed_audit", "04_distance_map", "05_review", "06_eval_set")
    printed = [command("-w", str(shop), "run", name) for name in drawn]
    reports = {str(path.relative_to(shop)): path for path in (shop / "reports").rglob("*") if path.is_file()}
    # The data that the report is drawn from, with every text as it came: like the database, it is shown nowhere.
    del reports["reports/swap/cases.parquet"]
    places = {name: path.read_bytes() for name, path in reports.items()}
    places |= {
        f"{name}, decoded {n}": held for name, page in list(places.items()) for n, held in decoded(page)
    }
    places |= {f"printed {n}": (done.out + done.err).encode() for n, done in enumerate(printed)}

    # The search looks where the secrets would be.
    assert {"verdict.md", "report.ipynb", "report.html", "index.html"} <= {
        path.name for path in reports.values()
    }
    for name in ("01_seed_audit", "04_distance_map", "05_review", "swap"):
        for file in ("report.html", "report.ipynb"):
            held = places[f"reports/{name}/{file}"]
            assert [kind for kind in KINDS if not re.search(rf"(&lt;|<|u003c){kind}_\d".encode(), held)] == []
    for name, page in places.items():
        assert page.count(FOOT.encode()) == name.endswith(".html"), name

    assert found(SECRETS, places) == []


def decoded(page: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield what stands in a page as base64: pictures, and whatever else might."""
    for n, run_ in enumerate(re.findall(rb"[A-Za-z0-9+/]{200,}={0,2}", page)):
        yield n, base64.b64decode(run_ + b"=" * (-len(run_) % 4))


def shown(*parts: Any) -> dict[str, bytes]:
    """Return all that a notebook would hold of some parts."""
    return {
        f"{n} {kind}": json.dumps(held, ensure_ascii=False).encode()
        for n, part in enumerate(parts)
        for kind, held in part._repr_mimebundle_().items()
    }


def test_no_part_of_a_page_shows_it() -> None:
    import altair as alt

    frame = pd.DataFrame({"note": [f"I am {one}" for one in SECRETS], "of": 1})
    bars = alt.Chart(frame).mark_bar().encode(x="of:Q", y=alt.Y("note:N", sort=list(frame["note"])))
    every = " and ".join(f"{one}: 1" for one in SECRETS)
    table = safe_table(
        frame.rename(columns={"of": f"of {every}"}),
        caption=f"Of {every}",
        notes=SECRETS,
        remarks={(n, "note"): Remark(f"{one} said so") for n, one in enumerate(SECRETS)},
    )
    head = headed(every, [(one, one) for one in SECRETS], demo=False, warnings=SECRETS)
    places = shown(table, safe_chart(bars, title=every, summary=every), sentence(every), head)

    assert len(places) == 9
    assert found(SECRETS, places) == []


def test_a_table_tells_people_apart_and_leaves_the_ids_by_which_cases_are_looked_up() -> None:
    """An id may look like a telephone number; the two writers are one, in whatever letters."""
    frame = pd.DataFrame(
        {
            "case_id": ["0171-5550001", "0171-5550002", "0171-5550003"],
            "text": ["kim@shop.example", "pat@shop.example", "Kim@Shop.Example"],
        }
    )
    table = str(safe_table(frame, looks={"case_id": Look("case", "id"), "text": Look("text")}))

    assert [line.split() for line in table.splitlines()[1:]] == [
        ["0171-5550001", "<EMAIL_1>"],
        ["0171-5550002", "<EMAIL_2>"],
        ["0171-5550003", "<EMAIL_1>"],
    ]


def test_columns_that_are_named_after_one_person_stay_apart() -> None:
    frame = pd.DataFrame([["keep", "reject"]], columns=["kim@shop.example", "Kim@shop.example"])
    html = safe_table(frame).html

    assert ">keep</td>" in html
    assert ">reject</td>" in html
    assert html.count("&lt;EMAIL_1&gt;</th>") == 2


@pytest.mark.parametrize("before", range(20, 130, 3))
def test_no_cut_leaves_half_of_a_number(before: int, new_case: Callable[..., Any]) -> None:
    """In the audit, on the map, and in a table's form for terminals, wherever the number stands."""
    text = f"{('where is it? ' * 10)[:before]} {SHAPES['card in fours']} is my card, and there is more to say"
    cases = CASES.frame([new_case("s1", text), new_case("s2", text)])
    audit, table = seed.audit(cases, LABELS.frame()), safe_table(pd.DataFrame({"text": [text]}))
    told = [row["text"] for row in tooltips(cases)]
    held = [*audit.odd["text"], *audit.duplicates["text"], *told, str(table), table.html]

    assert len(held) == 9
    assert not [one for one in held if "4539" in one or "0343" in one]


def tooltips(cases: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the map tells of each case under the pointer."""
    told = {"embedder": "small", "reference_sha256": "a" * 64, "windows": 1, "nearest_seed_id": "s1"}
    measures = MEASURES.frame(
        [told | {"case_id": name, "cosine_to_seed": 0.5, "band": "like"} for name in cases["case_id"]]
    )
    places = pd.DataFrame({"case_id": cases["case_id"], "x": np.arange(len(cases), dtype=float), "y": 0.0})
    drawn = Map(places, trustworthiness=0.9, fitted=20)
    chart = map_chart(drawn, SimpleNamespace(measures=measures), cases)
    return [row for rows in chart.spec["datasets"].values() for row in rows]


def test_the_map_tells_texts_without_it_and_the_ids_of_their_cases(new_case: Callable[..., Any]) -> None:
    ids = [f"0171-55500{n:02}" for n in range(len(SECRETS))]
    rows = [new_case(name, f"{one} late") for name, one in zip(ids, SECRETS, strict=True)]
    told = tooltips(CASES.frame(rows))

    assert sorted(row["case_id"] for row in told) == ids
    assert all(re.fullmatch(r"<[A-Z]+_1> late", row["text"]) for row in told)


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A swap whose lost cases, answers and overrides name people."""
    folder = sample_swap.write(tmp_path / "reports" / "swap")
    cases = pd.read_parquet(folder / "cases.parquet")
    lost = (cases["group"] == "real") & (cases["change"] == "lost")
    cases.loc[lost, "text"] = "user: mail kim@shop.example, not pat@shop.example"
    cases.loc[lost, "candidate_output"] = f"{'Dear customer. ' * 60} I wrote to Pat@shop.example."
    cases.loc[lost, "candidate_reason"] = "it is kim@shop.example, and lee@shop.example is unheard of"
    cases.to_parquet(folder / "cases.parquet")
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    verdict["override"] = [{"rule": "floor", "by": "kim@shop.example", "reason": "ring +44 20 7946 0958"}]
    verdict["next_action"] = "Ask kim@shop.example."
    verdict["swap"]["candidate"] = verdict["reconciled"][0]["model"] = "reader@eu.example"
    (folder / "verdict.json").write_text(json.dumps(verdict), "utf-8")
    manifest = {"parameters": {"asked by": "kim@shop.example"}}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_a_reader_sees_whose_address_an_answer_repeats(blocked: Path) -> None:
    """Each person has one placeholder in a case, also where a long answer folds out."""
    html = swap.cases(swap.read(blocked), "lost").html

    assert "user: mail &lt;EMAIL_1&gt;, not &lt;EMAIL_2&gt;" in html
    assert "I wrote to &lt;EMAIL_2&gt;." in html
    assert "it is &lt;EMAIL_1&gt;, and &lt;EMAIL_3&gt; is unheard of" in html
    assert "shop.example" not in html.casefold()


def test_what_was_typed_about_a_swap_is_told_without_addresses(blocked: Path) -> None:
    """In its headline, its inputs, and on the page of links, which reads the verdict by itself."""
    head, inputs = swap.headline(swap.read(blocked)), swap.inputs(swap.read(blocked))
    (blocked / "report.html").touch()
    node = nbformat.v4.new_notebook(metadata={"papermill": {"end_time": "2026-03-04T09:00:00"}})
    nbformat.write(node, blocked / "report.ipynb")
    page = index.refresh(blocked.parent, title="Reports").read_text("utf-8")

    assert "OVERRIDE of floor by <EMAIL_1>: ring <PHONE_1>" in str(head)
    assert "Next: Ask <EMAIL_1>." in str(head)
    assert "Next: Ask &lt;EMAIL_1&gt;." in page
    # A model is named by the owner, and its name may look like an address.
    reconciled = swap.reconciled(swap.read(blocked))
    assert all("reader@eu.example" in one for one in (head.html, str(head), str(reconciled), page))
    assert not [
        one for one in (head.html, str(head), inputs.html, page) if "shop.example" in one or "7946" in one
    ]


def test_what_a_failed_run_says_and_leaves_names_nobody(tmp_path: Path) -> None:
    notebook = notebooks.write(
        tmp_path / "own.ipynb", "raise ValueError('kim@' + 'shop.example has no case')"
    )
    with pytest.raises(ReportError, match="ValueError: <EMAIL_1> has no case") as failed:
        run(notebook, output_dir=tmp_path / "report")
    left = (tmp_path / "report" / "report-failed.ipynb").read_text("utf-8")

    assert "<EMAIL_1> has no case" in left
    assert "kim@shop.example" not in left + str(failed.value)
