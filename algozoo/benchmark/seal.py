"""Hidden suites without a server: a commitment is published first, the suite itself when the challenge is over."""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from algozoo.benchmark.suite import Suite
from algozoo.datasets import load_dataset
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import write_whole


def commitment(suite: Suite, salt: str) -> str:
    """Sha256 of a suite, seed included, and of the manifests of its datasets, behind a salt.

    It is of what the files say, not of how they are written: comments and order do not count. Nor does what has its
    default, so that fields which later versions add change nothing. Without the salt nobody finds the seed by trying.

    Parameters
    ----------
    suite : Suite
    salt : str
    """

    def said(model: BaseModel, *without: str) -> dict[str, Any]:
        return model.model_dump(mode="json", exclude=set(without), exclude_defaults=True)

    manifests = [said(load_dataset(entry.name).manifest) for entry in suite.datasets]
    return salted_digest(salt, said(suite, "datasets"), [said(entry, "name") for entry in suite.datasets], manifests)


def salted_digest(salt: str, *content: Any) -> str:
    """Sha256 of anything that JSON can say, behind a salt; the order of keys does not count."""
    return hashlib.sha256(json.dumps([salt, *content], sort_keys=True).encode()).hexdigest()


def seal(suite: Suite, path: Path) -> str:
    """Draw a salt, write it to a file that is to be kept secret, and return the commitment to publish.

    Parameters
    ----------
    suite : Suite
    path : path
        New file: a salt that is lost or replaced can never be checked again.

    Raises
    ------
    InputError
        If there is such a file already.
    """
    if path.exists():
        raise InputError(f"{path} is there already; it holds the salt of an earlier seal, which must not be lost")
    salt = secrets.token_hex(32)
    digest = commitment(suite, salt)
    content = {"suite": suite.name, "version": suite.version, "commitment": digest, "salt": salt}
    write_whole(path, lambda temporary: temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8"))
    return digest


def check_reveal(suite: Suite, salt: str, published: str) -> None:
    """Hold a revealed suite against the commitment that was published.

    Raises
    ------
    AlgoZooError
        If they differ.
    """
    found = commitment(suite, salt)
    if found != published.strip().lower():
        raise AlgoZooError(
            f"suite {suite.name} {suite.version} is not the one that was sealed: with this salt its commitment is "
            f"{found}, published was {published}; the suite, a manifest of its datasets or the salt was changed"
        )
