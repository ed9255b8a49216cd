"""Settings are read once, and what does not fit stops the start with one sentence."""

from pathlib import Path

import pytest

from inbox.domain.credentials import Scope
from inbox.errors import StartRefused
from inbox.foundation import laid
from inbox.settings import Settings, read_settings, settings_table

GUIDE = Path(__file__).parents[1] / "docs" / "administrator.md"


def test_without_any_variable_the_service_starts_on_this_machine_alone() -> None:
    settings = read_settings({})

    assert (settings.host, settings.port, settings.site) == ("127.0.0.1", 8000, "http://localhost:8000")


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read_settings({"INBOX_PORT": " ", "INBOX_DATABASE_URL": ""}) == read_settings({})


def test_lists_are_separated_by_commas() -> None:
    settings = read_settings({"INBOX_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "INBOX_SECRET_KEYS": "new,old"})

    assert settings.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert [key.get_secret_value() for key in settings.secret_keys] == ["new", "old"]


def test_the_public_address_is_an_origin() -> None:
    assert read_settings({"INBOX_PUBLIC_URL": "https://Help.Example.org/"}).site == "https://help.example.org"


def test_listening_everywhere_still_gives_an_address_to_open() -> None:
    assert read_settings({"INBOX_HOST": "0.0.0.0", "INBOX_PORT": "80"}).site == "http://localhost:80"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"INBOX_PROT": "1"}, "INBOX_PROT is no setting of Crowd Inbox (did you mean INBOX_PORT?)."),
        ({"INBOX_PORT": "abc"}, "INBOX_PORT does not fit"),
        ({"INBOX_PORT": "70000"}, "INBOX_PORT does not fit"),
        ({"INBOX_TRUSTED_PROXIES": "ten"}, "INBOX_TRUSTED_PROXIES does not fit"),
        ({"INBOX_PUBLIC_URL": "help.example.org"}, "INBOX_PUBLIC_URL does not fit"),
        ({"INBOX_PUBLIC_URL": "https://example.org/help"}, "a host of its own"),
        ({"INBOX_PUBLIC_URL": "https://example.org:abc"}, "INBOX_PUBLIC_URL does not fit: must name a port"),
        ({"INBOX_PUBLIC_URL": "https://help .example.org"}, "INBOX_PUBLIC_URL does not fit: must not hold a space"),
        ({"INBOX_MAIL_URL": "smtp://example.org:99999"}, "INBOX_MAIL_URL does not fit: must name a port"),
        ({"INBOX_LOG_LEVEL": "loud"}, "INBOX_LOG_LEVEL does not fit"),
        ({"INBOX_MAIL_URL": "smtp://localhost"}, "INBOX_MAIL_FROM is missing"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(StartRefused) as refused:
        read_settings(variables)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["INBOX_DATABASE_URL", "INBOX_MAIL_URL"])
def test_a_refused_address_does_not_tell_its_password(name: str) -> None:
    with pytest.raises(StartRefused) as refused:
        read_settings({name: "gopher://inbox:pass-word-42@example.org"})

    assert "pass-word-42" not in str(refused.value)


@pytest.mark.parametrize("host", ["nonsense.invalid", "192.0.2.1", "http://localhost", "[::1]", "ü" * 70])
async def test_a_host_that_is_not_ours_is_not_called_a_taken_port(host: str, tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="INBOX_HOST does not fit"):
        async with laid(Settings(host=host, port=0, data_dir=tmp_path / "var")):
            raise AssertionError("it started")


def test_settings_do_not_show_secrets() -> None:
    shown = repr(read_settings({"INBOX_SECRET_KEYS": "key-42", "INBOX_DATABASE_URL": "postgresql://i:word-42@h/n"}))

    assert "42" not in shown


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_administrators_guide_has_the_table_of_settings() -> None:
    assert settings_table() in GUIDE.read_text(encoding="utf-8"), f"put this into {GUIDE.name}:\n{settings_table()}"


def test_the_administrators_guide_has_every_scope() -> None:
    guide = GUIDE.read_text(encoding="utf-8")

    assert [scope for scope in Scope if f"| `{scope.value}` |" not in guide] == []
