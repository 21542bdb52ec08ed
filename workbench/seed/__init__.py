"""The seed: real cases mined from production, the anchor of every verdict."""

from workbench.seed.audit import Audit, audit
from workbench.seed.importing import SeedImport, import_seed
from workbench.seed.split import shares, split_of

__all__ = ["Audit", "SeedImport", "audit", "import_seed", "shares", "split_of"]
