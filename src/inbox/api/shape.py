"""What every shape of an answer is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid")
