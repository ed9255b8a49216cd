"""The far ends of the demo: the mail servers of the platform, and the address that takes our answers to comments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from inbox.demo.cast import CAMPAIGNS, PLATFORM
from inbox.demo.memory import Ports
from inbox.testing.hooks import ReplySink, reply_sink
from inbox.testing.imap import Folder, ScriptedImapServer
from inbox.testing.smtp import SmtpSink

HOST = "127.0.0.1"
MAIL_USER = f"service@{PLATFORM}"


@dataclass(frozen=True, slots=True)
class FarEnds:
    """Servers of our own that stand for a whole platform."""

    imap: ScriptedImapServer
    smtp: SmtpSink
    replies: ReplySink

    @property
    def ports(self) -> Ports:
        """Return where they listen."""
        return Ports(self.imap.port, self.smtp.port, int(self.replies.origin.rpartition(":")[2]))


@asynccontextmanager
async def far_ends(ports: Ports, secret: str, *, now: datetime) -> AsyncIterator[FarEnds]:
    """Serve them, at the places of last time if those are still free; else what was sent from there is lost."""
    async with AsyncExitStack() as stack:
        imap, smtp = await _mail_servers(stack, ports, secret)
        # A mailbox in memory is empty again after a restart; another number says so, and nothing is thought seen.
        imap.folders = {campaign.key: Folder(uidvalidity=int(now.timestamp())) for campaign in CAMPAIGNS}
        try:
            sink = await stack.enter_async_context(reply_sink(secret, port=ports.replies))
        except OSError:
            sink = await stack.enter_async_context(reply_sink(secret))
        sink.prefix = f"r{int(now.timestamp())}-"
        yield FarEnds(imap, smtp, sink)


async def _mail_servers(stack: AsyncExitStack, ports: Ports, secret: str) -> tuple[ScriptedImapServer, SmtpSink]:
    imap = ScriptedImapServer(user=MAIL_USER, password=secret, port=ports.imap)
    smtp = SmtpSink(user=MAIL_USER, password=secret, port=ports.smtp)
    for server in (imap, smtp):
        try:
            await server.start()
        except OSError:
            server.port = 0
            await server.start()
        stack.push_async_callback(server.stop)
    return imap, smtp
