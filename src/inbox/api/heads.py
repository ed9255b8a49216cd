"""The server's side of HTTP, with a bound for all that is no body: heads, trailers, what stands between chunks."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LIMIT = 64 * 1024  # bytes; browsers send some two thousand
# Written below the application, which has not seen a request yet; RFC 6585 section 5.
_PROBLEM = (
    b'{"type":"about:blank#too_large","title":"Request Header Fields Too Large","status":431,"code":"too_large",'
    b'"detail":"The head of the request is larger than 64 KiB."}'
)
_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
    b"content-type: application/problem+json\r\ncontent-length: %d\r\n\r\n%s"
) % (len(_PROBLEM), _PROBLEM)


class Heads(HttpToolsProtocol):
    """uvicorn's own protocol, which would gather a header for ever, and ever more slowly."""

    _unanswered = 0  # bytes since something of a request was complete

    def data_received(self, data: bytes) -> None:
        """Read on, unless too much came of which nothing could be made."""
        self._unanswered += len(data)
        super().data_received(data)
        if self._unanswered > LIMIT and not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Take a head that is complete."""
        self._unanswered = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, whose length the application counts."""
        self._unanswered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take a request that is complete."""
        self._unanswered = 0
        super().on_message_complete()
