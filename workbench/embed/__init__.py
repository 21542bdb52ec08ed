"""Vectors of texts, by the packaged all-MiniLM-L6-v2, offline; cached by content; exact neighbours.

embed.vectors(texts, cache=folder)      one unit vector per text
embed.embedded(texts, cache=folder)     the same, with the vectors of the windows of long texts
embed.nearest(vectors, reference)       the nearest of a reference
embed.pairs(embedded, at_least=0.92)    all pairs above a cosine
"""

from workbench.embed.neighbours import Nearest, Pairs, nearest, pairs
from workbench.embed.vectors import EMBEDDER, Embedded, embedded, vectors

__all__ = ["EMBEDDER", "Embedded", "Nearest", "Pairs", "embedded", "nearest", "pairs", "vectors"]
