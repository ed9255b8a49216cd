"""The chat channel of Crowd Inbox: visitors of a platform's pages, live over a websocket."""

from inbox_chat.channel import ChatChannel
from inbox_chat.config import ChatConfig

__all__ = ["ChatChannel", "ChatConfig"]
