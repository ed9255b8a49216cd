"""A real Dovecot for tests, in a folder of its own on a free port.

with running_dovecot() as dovecot:
dovecot.deliver(mail)
...  # IMAP at dovecot.host, dovecot.port as dovecot.user with dovecot.password
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
_MISSING = "Dovecot is not installed; on Debian: apt-get install --no-install-recommends dovecot-imapd"
_NOBODY = 10143  # owns the mails when root runs the tests, for Dovecot gives no mail to root

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 0
mail_uid = {uid}
mail_gid = {gid}
mail_max_userip_connections = 50
imap_idle_notify_interval = 3 secs
{internal}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  service_count = 0
  chroot =
}}
service anvil {{
  chroot =
}}
"""
_TOKENS = """
auth_mechanisms = {mechanism}
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = {mechanism}
  args = {folder}/tokens
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running Dovecot with one mailbox."""

    folder: Path
    port: int
    host: str = "127.0.0.1"
    user: str = "help@example.org"
    password: str = "secret"

    def deliver(self, octets: bytes) -> None:
        """Let a mail arrive."""
        self._doveadm("save", "-u", self.user, "-m", "INBOX", octets=octets)

    def kick(self) -> None:
        """End every session with BYE, as at a restart."""
        self._doveadm("kick", self.user)

    def renumber(self) -> None:
        """Lose the index of every folder, so that UIDVALIDITY changes."""
        self.kick()
        for path in (self.folder / "mail" / self.user).rglob("dovecot*"):
            path.unlink(missing_ok=True)
        time.sleep(1.1)  # UIDVALIDITY is the time in seconds

    def sessions(self) -> list[int]:
        """Return the processes that serve clients."""
        listed = self._doveadm("who", "-1").decode().splitlines()[1:]
        return [int(word.strip("()")) for line in listed for word in line.split() if word.strip("()").isdigit()]

    def signal_sessions(self, what: signal.Signals) -> None:
        """Kill, stop or continue the processes that serve clients."""
        for process in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(process, what)

    def flags(self) -> list[str]:
        """Return the flags of all mails: S is for seen."""
        files = (self.folder / "mail" / self.user).glob("*/*:2,*")
        return [path.name.rpartition(":2,")[2] for path in files]

    def _doveadm(self, *arguments: str, octets: bytes = b"") -> bytes:
        config = str(self.folder / "dovecot.conf")
        program = shutil.which("doveadm", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/sbin") or "doveadm"
        command = [program, "-c", config, *arguments]
        done = subprocess.run(command, input=octets, capture_output=True, timeout=20, check=False)
        if done.returncode and arguments[0] == "save":
            raise RuntimeError(done.stderr.decode())
        return done.stdout


def is_installed() -> bool:
    """Tell whether there is one."""
    return _PROGRAM is not None


@contextmanager
def running_dovecot(
    user: str = "help@example.org", *, tokeninfo_url: str = "", mechanism: str = "XOAUTH2"
) -> Iterator[Dovecot]:
    """Start a Dovecot, and stop it at the end; the test is skipped where none is installed.

    With `tokeninfo_url` it takes access tokens by `mechanism` instead of passwords, and asks there whose they are.
    """
    if _PROGRAM is None:
        pytest.skip(_MISSING)
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    dovecot = Dovecot(folder, _free_port(), user=user)
    _write(dovecot)
    if tokeninfo_url:
        _take_tokens(dovecot, tokeninfo_url, mechanism.lower())
    process = subprocess.Popen([_PROGRAM, "-c", str(folder / "dovecot.conf"), "-F"], stderr=subprocess.PIPE)
    try:
        _wait_until_it_listens(dovecot, process)
        yield dovecot
    finally:
        dovecot.signal_sessions(signal.SIGCONT)
        process.terminate()
        process.communicate(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _write(dovecot: Dovecot) -> None:
    uid, gid, internal = os.getuid(), os.getgid(), ""
    if uid == 0:
        uid = gid = _NOBODY
    else:
        me, ours = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
        internal = f"default_internal_user = {me}\ndefault_internal_group = {ours}\ndefault_login_user = {me}"
    dovecot.folder.chmod(0o711)
    mails = dovecot.folder / "mail"
    mails.mkdir()
    os.chown(mails, uid, gid)
    (dovecot.folder / "users").write_text(f"{dovecot.user}:{{PLAIN}}{dovecot.password}\n")
    config = _CONFIG.format(folder=dovecot.folder, uid=uid, gid=gid, port=dovecot.port, internal=internal)
    (dovecot.folder / "dovecot.conf").write_text(config)


def _take_tokens(dovecot: Dovecot, tokeninfo_url: str, mechanism: str) -> None:
    with (dovecot.folder / "dovecot.conf").open("a") as config:
        config.write(_TOKENS.format(folder=dovecot.folder, mechanism=mechanism))
    (dovecot.folder / "tokens").write_text(f"tokeninfo_url = {tokeninfo_url}\nusername_attribute = email\n")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_it_listens(dovecot: Dovecot, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"Dovecot ended: {process.communicate()[1].decode()}")
        with suppress(OSError), socket.create_connection((dovecot.host, dovecot.port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("Dovecot does not listen.")
