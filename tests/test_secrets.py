"""Secrets at rest: sealed, bound, rotated."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from inbox.errors import DataDirUnusable, SecretUnreadable, StartRefused
from inbox.secrets import Vault, open_vault


def new_key() -> str:
    return Fernet.generate_key().decode()


def test_what_was_sealed_opens_for_the_same_context() -> None:
    vault = Vault([new_key()])

    assert vault.open("inbox:1", vault.seal("inbox:1", b"hunter2")) == b"hunter2"


def test_what_was_sealed_does_not_show() -> None:
    assert b"hunter2" not in Vault([new_key()]).seal("inbox:1", b"hunter2")


def test_a_secret_does_not_open_for_another_context() -> None:
    vault = Vault([new_key()])
    sealed = vault.seal("inbox:1", b"1 more")

    for context in ("inbox:2", "inbox:", "inbox:11"):
        with pytest.raises(SecretUnreadable):
            vault.open(context, sealed)


def test_a_value_cannot_pretend_to_be_of_another_context() -> None:
    vault = Vault([new_key()])

    with pytest.raises(SecretUnreadable):
        vault.open("inbox:1", vault.seal("inbox:", b"1\0x"))


@pytest.mark.parametrize("context", ["", "inbox\0:1"])
def test_a_context_that_binds_nothing_is_refused(context: str) -> None:
    with pytest.raises(ValueError, match="no context"):
        Vault([new_key()]).seal(context, b"hunter2")


def test_a_changed_secret_does_not_open() -> None:
    vault = Vault([new_key()])
    sealed = vault.seal("inbox:1", b"hunter2")

    for torn in (sealed[:-5], b"", b"hunter2", sealed[:40] + b"A" + sealed[41:]):
        with pytest.raises(SecretUnreadable):
            vault.open("inbox:1", torn)


def test_the_error_does_not_tell_the_secret() -> None:
    vault = Vault([new_key()])

    with pytest.raises(SecretUnreadable) as caught:
        vault.open("inbox:2", vault.seal("inbox:1", b"hunter2"))

    assert "hunter2" not in str(caught.value)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal("inbox:1", b"hunter2")
    both = Vault([new, old])

    assert both.open("inbox:1", sealed) == b"hunter2"
    assert Vault([new]).open("inbox:1", both.seal("inbox:1", b"hunter3")) == b"hunter3"


def test_a_secret_sealed_again_needs_the_older_key_no_more() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal("inbox:1", b"hunter2")

    assert Vault([new]).open("inbox:1", Vault([new, old]).reseal(sealed)) == b"hunter2"


def test_every_label_has_its_own_key_and_keeps_it() -> None:
    key = new_key()

    assert Vault([key]).derive("reply") == Vault([key]).derive("reply")
    assert Vault([key]).derive("reply") != Vault([key]).derive("visitor")
    assert len(Vault([key]).derive("reply")) == 32


def test_a_derived_key_of_an_older_key_is_still_believed() -> None:
    old, new = new_key(), new_key()

    assert Vault([new, old]).derived("reply") == (Vault([new]).derive("reply"), Vault([old]).derive("reply"))


@pytest.mark.parametrize("key", ["hunter2", "ä" * 44, "A" * 42 + "==", "A" * 43, "A" * 88])
def test_what_is_no_key_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(StartRefused) as caught:
        Vault([key])

    assert key not in str(caught.value)


def test_the_first_start_makes_a_private_key_that_the_next_one_finds(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path).seal("inbox:1", b"hunter2")

    assert open_vault(tmp_path).open("inbox:1", sealed) == b"hunter2"
    assert stat.S_IMODE((tmp_path / "secret-keys").stat().st_mode) == 0o600


def test_a_data_folder_that_is_not_there_yet_is_made(tmp_path: Path) -> None:
    open_vault(tmp_path / "var")

    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: open_vault(tmp_path).derive("reply"), range(40)))

    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret-keys"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_vault(tmp_path)
    (tmp_path / "secret-keys").chmod(0o640)

    with pytest.raises(DataDirUnusable, match="make it private"):
        open_vault(tmp_path)


def test_a_key_file_that_holds_no_text_is_told_as_one_without_keys(tmp_path: Path) -> None:
    (tmp_path / "secret-keys").write_bytes(b"\xff\xfe")
    (tmp_path / "secret-keys").chmod(0o600)

    with pytest.raises(StartRefused, match="not 32 bytes"):
        open_vault(tmp_path)


def test_a_folder_in_the_place_of_the_key_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret-keys").mkdir()

    with pytest.raises(DataDirUnusable, match="Is a directory"):
        open_vault(tmp_path)


def test_configured_keys_write_no_file(tmp_path: Path) -> None:
    open_vault(tmp_path, [new_key()])

    assert list(tmp_path.iterdir()) == []


def test_configured_keys_seal_and_the_file_s_still_open(tmp_path: Path) -> None:
    key = new_key()
    sealed = open_vault(tmp_path).seal("inbox:1", b"hunter2")
    moved = open_vault(tmp_path, [key])

    assert moved.open("inbox:1", sealed) == b"hunter2"
    assert Vault([key]).open("inbox:1", moved.seal("inbox:1", b"hunter3")) == b"hunter3"


def test_a_vault_does_not_show_its_keys() -> None:
    key = new_key()

    assert key not in repr(Vault([key]))
