"""A seed of one case is audited like any other, by the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_one_case_without_label_slice_or_a_word_is_audited(
    tmp_path: Path, command: Callable[..., Any]
) -> None:
    into = ("-w", str(tmp_path / "shop"))
    command("init", str(tmp_path / "shop"))
    (tmp_path / "seed.csv").write_text("case_id,text\nr1,????\n", "utf-8")
    command(*into, "import", "seed", str(tmp_path / "seed.csv"))
    command(*into, "run", "01_seed_audit", "--out", str(tmp_path / "audit"))
    page = (tmp_path / "audit" / "report.html").read_text("utf-8")

    assert page.count('class="wb-plot"') == 2
    assert "the longest has 0" in page
    assert "no case repeats itself" in page
