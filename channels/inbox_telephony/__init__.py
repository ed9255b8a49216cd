"""The telephony channel of Crowd Inbox."""
