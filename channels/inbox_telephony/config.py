"""The settings of a telephony inbox."""

from __future__ import annotations

from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, Field

from inbox.channel.contract import ChannelConfig
from inbox.channel.webhooks import OptionalSecret, OptionalToken, Secret, new_secret, new_token


def _known_region(region: str) -> str:
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("A region is two letters, such as DE, AT, CH, FR or GB.")
    return region.upper()


class TelephonyConfig(ChannelConfig):
    """What a telephony system and we agreed on."""

    secret: Secret = Field(
        default_factory=new_secret,
        title="Signing secret",
        description="Signs the call events sent here (Standard Webhooks). Made for you if left empty; shown once.",
        json_schema_extra={
            "de": {
                "title": "Signaturschlüssel",
                "description": "Unterschreibt die Anrufmeldungen (Standard Webhooks). "
                "Bleibt er leer, wird einer erzeugt und einmal gezeigt.",
            }
        },
    )
    previous_secret: OptionalSecret = Field(
        default=None,
        title="Previous secret",
        description="Still accepted while the telephony system changes over to a new secret.",
        json_schema_extra={
            "de": {
                "title": "Bisheriger Schlüssel",
                "description": "Gilt weiter, solange die Telefonanlage auf einen neuen Schlüssel umstellt.",
            }
        },
    )
    token: OptionalToken = Field(
        default_factory=new_token,
        title="Token in the address",
        description="For telephony systems that cannot sign: append /token to the hook's address. "
        "Made for you if left out, shown once; emptied, signatures only.",
        json_schema_extra={
            "de": {
                "title": "Token in der Adresse",
                "description": "Für Telefonanlagen, die nicht signieren können: /Token an die Adresse hängen. "
                "Fehlt er, wird einer erzeugt und einmal gezeigt; leer: nur signierte Meldungen.",
            }
        },
    )
    region: Annotated[str, AfterValidator(_known_region)] = Field(
        default="DE",
        title="Region of the line",
        description="Whose numbers are meant when the telephony system leaves out the country: DE, AT, CH, FR …",
        json_schema_extra={
            "de": {
                "title": "Land des Anschlusses",
                "description": "Wessen Nummern gemeint sind, wenn die Anlage die Vorwahl des Landes weglässt: DE, AT …",
            }
        },
    )
