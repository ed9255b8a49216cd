"""Outgoing connections: only to checked addresses, bounded, and silent about why not."""

import asyncio
import gzip
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from inbox.addresses import Allowance, read_allowance
from inbox.channel.host import Dialer, Http
from inbox.errors import OutgoingFailed, OutgoingRefused
from inbox.guard import (
    HTTP_PORTS,
    MAIL_PORTS,
    Guard,
    GuardedDialer,
    GuardedHttp,
    checked_address,
    first_answering,
    http_guard,
    mail_guard,
    resolve,
)

LOOPBACK = read_allowance(["127.0.0.1"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(slots=True)
class FarEnd:
    """A server that answers every request with the same bytes."""

    answer: bytes = OK
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def hang_up(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def far_end(answer: bytes = OK, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[FarEnd]:
    end = FarEnd(answer)
    server = await asyncio.start_server(end.serve, "127.0.0.1", 0, ssl=tls)
    end.port = server.sockets[0].getsockname()[1]
    async with server:
        yield end
        await end.hang_up()


@asynccontextmanager
async def http_by(guard: Guard, **options: timedelta | int | ssl.SSLContext) -> AsyncIterator[GuardedHttp]:
    http = GuardedHttp(guard, **options)  # type: ignore[arg-type]  # each test passes what it means
    try:
        yield http
    finally:
        await http.close()


def names(*answers: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that gives one answer after the other."""
    left = list(answers)

    async def answer(host: str, port: int) -> Sequence[str]:
        return left.pop(0)

    return answer


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_client_and_dialer_are_what_a_channel_is_lent() -> None:
    lent: tuple[Http, Dialer] = (GuardedHttp(http_guard()), GuardedDialer(mail_guard()))

    assert len(lent) == 2


async def test_an_allowed_address_is_called() -> None:
    async with far_end() as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        answer = await http.post(f"http://127.0.0.1:{end.port}/hook?a=1", content=b"hello", headers={"X-Id": "7"})

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"ok", "2")
    assert end.requests[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    assert b"x-id: 7\r\n" in end.requests[0].lower()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "localhost",
        "LOCALHOST.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "１２７.0.0.1",
        "①②⑦.0.0.1", "127。0。0。1",
    ],
)  # fmt: skip
async def test_no_form_of_loopback_is_connected_to(host: str) -> None:
    async with far_end() as end, http_by(Guard(Allowance(), frozenset({end.port}))) as http:
        with pytest.raises((OutgoingFailed, OutgoingRefused)):
            await http.get(f"http://{host}:{end.port}/")

    assert end.connections == 0


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "10.0.0.1", "192.0.0.192", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"]
)
async def test_a_name_of_a_private_address_is_not_called(address: str) -> None:
    with pytest.raises(OutgoingFailed):
        await Guard(Allowance(), HTTP_PORTS, names([address])).checked("metadata.example", 443)


async def test_a_name_with_one_private_address_among_public_ones_is_not_called() -> None:
    with pytest.raises(OutgoingFailed):
        await Guard(Allowance(), HTTP_PORTS, names(["8.8.8.8", "10.0.0.1"])).checked("mixed.example", 443)


async def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind() -> None:
    async with far_end() as end:
        guard = Guard(LOOPBACK, HTTP_PORTS, names(["127.0.0.1"], ["10.0.0.1"]))
        async with http_by(guard) as http:
            answer = await http.get(f"http://rebinding.example:{end.port}/")

    assert answer.status == 200
    assert f"host: rebinding.example:{end.port}".encode() in end.requests[0].lower()


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async def connect(address: str) -> str:
        if address == "1.1.1.1":
            raise ConnectionRefusedError
        return address

    assert await first_answering(["1.1.1.1", "8.8.8.8"], connect) == "8.8.8.8"


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8080])
async def test_a_public_address_is_not_called_on_another_port(port: int) -> None:
    with pytest.raises(OutgoingFailed):
        await Guard(Allowance(), HTTP_PORTS, names(["8.8.8.8"])).checked("public.example", port)


@pytest.mark.parametrize(("guard", "port"), [(HTTP_PORTS, 443), (HTTP_PORTS, 80), (MAIL_PORTS, 993), (MAIL_PORTS, 587)])
async def test_a_public_address_is_called_on_its_ports(guard: frozenset[int], port: int) -> None:
    assert await Guard(Allowance(), guard, names(["8.8.8.8"])).checked("public.example", port) == ("8.8.8.8",)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com/", "//example.com/", "example.com", "", "http://",
        "https://user:password@example.com/", "https://user@example.com/", "http://[::1/", "http://a:b/", "unix:///run/x",
    ],
)  # fmt: skip
async def test_a_url_that_is_no_plain_web_address_is_refused(url: str) -> None:
    async with http_by(http_guard()) as http:
        with pytest.raises(OutgoingRefused):
            await http.get(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with far_end() as inside:
        moved = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n"
        async with far_end(moved.encode()) as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
            answer = await http.post(f"http://127.0.0.1:{end.port}/", content=b"")

        assert answer.status == status
        assert inside.connections == 0


async def test_no_cookie_is_kept() -> None:
    baked = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
    async with far_end(baked) as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        for _ in range(2):
            await http.get(f"http://127.0.0.1:{end.port}/")

    assert b"cookie" not in end.requests[1].lower()


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with far_end() as proxy, far_end() as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        await http.get(f"http://127.0.0.1:{end.port}/")

    assert (proxy.connections, end.connections) == (0, 1)


async def test_private_closed_and_unknown_look_alike() -> None:
    failures = []
    for host, port, guard in (
        ("private.example", 443, Guard(Allowance(), HTTP_PORTS, names(["10.0.0.1"]))),
        ("closed.example", closed_port(), Guard(LOOPBACK, HTTP_PORTS, names(["127.0.0.1"]))),
        ("unknown.invalid", 443, Guard(Allowance(), HTTP_PORTS, names([]))),
        ("port.example", 22, Guard(Allowance(), HTTP_PORTS, names(["8.8.8.8"]))),
        ("a..b", 443, Guard(Allowance(), HTTP_PORTS, resolve)),
    ):
        started = time.monotonic()
        async with http_by(guard) as http:
            with pytest.raises(OutgoingFailed) as caught:
                await http.get(f"http://{host}:{port}/")
        failures.append((type(caught.value), str(caught.value), caught.value.may_have_arrived))
        assert time.monotonic() - started >= 0.25

    assert set(failures) == {(OutgoingFailed, str(OutgoingFailed()), False)}


async def test_the_log_tells_the_reason() -> None:
    with structlog.testing.capture_logs() as entries, pytest.raises(OutgoingFailed):
        await Guard(Allowance(), HTTP_PORTS, names(["10.0.0.1"])).checked("private.example", 443)

    assert entries[0]["reason"] == "10.0.0.1 port 443 is not called from here"


async def test_an_endless_answer_is_given_up() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 << 20)
    async with far_end(endless) as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        with pytest.raises(OutgoingFailed, match="too large") as caught:
            await http.get(f"http://127.0.0.1:{end.port}/")

    assert caught.value.may_have_arrived


async def test_a_small_answer_that_unfolds_to_a_vast_one_is_given_up() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    async with far_end(answer) as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        with pytest.raises(OutgoingFailed, match="too large"):
            await http.get(f"http://127.0.0.1:{end.port}/")


async def test_a_folded_answer_is_unfolded() -> None:
    folded = gzip.compress(b"hello")
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(folded) + folded
    async with far_end(answer) as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        assert (await http.get(f"http://127.0.0.1:{end.port}/")).body == b"hello"


async def test_a_far_end_that_falls_silent_is_given_up_and_may_have_got_it() -> None:
    within = timedelta(milliseconds=300)
    async with far_end(b"HTTP/1.1 200 OK\r\n") as end, http_by(Guard(LOOPBACK, HTTP_PORTS), within=within) as http:
        started = time.monotonic()
        with pytest.raises(OutgoingFailed) as caught:
            await http.post(f"http://127.0.0.1:{end.port}/", content=b"hello")

    assert caught.value.may_have_arrived
    assert time.monotonic() - started < 5


async def test_an_answer_in_another_tongue_is_a_failure() -> None:
    async with far_end(b"220 mail.example ESMTP\r\n\r\n") as end, http_by(Guard(LOOPBACK, HTTP_PORTS)) as http:
        with pytest.raises(OutgoingFailed):
            await http.get(f"http://127.0.0.1:{end.port}/")


# TLS asks for the name, whatever the address.


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server named hook.example shows, and what a client believes that knows its authority."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = folder / "certificate.pem"
    certificate.write_bytes(self_signed("hook.example"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server, ssl.create_default_context(cafile=str(certificate))


def self_signed(host: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)


async def test_the_certificate_must_name_the_host_and_not_the_address(
    secure: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    shown, believed = secure
    async with far_end(tls=shown) as end:
        guard = Guard(LOOPBACK, HTTP_PORTS, names(["127.0.0.1"], ["127.0.0.1"]))
        async with http_by(guard, tls=believed) as http:
            assert (await http.get(f"https://hook.example:{end.port}/")).status == 200
            with pytest.raises(OutgoingFailed, match=r"^The certificate of other\.example is not accepted: "):
                await http.get(f"https://other.example:{end.port}/")


async def test_a_certificate_of_nobody_known_is_not_accepted(secure: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with far_end(tls=secure[0]) as end, http_by(Guard(LOOPBACK, HTTP_PORTS, names(["127.0.0.1"]))) as http:
        with pytest.raises(OutgoingFailed, match="certificate"):
            await http.get(f"https://hook.example:{end.port}/")

    assert end.requests == []


async def test_a_mail_server_is_dialled_with_its_name(secure: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    shown, believed = secure
    async with far_end(tls=shown) as end:
        dialer = GuardedDialer(Guard(LOOPBACK, MAIL_PORTS, names(["127.0.0.1"], ["127.0.0.1"])), tls=believed)
        reader, writer = await dialer.dial("hook.example", end.port, tls=True)
        writer.write(b"A1 NOOP\r\n\r\n")
        assert await reader.readexactly(len(OK)) == OK
        writer.close()
        with pytest.raises(OutgoingFailed, match="certificate"):
            await dialer.dial("other.example", end.port, tls=True)


async def test_a_closed_mail_server_is_told_as_unreachable() -> None:
    dialer = GuardedDialer(Guard(LOOPBACK, MAIL_PORTS, names(["127.0.0.1"])))

    with pytest.raises(OutgoingFailed):
        await dialer.dial("mail.example", closed_port(), tls=False)


async def test_a_private_mail_server_is_not_dialled() -> None:
    async with far_end() as end:
        dialer = GuardedDialer(Guard(Allowance(), frozenset({end.port})))
        with pytest.raises(OutgoingFailed):
            await dialer.dial("localhost", end.port, tls=False)

    assert end.connections == 0


async def test_a_web_port_of_a_mail_server_is_not_dialled() -> None:
    with pytest.raises(OutgoingFailed):
        await checked_address("mail.example", 443, guard=Guard(Allowance(), MAIL_PORTS, names(["8.8.8.8"])))


async def test_the_checked_address_of_a_mail_server_is_handed_out() -> None:
    guard = Guard(Allowance(), MAIL_PORTS, names(["8.8.8.8", "1.1.1.1"]))

    assert await checked_address("mail.example", 993, guard=guard) == ("8.8.8.8", 993)
