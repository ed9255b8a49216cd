"""The settings of a telephony inbox."""

from __future__ import annotations

from typing import Annotated

import phonenumbers
from pydantic import AfterValidator

from inbox.channel.config import titled
from inbox.channel.contract import ChannelConfig
from inbox.channel.webhooks import OptionalSecret, OptionalToken, Secret, new_secret, new_token


def _known_region(region: str) -> str:
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("A region is two letters, such as DE, AT, CH, FR or GB.")
    return region.upper()


class TelephonyConfig(ChannelConfig):
    """What a telephony system and we agreed on."""

    secret: Secret = titled(
        "Signing secret",
        "Signs the call events sent here (Standard Webhooks). Made for you if left empty; shown once.",
        de=(
            "Signaturschlüssel",
            (
                "Unterschreibt die Anrufmeldungen (Standard Webhooks). Bleibt er leer, wird einer erzeugt und "
                "einmal gezeigt."
            ),
        ),
        default_factory=new_secret,
    )
    previous_secret: OptionalSecret = titled(
        "Previous secret",
        "Still accepted while the telephony system changes over to a new secret.",
        de=("Bisheriger Schlüssel", "Gilt weiter, solange die Telefonanlage auf einen neuen Schlüssel umstellt."),
        default=None,
    )
    token: OptionalToken = titled(
        "Token in the address",
        (
            "For telephony systems that cannot sign: append /token to the hook's address. Made for you if left "
            "out, shown once; emptied, signatures only."
        ),
        de=(
            "Token in der Adresse",
            (
                "Für Telefonanlagen, die nicht signieren können: /Token an die Adresse hängen. Fehlt er, wird "
                "einer erzeugt und einmal gezeigt; leer: nur signierte Meldungen."
            ),
        ),
        default_factory=new_token,
    )
    region: Annotated[str, AfterValidator(_known_region)] = titled(
        "Region of the line",
        "Whose numbers are meant when the telephony system leaves out the country: DE, AT, CH, FR …",
        de=(
            "Land des Anschlusses",
            "Wessen Nummern gemeint sind, wenn die Anlage die Vorwahl des Landes weglässt: DE, AT …",
        ),
        default="DE",
    )
