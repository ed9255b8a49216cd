"""The email channel of Crowd Inbox."""
