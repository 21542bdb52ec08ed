"""Shorthand: words and phrases as hurried people text them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.generate.operators.lexicon import lexicon, reworded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from workbench.generate.operators.changes import Mutated


def shorthand(turns: Sequence[Mapping[str, str]], rng: Random) -> Mutated:
    """Write the words and phrases of `lexicon/shorthand.toml` short, each the same way everywhere.

    Example:
        >>> from random import Random
        >>> turns = [{"role": "user", "text": "Can you let me know, please? Thank you"}]
        >>> shorthand(turns, Random(4)).turns[0]["text"]
        'Can u lmk, plz? Ty'
    """
    return reworded(turns, rng, lexicon("shorthand"), otherwise="no word or phrase that has a shorthand")
