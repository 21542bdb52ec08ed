"""Message Batches: half the price, hours instead of seconds, and never two batches for the same requests."""

from workbench.llm.batches.client import PATIENCE, BatchClient

__all__ = ["PATIENCE", "BatchClient"]
