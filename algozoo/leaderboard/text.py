"""Numbers and names as people read them."""

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape

NOTHING = "\N{EN DASH}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fixed(value: float | None, digits: int = 2) -> str:
    """Write with a fixed number of decimals, or a dash for nothing."""
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def duration(seconds: float | None) -> str:
    """Write seconds with two significant digits, as 0.025, 1.3 or 1300."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    if seconds < 0.001:
        return "< 0.001"
    return f"{float(f'{seconds:.2g}'):.{3 if seconds < 0.1 else 2 if seconds < 1 else 1 if seconds < 10 else 0}f}"


def rounded(value: float | None, digits: int | None) -> str:
    """Write with a number of decimals, or with two significant digits where that is None."""
    return duration(value) if digits is None else fixed(value, digits)


def scientific(value: float) -> str:
    """Write as a power of ten with two significant digits, a cross and superscripts."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} {_power(int(exponent))}"


def limit(row: dict[str, Any]) -> str:
    """Write a detection limit with its interval, as 2.4 [1.9, 3.1] x 10^-5; a bound that was not injected is a dash.

    Where there is no upper bound only the lower one is told: the best value would be too faint more often than not.
    """
    if row["status"] == "no upper bound" and row["low"] > 0:
        return f"> {scientific(row['low'])}"
    if row["status"] != "ok":
        return str(row["status"])
    exponent = math.floor(math.log10(row["contrast"]))

    def mantissa(contrast: float) -> str:
        if not 0 < contrast < math.inf:
            return NOTHING
        digits, shift = f"{contrast:.1e}".split("e")
        decimals = max(1 + exponent - int(shift), 0)
        return f"{float(digits) * 10.0 ** (int(shift) - exponent):.{decimals}f}"

    value, low, high = (mantissa(row[name]) for name in ("contrast", "low", "high"))
    return f"{value} [{low}, {high}] {_power(exponent)}"


def _power(exponent: int) -> str:
    return f"\N{MULTIPLICATION SIGN} 10{str(exponent).translate(_SUPERSCRIPTS)}"


def moment(iso: str) -> str:
    """Write the time of a run, which is recorded in UTC, to the minute."""
    return iso[:16].replace("T", " ")


def doi(reference: str) -> str | None:
    """Find the DOI in a reference."""
    found = re.search(r"\b10\.\d{4,9}/[^\s)\];,]+", reference)
    return found.group().rstrip(".") if found else None


def prose(text: str) -> Markup:
    """Write what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def slugs(labels: Iterable[str]) -> dict[str, str]:
    """Give each label a file name of its own, of letters, digits, dots, underscores and hyphens."""
    taken: dict[str, str] = {}
    for label in sorted(labels):
        plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
        slug = base = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-.") or "detector"
        number = 2
        while slug.lower() in {other.lower() for other in taken.values()}:
            slug, number = f"{base}-{number}", number + 1
        taken[label] = slug
    return taken
