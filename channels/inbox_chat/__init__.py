"""The chat channel of Crowd Inbox."""
