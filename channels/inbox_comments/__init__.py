"""Comments under campaigns and on blogs, sent to us by a signed webhook and answered by one."""

from inbox_comments.channel import CommentsChannel

__all__ = ["CommentsChannel"]
