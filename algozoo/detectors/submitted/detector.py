"""A submission as a detector: made from its manifest alone; its code runs in a sandbox, never in our process."""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass, replace
from functools import lru_cache
from pathlib import Path
from textwrap import indent
from typing import ClassVar, Self

import numpy as np
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import algozoo
from algozoo.detectors.contract import Cost, Declined, DetectionMap, Detector
from algozoo.detectors.submitted.manifest import Needs, Submission, read_submission
from algozoo.errors import InputError
from algozoo.files import folder_digest
from algozoo.sandbox.allowance import Allowance
from algozoo.sandbox.choice import choose, is_wanted
from algozoo.sandbox.confinement import Confinement, World, gpus, unconfined
from algozoo.sandbox.environment import installed_packages, own_packages
from algozoo.sandbox.sandbox import LONGEST_REASON, Answer, Sandbox, Stopped
from algozoo.sandbox.wire import Message
from algozoo.sequence import ADISequence
from algozoo.text import printable

GUEST = "algozoo.detectors.submitted.guest"
PARTS = (
    "__init__.py",
    "arguments.py",
    "errors.py",
    "files.py",
    "text.py",
    "sequence.py",
    "companions.py",
    "imaging",
    "detectors",
    "sandbox",
)
"""What a submission sees of us: no manifest, no seed, no suite."""
IMPORTS_VERSION = "2"
"""Raised when numbers change of what third-party code may import of us; our detectors have versions of their own."""
IMPORT = re.compile(r"^[ \t]*(?:import ([\w.]+)|from ([\w.]+) import ([\w, ]+))", re.MULTILINE)
WELL_KNOWN = {
    "astropy": "astropy",
    "numba": "numba",
    "numpy": "numpy",
    "pandas": "pandas",
    "photutils": "photutils",
    "pyklip": "pyklip",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "scipy": "scipy",
    "torch": "torch",
    "vip-hci": "vip_hci",
}
"""Packages that are nobody's submission, and the modules that they are imported as."""
LARGEST_FACTS = 2**17
LARGEST_FIT = 2**28
IDLE_SANDBOXES = 2
MEGABYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Submitted(Detector):
    """A detector that runs in a sandbox."""

    folder: ClassVar[Path]
    manifest: ClassVar[Submission]

    fitted: bytes = field(default=b"", repr=False, compare=False)
    """A fitted detector, which only a later run in the sandbox reads."""

    @property
    def confinement(self) -> Confinement:
        """How it is confined on this machine."""
        return self._sandbox().confinement

    @property
    def digest(self) -> str:
        """Sha256 of its folder, and of whether it runs in a sandbox."""
        sandboxed = "in a sandbox" if is_wanted() else "without a sandbox"
        return hashlib.sha256(f"{folder_digest(self.folder)} {sandboxed}".encode()).hexdigest()

    def prepare(self, tell: Callable[[str], object] = lambda _: None) -> None:
        """Install what it requires and start its sandbox, so that what is missing is known before a long run.

        Parameters
        ----------
        tell : callable
            Gets a line of text for a person when there is something to install, which may take minutes, with its size.

        Raises
        ------
        AlgoZooError
            If a requirement cannot be installed, no sandbox works on this machine, or its folder has more in it than
            files.
        """
        folder_digest(self.folder)
        if requirements := self.manifest.requirements:
            environment(requirements, gpu=self.manifest.needs.gpu, tell=lambda text: tell(f"{self.name}: {text}"))
        self._sandbox().start()

    def _sandbox(self) -> Sandbox:
        return _sandbox(self.folder, self.manifest.requirements, gpu=self.manifest.needs.gpu, wanted=is_wanted())

    def detect(self, sequence: ADISequence) -> DetectionMap:
        """Score every pixel, in a process of its own that ends with it.

        Raises
        ------
        Declined
            If the detector says so.
        Stopped
            If it gives no map; `status` is 'timeout', 'memory', 'crash', 'invalid' or 'failed'.
        """
        answer = self._ask("detect", sequence, 3 * sequence.size**2 * 8 + LARGEST_FACTS)
        facts, arrays = answer.message.facts, dict(answer.message.arrays)
        if not set(arrays) <= {"scores", "image", "flux"} or "scores" not in arrays:
            raise Stopped("invalid", "its answer has no map", answer.output)
        if facts.get("kind") != self.manifest.kind:
            raise Stopped("invalid", f"the map's kind is {facts.get('kind')!r}, {self.manifest.kind!r} was declared")
        cost = Cost(answer.seconds, answer.cpu_seconds, answer.memory_bytes)
        try:
            return DetectionMap(**arrays, kind=self.manifest.kind, cost=cost)
        except InputError as error:
            raise Stopped("invalid", str(error), answer.output) from None

    def _ask(self, task: str, sequence: ADISequence, largest_reply: int) -> Answer:
        needs = self.manifest.needs
        _decline_what_is_not_there(needs)
        allowance = Allowance(seconds=60 * needs.minutes, memory_mb=needs.memory_mb, gpu=needs.gpu)
        answer = self._sandbox().run(_request(task, sequence, self), allowance, largest_reply=largest_reply)
        outcome = str(answer.message.facts.get("outcome"))
        if outcome == {"detect": "map", "fit": "fitted"}[task]:
            return answer
        reason = str(answer.message.facts.get("reason", "")) or "no reason given"
        if outcome == "declined":
            raise Declined(printable(reason)[:LONGEST_REASON])
        status = outcome if outcome in {"invalid", "memory", "failed"} else "invalid"
        raise Stopped(status, reason, answer.output, str(answer.message.facts.get("traceback", "")))


@dataclass(frozen=True, kw_only=True)
class Trained(Submitted):
    """A submission that learns before it detects."""

    def fit(self, sequence: ADISequence) -> Self:
        """Learn in the sandbox; the copy holds what was learnt as bytes that nobody here looks into."""
        answer = self._ask("fit", sequence, LARGEST_FIT)
        return replace(self, fitted=bytes(answer.message.blob))


def _decline_what_is_not_there(needs: Needs) -> None:
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    if needs.memory_mb > there:
        raise Declined(f"needs {needs.memory_mb} MB of memory, and this machine has {there} MB")
    if needs.gpu and not gpus():
        raise Declined("needs a GPU, and this machine has none that a sandbox can use: there is no /dev/nvidia0")


def _request(task: str, sequence: ADISequence, detector: Submitted) -> Message:
    """Pack a sequence, without its name or anything else that tells where it comes from."""
    names = ("cube", "parallactic_angles", "psf", "wavelengths", "reference")
    arrays = {name: getattr(sequence, name) for name in names if getattr(sequence, name) is not None}
    facts = {
        "task": task,
        "kind": detector.manifest.kind,
        "supervised": detector.manifest.supervised,
        "parameters": detector.parameters,
        "pixel_scale": sequence.pixel_scale,
        "fwhm": sequence.fwhm,
        "north_angle": sequence.north_angle or 0.0,
    }
    return Message(facts=facts, arrays=arrays | {"star_flux": np.asarray(sequence.star_flux)}, blob=detector.fitted)


@lru_cache(maxsize=IDLE_SANDBOXES)
def _sandbox(folder: Path, requirements: tuple[str, ...], *, gpu: bool, wanted: bool) -> Sandbox:
    """Return the sandbox of a submission in this process; the one that was not used for longest is closed."""
    site = (environment(requirements, gpu=gpu),) if requirements else own_packages()
    world = World(package=Path(algozoo.__file__).parent, parts=PARTS, site=site, folder=folder, gpu=gpu)
    return Sandbox(choose(world) if wanted else unconfined(world), GUEST, _preloaded(folder, requirements))


def environment(requirements: tuple[str, ...], *, gpu: bool, tell: Callable[[str], object] = lambda _: None) -> Path:
    """Install the packages that a submission asks for, if they are not there yet, and say where they are.

    Parameters
    ----------
    requirements : tuple of str
    gpu : bool
        Whether it needs a GPU.
    tell : callable
        Gets a line of text before anything is downloaded.

    Raises
    ------
    AlgoZooError
        If one cannot be installed.
    """
    from algozoo.datasets.cache import cache_folder  # noqa: PLC0415 - takes a second, and few need it

    return installed_packages(requirements, cache_folder("environments"), gpu=gpu, tell=tell)


def _preloaded(folder: Path, requirements: tuple[str, ...]) -> list[str]:
    """List modules that may be imported once for all runs: what the code imports of us and of well-known packages.

    None if it requires any other package: an author's own could keep there what one run knows for the next one to read.
    """
    names = {canonicalize_name(Requirement(requirement).name) for requirement in requirements}
    if not names <= set(WELL_KNOWN):
        return []
    known, modules = {"algozoo", *WELL_KNOWN.values()}, [GUEST]
    for path in sorted(path for path in folder.glob("*.py") if path.is_file() and not path.is_symlink()):
        for whole, package, members in IMPORT.findall(path.read_text(encoding="utf-8", errors="replace")):
            found = [whole] if whole else [package, *(f"{package}.{name}" for name in re.findall(r"\w+", members))]
            modules += [module for module in found if module.partition(".")[0] in known and module not in modules]
    return modules


def submitted_class(folder: Path) -> type[Submitted]:
    """Make the class of a submission from its manifest.

    Raises
    ------
    InputError
        If the manifest has mistakes.
    """
    manifest = read_submission(folder)
    parameters = [
        (name, parameter.type, field(default=parameter.default)) for name, parameter in manifest.parameters.items()
    ]
    return make_dataclass(
        "".join(part.capitalize() for part in manifest.name.split("-")),
        parameters,
        bases=(Trained if manifest.supervised else Submitted,),
        namespace={
            "__doc__": _docstring(manifest),
            "name": manifest.name,
            "title": manifest.title,
            "reference": manifest.reference,
            "kind": manifest.kind,
            "reproducible": manifest.reproducible,
            "folder": folder.resolve(),
            "manifest": manifest,
        },
        frozen=True,
        kw_only=True,
    )


def _docstring(manifest: Submission) -> str:
    """Title and parameters, as `meanings` reads them."""
    entries = [
        f"{name} : {type(parameter.default).__name__}\n{indent(parameter.description, '    ')}"
        for name, parameter in manifest.parameters.items()
    ]
    return "\n".join([manifest.title, "", "Parameters", "----------", *entries, ""])
