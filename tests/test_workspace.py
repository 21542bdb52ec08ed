"""A workspace: a folder with its settings and its store, and one case as a person looks at it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import workbench
from workbench import workspace as workspaces
from workbench.errors import SafetyError, UsageError
from workbench.tables import CASES, LABELS, RESULTS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.workspace import Workspace

    Row = Callable[..., dict[str, Any]]

HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</div></dd><iframe src=//evil.example>",
    '" onmouseover="alert(1)', "' onfocus='alert(1)' autofocus='", "<svg/onload=alert(1)>", "javascript:alert(1)",
    "$10 off, or I pay $5", "$$\\href{javascript:alert(1)}{x}$$", "\\(\\unicode{x}\\)", "&lt;script&gt;", "<!--", "]]>",
    "{{constructor}}", "`${alert(1)}`", "\u202egpj.exe", "\x00<b>", "<math><mi//xlink:href='data:x,<script>'>",
)  # fmt: skip


class Page(HTMLParser):
    """Collects what a browser would make of a page: its elements, their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def _page(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


def _result(case_id: str, model: str, outcome: str, **changes: object) -> dict[str, object]:
    row = {
        "results_run": "a" * 64, "case_id": case_id, "model": model, "model_family": "demo", "trial": "0",
        "outcome": outcome, "judge": "checks", "judge_family": "programmatic",
        "imported_at": dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
    }  # fmt: skip
    return row | changes


def test_init_makes_three_settings_files_a_page_to_start_from_and_the_folders(tmp_path: Path) -> None:
    with workspaces.init(tmp_path / "eu" / "shop") as shop:
        assert sorted(path.name for path in shop.root.iterdir()) == [
            "START.md", "evalsets", "lexicon.toml", "reports", "rubric.toml", "seeds", "workbench.toml",
        ]  # fmt: skip
        assert str(shop) == f"workspace shop in {tmp_path / 'eu' / 'shop'}"
        assert (shop.demo, shop.settings.gate.margin_pp, shop.rubric.version, shop.lexicon.concepts) == (
            False,
            3.0,
            "1",
            {},
        )


def test_init_overwrites_nothing_and_lists_all_that_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "rubric.toml").write_text("mine")
    (tmp_path / "reports").write_text("a file")
    (tmp_path / "chats.csv").write_text("id,text\n")
    with pytest.raises(UsageError) as caught:
        workspaces.init(tmp_path)
    assert (
        str(caught.value)
        == f"{tmp_path} holds rubric.toml, reports already and nothing was written; choose another folder"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chats.csv", "reports", "rubric.toml"]
    assert (tmp_path / "rubric.toml").read_text() == "mine"


def test_init_copies_the_notebooks_that_it_is_given_and_never_over_others(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped" / "01_seed_audit.ipynb"
    shipped.parent.mkdir()
    shipped.write_text('{"cells": []}')
    mine = tmp_path / "mine" / "notebooks"
    mine.mkdir(parents=True)
    (mine / "analysis.ipynb").write_text("mine")

    with workspaces.init(tmp_path / "mine", [shipped]):
        assert (mine / "01_seed_audit.ipynb").read_text() == '{"cells": []}'
        assert (mine / "analysis.ipynb").read_text() == "mine"
    again = tmp_path / "again" / "notebooks"
    again.mkdir(parents=True)
    (again / "01_seed_audit.ipynb").write_text("mine")
    with pytest.raises(
        UsageError, match=r"again holds notebooks/01_seed_audit.ipynb already and nothing was written"
    ):
        workspaces.init(tmp_path / "again", [shipped])
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["notebooks"]
    assert (again / "01_seed_audit.ipynb").read_text() == "mine"


def test_init_goes_beside_other_things_and_not_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "chats.csv").write_text("id,text\n")
    with workspaces.init(tmp_path) as shop:
        assert (shop.root / "chats.csv").exists()
    with pytest.raises(UsageError, match=r"chats.csv is a file; name a folder for the workspace$"):
        workspaces.init(tmp_path / "chats.csv")


def test_the_nearest_workspace_upwards_is_opened(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.root / "notebooks" / "deep").mkdir(parents=True)
    monkeypatch.chdir(workspace.root / "notebooks" / "deep")
    assert workbench.open().root == workspace.root
    assert workbench.open(".").root == workspace.root
    assert workbench.open(workspace.root).name == "shop"


def test_a_folder_that_is_named_is_the_workspace_and_none_above_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.root / "reports" / "deep").mkdir()
    monkeypatch.chdir(workspace.root)
    with pytest.raises(UsageError, match=r"no workbench.toml in .*/reports; make a workspace there"):
        workbench.open("reports")


def test_without_a_workspace_the_way_to_make_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UsageError,
        match=r"^no workbench.toml in .* or any folder above it; make a workspace with `workbench init DIR`",
    ):
        workspaces.open()
    with pytest.raises(
        UsageError,
        match=r"^no workbench.toml in .*absent; make a workspace there with `workbench init absent`$",
    ):
        workspaces.open("absent")


def test_the_database_is_a_file_in_the_folder_unless_another_is_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert workspace.store.url.database == str(workspace.root / "workbench.db")
    workspace.close()
    (workspace.root / "workbench.toml").write_text('[store]\nurl = "sqlite:///team.db"\n')
    monkeypatch.chdir(tmp_path)
    with workspaces.open(workspace.root) as again:
        assert again.store.url.database == str(workspace.root / "team.db")
    monkeypatch.setenv("WORKBENCH_DB", f"sqlite:///{tmp_path / 'named.db'}")
    with workspaces.open(workspace.root) as again:
        assert again.store.url.database == str(tmp_path / "named.db")


def test_a_database_outside_by_a_relative_path_is_refused(workspace: Workspace) -> None:
    (workspace.root / "workbench.toml").write_text('[store]\nurl = "sqlite:///../team.db"\n')
    with (
        workspaces.open(workspace.root) as again,
        pytest.raises(SafetyError, match="leads out of the workspace shop"),
    ):
        _ = again.store


def test_frames_are_read_anew_and_labels_are_folded(
    workspace: Workspace, new_case: Row, new_label: Row
) -> None:
    assert workspace.cases.empty
    workspace.store.append(CASES, [new_case("r1")])
    workspace.store.append(LABELS, [new_label("r1", "deny", kind="claimed"), new_label("r1", "refund")])
    assert workspace.cases["case_id"].tolist() == ["r1"]
    assert workspace.labels["expected"].tolist() == ["refund"]
    for frame in (
        workspace.results,
        workspace.evalsets,
        workspace.seeds,
        workspace.verdicts,
        workspace.reviews,
    ):
        assert len(frame) == 0


INSIDE = ("reports", "reports/2026", "a/../b", ".", "seeds/..", "..reports", "a b/ü")
OUTSIDE = (
    "..", "../x", "a/../../x", "/etc/passwd", "/", "reports/../../etc", "./../x", "a/b/../../../x", "../shop2",
    "../shop/../x", "link/x", "link", "loop/x", "reports/\0x", "..//x", "...//../../x", "a/./../../x", "/proc/self/environ",
    "../" * 40, "a/" * 3 + "../" * 4, "inner/passwd",
)  # fmt: skip


@pytest.fixture
def linked(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace in which somebody left symbolic links that lead out, or in a circle."""
    (workspace.root / "link").symlink_to(tmp_path)
    (workspace.root / "loop").symlink_to(workspace.root / "loop")
    (workspace.root / "inner").symlink_to("/etc")
    return workspace


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_out_of_the_workspace_is_refused(linked: Workspace, path: str) -> None:
    with pytest.raises(SafetyError, match=r"leads out of the workspace shop; name a path inside it$"):
        linked.path(path)


@pytest.mark.parametrize("path", INSIDE)
def test_a_path_inside_the_workspace_is_resolved(linked: Workspace, path: str) -> None:
    assert linked.path(path).is_relative_to(linked.root)
    assert linked.path("reports", "a", "b.html") == linked.root / "reports" / "a" / "b.html"


def test_the_label_of_a_keep_that_was_taken_back_is_a_row_and_not_the_cases(
    workspace: Workspace, new_case: Row, new_label: Row, new_event: Row
) -> None:
    made = {"bucket": "prompted", "tag": "synth-angry", "generator_family": "mistral/large"}
    keep, undo = new_event(1, "p1", "keep"), new_event(2, "p1", "undo")
    workspace.store.append(CASES, [new_case("p1", **made)])
    workspace.store.append(LABELS, [new_label("p1", created_at=keep["at"])])
    workspace.store.append(REVIEWS, [keep])
    assert (workspace.case("p1").label, len(workspace.labels)) == ("refund", 1)

    workspace.store.append(REVIEWS, [undo])
    assert (workspace.case("p1").label, len(workspace.labels)) == (None, 0)
    assert len(workspace.case("p1").labels) == 1


def test_a_case_is_shown_with_its_conversation_lineage_labels_and_every_answer(
    workspace: Workspace, new_case: Row, new_label: Row
) -> None:
    turns = [
        {"role": "user", "text": "where is it????"},
        {"role": "assistant", "text": "On its way, $10 fee."},
    ]
    workspace.store.append(
        CASES,
        [
            new_case("s1", turns=turns, slice="delay", context={"facts": {"order": 4481}}),
            new_case("m1", "WHERE IS IT", bucket="mutation", tag="mut-caps", parent_ids=["s1"]),
            new_case("s2", "thanks"),
        ],
    )
    workspace.store.append(
        LABELS, [new_label("s1", "refund", kind="claimed", author=None), new_label("s1", "inform")]
    )
    workspace.store.append(
        RESULTS,
        [
            _result("s1", "keyword-bot", "fail", output="Refunded!"),
            _result("s1", "wellread-bot", "pass"),
            _result("s2", "x", "pass"),
        ],
    )
    case = workspace.case("s1")
    assert (case.turns, case.parents, case.children, case.root_id, case.label) == (
        turns,
        (),
        ("m1",),
        "m1",
        "inform",
    )
    assert case.answers["model"].tolist() == ["keyword-bot", "wellread-bot"]
    text = repr(case)
    page = _page(case._repr_html_())
    for shown in (text, page.text):
        assert "bucket seed, tag prod, split eval, slice delay" in shown
        assert "root m1; from no other case; to m1" in shown
        assert "4481" in shown
        for word in (
            "where is it????",
            "On its way, $10 fee.",
            "inform",
            "claimed",
            "keyword-bot",
            "Refunded!",
            "fail",
            "missing",
        ):
            assert word in shown
        assert "thanks" not in shown
    assert "user: where is it????\nassistant: On its way, $10 fee.\n" in text
    assert workspace.case("m1").parents == ("s1",)


def test_a_stub_and_a_case_without_label_say_so(workspace: Workspace, new_case: Row) -> None:
    workspace.store.append(CASES, [new_case("b1", turns=[], content_sha256=None)])
    case = workspace.case("b1")
    for shown in (repr(case), _page(case._repr_html_()).text):
        assert "no text (a stub for its results)" in shown
        assert "label: missing" in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text_only(
    workspace: Workspace, new_case: Row, new_label: Row, text: str
) -> None:
    shown = text.replace("\0", "")
    plain = _page(_shown(workspace, new_case, new_label, "ordinary text", "plain"))
    page = _page(_shown(workspace, new_case, new_label, shown, "hostile"))
    assert (
        page.tags
        == plain.tags
        <= {
            "div",
            "p",
            "dl",
            "dt",
            "dd",
            "b",
            "details",
            "summary",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        }
    )
    assert page.attributes == plain.attributes <= {"class", "style", "dir", "open"}
    assert page.text.count(shown.replace("\u202e", "[U+202E]")) >= 8


def _shown(workspace: Workspace, new_case: Row, new_label: Row, text: str, case_id: str) -> str:
    turns = [{"role": text, "text": text}]
    changes = {"turns": turns, "slice": text, "cell": text, "context": {"facts": text}}
    workspace.store.append(CASES, [new_case(case_id, **changes)])
    workspace.store.append(LABELS, [new_label(case_id, text, author=text)])
    workspace.store.append(
        RESULTS, [_result(case_id, text[:200], "fail", output=text, reason=text, judge=text)]
    )
    html = workspace.case(case_id)._repr_html_()
    # JupyterLab typesets $...$ as mathematics unless told not to.
    assert html.startswith('<div class="mathjax_ignore"')
    return html.replace("\\&quot;", "&quot;").replace("\\\\", "\\")


def test_an_unknown_case_is_refused_with_the_nearest_id(workspace: Workspace, new_case: Row) -> None:
    with pytest.raises(
        UsageError, match=r"^no case 'r1' in this workspace of 0 cases; `cases` lists the ids that there are$"
    ):
        workspace.case("r1")
    workspace.store.append(CASES, [new_case("demo-0001")])
    with pytest.raises(
        UsageError, match=r"^no case 'demo-001' in this workspace of 1 case; did you mean 'demo-0001'\?$"
    ):
        workspace.case("demo-001")


def test_finding_a_workspace_loads_no_large_library() -> None:
    script = "import sys, workbench.workspace; print(sorted({'pandas', 'sqlalchemy', 'pydantic', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
