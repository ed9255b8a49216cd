"""The e-mail channel: IMAP in, SMTP out."""

from inbox_email.channel import EmailChannel
from inbox_email.config import EmailConfig

__all__ = ["EmailChannel", "EmailConfig"]
