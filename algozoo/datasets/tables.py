"""What the tables of all manifests are made of."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _matching(pattern: str, expected: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}")
        return text

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]*", "lower-case letters, digits and hyphens")]
Version = Annotated[str, _matching(r"\d+(\.\d+)*", "numbers and dots in quotes, such as '1' or '1.2'")]
Url = Annotated[str, _matching(r"(https?|file)://\S+", "an address that begins with https:// or file://")]
Sha256 = Annotated[str, _matching(r"[0-9a-f]{64}", "64 hexadecimal digits in lower case, as sha256sum prints")]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Table(BaseModel):
    """A table of a manifest; a field it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
