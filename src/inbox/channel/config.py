"""Settings of an inbox: read by its channel's own model, stored plain, shown without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import Field, SecretStr, ValidationError

from inbox.channel.contract import Channel, ChannelConfig
from inbox.errors import ConfigRejected, Invalid

Words: TypeAlias = tuple[str, str]
_NONE: Mapping[str, Words] = MappingProxyType({})
_OF_PYDANTIC = frozenset({"default", "default_factory", "ge", "gt", "le", "lt", "min_length", "max_length", "pattern"})


def titled(title: str, description: str, *, de: Words, options: Mapping[str, Words] = _NONE, **more: Any) -> Any:  # noqa: ANN401 - as pydantic.Field
    """Make a setting with its words in both languages, as `pydantic.Field` makes one without.

    Args:
        title: its label in English.
        description: the sentence below it.
        de: both in German.
        options: what each value of a choice is called, in English and in German.
        more: `default`, `default_factory` and limits such as `ge` and `max_length`, as `pydantic.Field` knows them;
            anything else goes into the schema as it is: `goes_to` of a secret names the settings that say where it is
            sent, `format="inbox"` lets another inbox be chosen, `when` says while which values of others it is shown,
            `needed` that it is asked for then, `fills` what a choice means for others, `consent` which choices need
            the consent of an account's owner.
    """
    known = {name: value for name, value in more.items() if name in _OF_PYDANTIC}
    words: dict[str, Any] = {"de": {"title": de[0], "description": de[1]}}
    if options:
        words["options"] = {value: {"en": english, "de": german} for value, (english, german) in options.items()}
    others = {name: _json(value) for name, value in more.items() if name not in _OF_PYDANTIC}
    return Field(title=title, description=description, json_schema_extra=words | others, **known)


def _json(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def read_config(channel: Channel[Any], values: Mapping[str, Any]) -> ChannelConfig:
    """Read settings that somebody entered; raise Invalid with what is wrong, never with a value."""
    try:
        config: ChannelConfig = channel.config.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        words = str(first["msg"]).removeprefix("Value error, ")
        raise Invalid(f"{field}: {words}", pointer="/".join(("/config", *field.split(".")))) from error
    return config


def stored_config(channel: Channel[Any], values: Mapping[str, Any], *, name: str) -> ChannelConfig:
    """Read settings that were stored; raise ConfigRejected if a newer channel no longer takes them."""
    try:
        return read_config(channel, values)
    except Invalid as error:
        raise ConfigRejected(f"The settings of the inbox {name!r} are no longer valid ({error}).") from error


def plain(config: ChannelConfig) -> dict[str, Any]:
    """Return settings as they are stored, secrets included; the store seals them."""
    secrets = {n: v.get_secret_value() for n, v in config if isinstance(v, SecretStr)}
    shown: dict[str, Any] = config.model_dump(mode="json")
    return shown | secrets


def secret_fields(channel: Channel[Any]) -> frozenset[str]:
    """Return the names of the settings that are secret, by the schema that the form is drawn from."""
    properties: dict[str, Any] = channel.config.model_json_schema().get("properties", {})
    return frozenset(name for name, schema in properties.items() if _is_secret(schema))


def _is_secret(schema: Mapping[str, Any]) -> bool:
    return schema.get("format") == "password" or any(_is_secret(one) for one in schema.get("anyOf", ()))


def without_secrets(config: Mapping[str, Any], secrets: frozenset[str]) -> dict[str, Any]:
    """Return settings with their secrets blanked."""
    return {name: None if name in secrets else value for name, value in config.items()}


def with_kept_secrets(channel: Channel[Any], new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return new settings in which a blank secret is the old one.

    Raises Invalid for a blank secret that would now go somewhere else, as its field's `goes_to` says: whoever may
    change a server's name must not be sent the password that somebody else entered (CVE-2023-2620).
    """
    properties: dict[str, Any] = channel.config.model_json_schema().get("properties", {})
    kept = {name: old.get(name) for name in secret_fields(channel) if new.get(name) is None and old.get(name)}
    for name in kept:
        moved = [each for each in properties[name].get("goes_to", ()) if new.get(each) != old.get(each)]
        if moved:
            reason = f"Enter {properties[name]['title']} again, since {properties[moved[0]]['title']} has changed."
            raise Invalid(reason, pointer=f"/config/{name}")
    return {**new, **kept}
