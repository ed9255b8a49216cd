"""The comments channel of Crowd Inbox."""
