"""Telephone calls, as telephony systems report them."""

from inbox_telephony.channel import TelephonyChannel

__all__ = ["TelephonyChannel"]
