"""What runs inside the sandbox: load a third-party `detector.py`, give it one sequence, send its map back.

Nothing here is trusted once `detector.py` is imported; what it sends is checked by those who read it.
"""

import ast
import importlib.util
import inspect
import os
import pickle
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from algozoo.detectors.contract import Declined, DetectionMap, Detector
from algozoo.detectors.parameters import parameter_fields
from algozoo.errors import InputError
from algozoo.sandbox.channels import take_request
from algozoo.sandbox.wire import Message
from algozoo.sequence import ADISequence

MODULE = "detector"
LONGEST_REASON, LONGEST_TRACEBACK = 1000, 4000
MAPS = ("scores", "image", "flux")
SCALARS = ("pixel_scale", "fwhm", "north_angle")


def main(request: int, reply: int, folder: str) -> None:
    """Answer one request.

    Parameters
    ----------
    request : int
        Descriptor of a socket that gives a message when asked for it, which is when the detector is imported: its facts
        are `task` ('detect' or 'fit'), `kind`, `parameters`, `supervised` and the sequence's numbers, its arrays the
        sequence's, its blob a fitted detector.
    reply : int
        Descriptor to write to. The facts of the answer are `outcome` ('map', 'fitted', 'declined', 'invalid', 'memory'
        or 'failed'), and `reason` or `kind`.
    folder : str
        Of `detector.py`.
    """
    try:
        module = _load(folder)
        message = take_request(request)
        answer = _fit(module, message) if message.facts["task"] == "fit" else _detect(module, message)
    except Declined as error:
        answer = _told("declined", str(error), error, folder)
    except MemoryError as error:
        answer = _told("memory", f"MemoryError: {error}", error, folder)
    except InputError as error:
        answer = _told("invalid", str(error), error, folder)
    except BaseException as error:  # noqa: BLE001 - whatever it raises is an outcome
        answer = _told("failed", f"{type(error).__name__}: {error}", error, folder)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    for piece in answer.pack():
        view = memoryview(piece)
        while view:
            view = view[os.write(reply, view) :]


def find_detector(module: ModuleType) -> Any:
    """Return the one detector of a module: a function `detect`, or a class derived from `Detector`, if not abstract.

    Raises
    ------
    ImportError
        If there is none, or more than one, even if they have one name and the last one counts.
    """
    own: list[Any] = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    functions = [value for value in own if inspect.isfunction(value) and value.__name__ == "detect"]
    classes = [value for value in own if inspect.isclass(value) and issubclass(value, Detector)]
    found = functions + [cls for cls in classes if not inspect.isabstract(cls)]
    names = [value.__name__ for value in found]
    if not found:
        raise ImportError("detector.py has neither a function detect(cube, angles, psf) nor a class made from Detector")
    lines = _lines(module, names)
    if len(lines) > 1 or len(found) > 1:
        told = lines if len(lines) >= len(found) else names
        raise ImportError(f"detector.py has {len(told)} detectors, {', '.join(told)}: expected one in each folder")
    return found[0]


def _lines(module: ModuleType, names: list[str]) -> list[str]:
    """Say on which lines of a module functions and classes of some names are defined."""
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found = ast.parse(Path(str(module.__file__)).read_bytes()).body
    return [
        f"{node.name} (line {node.lineno})" for node in found if isinstance(node, definitions) and node.name in names
    ]


def _detect(module: ModuleType, message: Message) -> Message:
    facts, parameters = message.facts, message.facts["parameters"]
    if message.blob:
        result = pickle.loads(message.blob).detect(_sequence(message))  # noqa: S301 - its own, and confined
    else:
        found = find_detector(module)
        if isinstance(found, type):
            result = _made(found, parameters).detect(_sequence(message))
        else:
            if facts["supervised"]:
                raise TypeError("a detector that is trained is a class with a method fit, and this is a function")
            scores = found(**_arguments(found, message))
            result = DetectionMap(scores=scores, kind=facts["kind"])
    if not isinstance(result, DetectionMap):
        raise InputError(f"detect returned {type(result).__name__}, expected a DetectionMap")
    maps = {name: getattr(result, name) for name in MAPS}
    arrays = {name: values for name, values in maps.items() if values is not None}
    return Message(facts={"outcome": "map", "kind": result.kind}, arrays=arrays)


def _fit(module: ModuleType, message: Message) -> Message:
    found = find_detector(module)
    if getattr(found, "fit", Detector.fit) is Detector.fit:
        raise TypeError("a detector that is trained is a class with a method fit")
    fitted = _made(found, message.facts["parameters"]).fit(_sequence(message))
    return Message(facts={"outcome": "fitted"}, blob=pickle.dumps(fitted))


class _FromSource(SourceFileLoader):
    """Imports what is written, never what is said to have been compiled from it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _load(folder: str) -> ModuleType:
    """Import `detector.py`; modules beside it are found."""
    find = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (_FromSource, SOURCE_SUFFIXES))

    def find_in_folder(path: str) -> Any:
        if not Path(path).is_relative_to(folder):
            raise ImportError(path)
        return find(path)

    sys.path_hooks.insert(0, find_in_folder)
    sys.path.insert(0, folder)
    file = str(Path(folder) / "detector.py")
    spec = importlib.util.spec_from_file_location(MODULE, file, loader=_FromSource(MODULE, file))
    if spec is None or spec.loader is None:
        raise ImportError("detector.py is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    return module


def _made(cls: type[Detector], parameters: Mapping[str, Any]) -> Detector:
    if not is_dataclass(cls) or "__dataclass_fields__" not in vars(cls):
        raise TypeError(f"class {cls.__name__} is no dataclass: write @dataclass(frozen=True, kw_only=True) above it")
    _compare(f"class {cls.__name__}", {f.name for f in parameter_fields(cls)}, parameters)
    return cls(**parameters)


def _arguments(function: Callable[..., Any], message: Message) -> dict[str, Any]:
    """Collect what a plain function asks for by name, in copies of its own."""
    arrays = {name: np.array(values) for name, values in message.arrays.items()}
    data = {
        "cube": arrays["cube"],
        "angles": arrays["parallactic_angles"],
        "psf": arrays["psf"],
        "fwhm": message.facts["fwhm"],
        "wavelengths": arrays.get("wavelengths"),
        "reference": arrays.get("reference"),
        "pixel_scale": message.facts["pixel_scale"],
        "star_flux": arrays["star_flux"] if arrays["star_flux"].ndim else float(arrays["star_flux"]),
    }
    wanted = inspect.signature(function).parameters
    parameters = message.facts["parameters"]
    _compare("detect", set(wanted) - set(data), parameters)
    return {**{name: data[name] for name in wanted if name in data}, **parameters}


def _compare(what: str, has: set[str], parameters: Mapping[str, Any]) -> None:
    if surplus := sorted(has - set(parameters)):
        raise TypeError(f"{what} has parameters that submission.toml does not have: {', '.join(surplus)}")
    if lacking := sorted(set(parameters) - has):
        raise TypeError(f"submission.toml has parameters that {what} does not have: {', '.join(lacking)}")


def _sequence(message: Message) -> ADISequence:
    values: dict[str, Any] = {**message.arrays, **{name: message.facts[name] for name in SCALARS}}
    return ADISequence(**values)


def _told(outcome: str, reason: str, error: BaseException, folder: str) -> Message:
    """Say what happened, where in its own files, and how it came there."""
    folder = f"{folder}/"
    story = traceback.TracebackException.from_exception(error)
    own = [frame for frame in story.stack if frame.filename.startswith(folder)]
    if outcome in {"failed", "memory"} and own:
        reason = f"{reason} ({own[-1].filename.removeprefix(folder)}, line {own[-1].lineno})"
    story.stack = traceback.StackSummary.from_list(own)
    story.__cause__ = story.__context__ = None
    text = "".join(story.format()).replace(folder, "")
    facts = {"outcome": outcome, "reason": reason[:LONGEST_REASON], "traceback": text[-LONGEST_TRACEBACK:]}
    return Message(facts=facts)
