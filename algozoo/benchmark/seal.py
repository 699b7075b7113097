"""Secrets without a server: a commitment is published first, what it commits to when the challenge is over."""

import hashlib
import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, Field, ValidationError

from algozoo.benchmark.suite import LARGEST_NUMBER, Suite, suite_in
from algozoo.datasets import load_dataset
from algozoo.datasets.manifest import RealManifest
from algozoo.errors import AlgoZooError, InputError
from algozoo.files import read_text, write_text_whole
from algozoo.toml import Model, Sha256, Table, parse_toml

LARGEST_SECRET = 2**26
"""Bytes: some hundred thousand trials."""


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


class Seal(Table):
    """What the file of a seal holds."""

    suite: str
    version: str
    commitment: Sha256
    salt: str


def seal_path(path: Path) -> Path:
    """Path of the seal of a suite file: next to it, with `.seal` after its name."""
    return path.with_name(f"{path.name}.seal")


def seal(path: Path) -> Seal:
    """Draw the seed of a suite, unless it has one of 128 bits, and a salt; write both to files to be kept secret.

    Parameters
    ----------
    path : path
        Suite file, which gets the seed. The seal is a new file next to it: a salt that is lost or replaced can never be
        checked again.

    Raises
    ------
    InputError
        If there is a seal already, the suite has mistakes or a seed of fewer bits, or anybody can download a night
        of it.
    AlgoZooError
        If a file cannot be written.
    """
    kept = seal_path(path)
    if kept.exists():
        raise InputError(f"{kept} is there already; it holds the salt of an earlier seal, which must not be lost")
    source = parse_toml(path)
    drawn = {} if "seed" in source.document else {"seed": secrets.token_hex(16)}
    suite = suite_in(replace(source, document=source.document | drawn))
    _refuse_small_seed(suite, path)
    _refuse_public_nights(suite, path)
    if drawn:
        document = tomlkit.parse(source.text)
        document.update(drawn)
        write_text_whole(path, tomlkit.dumps(document))
    sealed = Sealed(suite=suite)
    content = Seal(suite=suite.name, version=suite.version, commitment=sealed.commitment, salt=sealed.salt)
    write_text_whole(kept, content.model_dump_json(indent=1) + "\n")
    return content


def reveal(path: Path, published: str) -> Suite:
    """Compare a suite file, with the salt in its seal, with the commitment that was published.

    Raises
    ------
    InputError
        If a file cannot be read.
    AlgoZooError
        If the suite is another.
    """
    suite, kept = suite_in(parse_toml(path)), seal_path(path)
    salt = read_secret(kept, Seal, "algozoo suite seal").salt
    found = Sealed(suite=suite, salt=salt).commitment
    if found != published.strip().lower():
        raise AlgoZooError(
            f"{path}: suite {suite.name} {suite.version} is not the one that was sealed: with the salt in {kept} its "
            f"commitment is {found}, published was {published}; the suite, a manifest of its datasets or the salt was "
            "changed"
        )
    return suite


def read_secret(path: Path, model: type[Model], command: str) -> Model:
    """Read a JSON file that a command wrote.

    Raises
    ------
    InputError
        If it cannot be read, or something else is in it.
    """
    try:
        return model.model_validate_json(read_text(path, LARGEST_SECRET))
    except InputError as error:
        raise InputError(f"{error}; `{command}` makes it") from None
    except ValidationError as error:
        raise InputError(f"{path}: was not made by `{command}` ({str(error).splitlines()[0]})") from None


def _refuse_small_seed(suite: Suite, path: Path) -> None:
    if suite.seed <= LARGEST_NUMBER:
        raise InputError(
            f"{path}: seed = {suite.seed} can be found by trying, expected 128 random bits: remove the line, and "
            f"`algozoo suite seal {path}` draws them"
        )


def _refuse_public_nights(suite: Suite, path: Path) -> None:
    for entry in suite.datasets:
        manifest = load_dataset(entry.name).manifest
        files = [file for _, file in manifest.files if file] if isinstance(manifest, RealManifest) else []
        if address := next(filter(None, (file.web_address for file in files)), None):
            raise InputError(
                f"{path}: dataset {entry.name} is a night that anybody can download ({address}): its frames can be "
                "recognised and subtracted. Hide simulated datasets, whose sequences depend on the seed of the suite, "
                "or a night that was never published: `algozoo datasets add` makes its manifest, without an address"
            )


def _said(model: BaseModel, *without: str) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude=set(without), exclude_defaults=True)
