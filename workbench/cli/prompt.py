"""The kernel's messages as JupyterLab sends them to the browser: each at once.

Small messages that follow one another wait for the browser's acknowledgement of the first, by some 40 ms
(Nagle's algorithm). A decision in the review window is answered by such a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

if TYPE_CHECKING:
    import asyncio


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection, which waits for nothing before it sends."""

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override]  # as in the class above
        """Connect to the kernel, and switch Nagle's algorithm off."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
