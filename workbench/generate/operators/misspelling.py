"""Misspelling: words as people write them who were never sure of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.lexicon import lexicon, reworded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated


def misspell(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Write the words of `lexicon/misspellings.toml` wrong, each the same way everywhere.

    Example:
        >>> from random import Random
        >>> misspell([{"role": "user", "text": "I definitely did not receive it"}], Random(2)).turns[0]["text"]
        'I definitely did not recieve it'
    """
    none = "no word that is commonly misspelt"
    return reworded(turns, rng, lexicon("misspellings"), otherwise=none)
