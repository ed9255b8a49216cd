"""Which addresses are of the internet at large."""

from ipaddress import ip_address

import pytest

from inbox.addresses import is_public, read_allowance
from inbox.errors import StartRefused

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
    "128.0.0.1", "168.63.129.15", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "198.17.255.255",
    "223.255.255.255", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001:800::200e",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_internet_at_large_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_internet_at_large_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_an_allowance_covers_networks_addresses_and_hosts() -> None:
    allowance = read_allowance(["10.1.0.0/16", "127.0.0.1", "fd00::/8", "Mail.Intern."])

    assert allowance.covers("any", ip_address("10.1.2.3"))
    assert allowance.covers("any", ip_address("127.0.0.1"))
    assert allowance.covers("any", ip_address("fd00::1"))
    assert allowance.covers("mail.intern", ip_address("192.168.0.1"))
    assert allowance.covers("MAIL.intern.", ip_address("192.168.0.1"))


def test_an_allowance_covers_nothing_else() -> None:
    allowance = read_allowance(["10.1.0.0/16", "127.0.0.1", "mail.intern"])

    assert not allowance.covers("any", ip_address("10.2.0.1"))
    assert not allowance.covers("any", ip_address("127.0.0.2"))
    assert not allowance.covers("evil.mail.intern", ip_address("192.168.0.1"))
    assert not allowance.covers("any", ip_address("::ffff:127.0.0.1"))


@pytest.mark.parametrize("entry", ["", "http://localhost", "127.0.0.1:8000", "10.0.0.0/33", "*", "*.intern", "a b"])
def test_an_entry_that_means_nothing_is_refused(entry: str) -> None:
    with pytest.raises(StartRefused, match="neither a network nor a host's name"):
        read_allowance([entry])
