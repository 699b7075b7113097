"""Secrets without a server: a commitment is published first, what it commits to when the challenge is over."""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from algozoo.benchmark.suite import Suite
from algozoo.datasets import load_dataset
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import write_text_whole
from algozoo.toml import Table


class Sealed(Table):
    """A hidden suite, and, in a subclass, what else stays secret with it.

    Parameters
    ----------
    suite : Suite
    salt : str
        Without it nobody can find what belongs to a commitment by trying; drawn by default.
    """

    suite: Suite
    salt: str = Field(default_factory=lambda: secrets.token_hex(32))

    @property
    def commitment(self) -> str:
        """Sha256 of all fields and of the manifests of the suite's datasets, to be published first.

        It is of what the files say, not of how they are written: comments, order and the names of manifests do not
        count. Nor does what has its default, so that fields which later versions add change nothing.
        """
        datasets = [(_said(entry, "name"), _said(load_dataset(entry.name).manifest)) for entry in self.suite.datasets]
        content = [_said(self, "suite"), _said(self.suite, "datasets"), datasets]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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
    sealed = Sealed(suite=suite)
    content = {
        "suite": suite.name,
        "version": suite.version,
        "commitment": sealed.commitment,
        "salt": sealed.salt,
    }
    write_text_whole(path, json.dumps(content, indent=1) + "\n")
    return sealed.commitment


def check_reveal(suite: Suite, salt: str, published: str) -> None:
    """Compare a revealed suite with the commitment that was published.

    Raises
    ------
    AlgoZooError
        If they differ.
    """
    found = Sealed(suite=suite, salt=salt).commitment
    if found != published.strip().lower():
        raise AlgoZooError(
            f"suite {suite.name} {suite.version} is not the one that was sealed: with this salt its commitment is "
            f"{found}, published was {published}; the suite, a manifest of its datasets or the salt was changed"
        )


def _said(model: BaseModel, *without: str) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude=set(without), exclude_defaults=True)
