"""`workbench measure` prints what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from workbench.cli.measure import measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.workspace import Workspace


def test_the_command_prints_the_summary(
    workspace: Workspace, plane: list[str], add: Callable[..., None]
) -> None:
    del plane
    add(*((f"s{number:02}", f"at {number * 24}") for number in range(15)), ("twin", "at 24.5"))
    add(("c", "at 10"), bucket="prompted")
    done = CliRunner().invoke(measure, obj=str(workspace.root))

    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "17 cases measured by all-MiniLM-L6-v2/sentence-transformers-6/fp32/windows-254",
        "seed: half of it has another seed case at cosine 0.91 or nearer",
        "seed: 16 cases (2 duplicate); 1 (6.2%) repeat an earlier case at cosine 0.92",
        "prompted: 1 case (1 duplicate); 1 (100.0%) repeat an earlier case at cosine 0.92",
        "16 seed cases cannot tell near from far, which takes 19: only duplicates have a band",
    ]
