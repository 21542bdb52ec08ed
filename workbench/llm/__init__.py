"""Clients of models: one small protocol, and what goes in and comes out.

A client answers one request at a time and never raises for what a model did: a refusal, a cut reply and
an absent one are replies with a state. `Replay` answers from a file of stored replies, `WireClient` asks a
model through one guarded transport, with every call in the `Ledger` and under the caps of a `Budget`, and
`BatchClient` asks for many at once at half the price.
"""

from workbench.llm.batches import BatchClient
from workbench.llm.budget import Budget
from workbench.llm.ledger import Ledger
from workbench.llm.messages import Client, Origin, Reply, Request, State
from workbench.llm.replay import Replay
from workbench.llm.wire import WireClient

__all__ = [
    "BatchClient",
    "Budget",
    "Client",
    "Ledger",
    "Origin",
    "Replay",
    "Reply",
    "Request",
    "State",
    "WireClient",
]
