"""A shop whose texts have vectors that are given, so that no model is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from workbench import embed
from workbench.tables import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.workspace import Workspace


@pytest.fixture
def add(workspace: Workspace, new_case: Callable[..., dict[str, object]]) -> Callable[..., None]:
    """Add cases to the shop: the seed by default, a mutation where it has parents."""

    def make(*cases: tuple[str, str], bucket: str = "seed", **columns: object) -> None:
        tag = {"seed": "prod", "golden": "golden", "mutation": "mut-typo"}.get(bucket, "synth-x")
        rows = [new_case(name, text, bucket=bucket, tag=tag, **columns) for name, text in cases]
        workspace.store.append(CASES, rows)

    return make


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put texts such as "at 20" into a plane, by their angle; cosine 0.92 is at 23 degrees.

    Returns:
        Every text that was embedded.
    """
    asked: list[str] = []

    def embedded(texts: Sequence[str], *, cache: Path | None = None) -> embed.Embedded:
        del cache
        asked.extend(texts)
        turns = np.radians([float(text.split(" ")[1]) for text in texts])
        vectors = np.column_stack([np.cos(turns), np.sin(turns)]).astype(np.float32)
        return embed.Embedded(vectors=vectors, windows=vectors, offsets=np.arange(len(texts) + 1))

    monkeypatch.setattr(embed, "embedded", embedded)
    return asked
