"""What a pull request of a submission goes through: ``python -m algozoo.submissions.request HEAD [--all]``.

It runs in a clean checkout of the branch that HEAD is to be merged into, with the code of that branch: what HEAD
changes of AlgoZoo itself is never run.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np

from algozoo.benchmark.ledger import FILE
from algozoo.benchmark.record import RunRecord
from algozoo.benchmark.runner import write_preview
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import load_suite
from algozoo.datasets import load_dataset
from algozoo.detectors.registry import BUILT_IN, SUBMISSIONS
from algozoo.errors import AlgoZooError
from algozoo.files import working_folder
from algozoo.submissions.fresh import EXIT_CODES

RESULTS = Path("leaderboard/results")
BUDGET = "120"
"""Minutes for the fresh nights of a row."""
WHOLE = "--all"
"""Option of this program and of `algozoo verify`: all trials are run again, whatever time it takes."""
CLOSE = 1e-6
"""Relative difference of pictures that other processors make."""


def check_request(head: str, *, whole: bool = False) -> None:
    """Check the submissions that HEAD changes, and every result that it adds.

    Parameters
    ----------
    head : str
        A commit.
    whole : bool
        Run all trials of what is added again, whatever time it takes: an earlier check of the request failed, and who
        may try again and again gets past a sample at last.

    Raises
    ------
    AlgoZooError
        If published results are changed or removed, a file is added that belongs to none, a submission is not ready, or
        a result does not reproduce or is of another code than that of the submission.
    """
    _refuse_rewriting(head)
    added = {Path(path) for path in _changed(head, RESULTS, which="A")} - {RESULTS / FILE}
    touched = {path.parts[1] for path in map(PurePath, _changed(head, SUBMISSIONS)) if len(path.parts) > 2}
    for folder in (SUBMISSIONS, RESULTS):
        _take(head, folder)
    if links := sorted(path for path in added if path.is_symlink() or not path.is_file()):
        raise AlgoZooError(f"no plain files: {', '.join(map(str, links))}")
    _run("ledger", "show", "--store", str(RESULTS))
    published = Store(RESULTS).records() if (RESULTS / "shards").is_dir() else []
    new = [record for record in published if RESULTS / "shards" / f"{record.key}.parquet" in added]
    _refuse_strangers(added, new)
    _check_previews(_changed(head, RESULTS / "datasets"))
    _refuse_own_checks(head, touched | {record.detector.name for record in new})
    names = [name for name in sorted(touched) if (SUBMISSIONS / name).is_dir()]
    for name in names:
        _run("check", str(SUBMISSIONS / name))
    _verify_added(new, [WHOLE] if whole else [])
    _refuse_stale(names, published, new)
    _check_on_fresh_nights(new)


def _refuse_rewriting(head: str) -> None:
    """Results are named by their content: they are added, never changed. The ledger only grows."""
    ledger = RESULTS / FILE
    kept = [f":!{ledger}", f":!{RESULTS}/datasets"]
    touched = [*_changed(head, RESULTS, *kept, which="a"), *_changed(head, RESULTS, which="D")]
    if touched := [path for path in dict.fromkeys(touched) if path != str(ledger)]:
        raise AlgoZooError(f"results that are published may not be changed or removed: {', '.join(touched)}")
    before, after = (_content(commit, ledger) for commit in ("HEAD", head))
    if not after.startswith(before):
        raise AlgoZooError(f"{ledger} may only grow")


def _refuse_own_checks(head: str, names: Collection[str]) -> None:
    """Refuse checks on fresh nights that come with the submission, or the results, that they are of."""
    ledger = RESULTS / FILE
    for line in _content(head, ledger)[len(_content("HEAD", ledger)) :].splitlines():
        said = json.loads(line)
        if isinstance(said, dict) and said.get("action") == "fresh" and said.get("name") in names:
            raise AlgoZooError(
                f"{ledger}: its checks on fresh nights of {said['name']} are not taken from who submits it; leave "
                "these lines out: it is checked here"
            )


def _refuse_strangers(added: Iterable[Path], new: Sequence[RunRecord]) -> None:
    """Refuse files that belong to no result that is added, and two results of the same."""
    places = {_place(record) for record in new}
    if len(places) < len(new):
        raise AlgoZooError("two results of the same detector on the same sequence are added; leave the older one out")
    own = {RESULTS / f"shards/{record.key}.parquet" for record in new}
    own |= {RESULTS / f"maps/{record.key}.fits" for record in new}
    previews = {f"datasets/{name}-{load_dataset(name).version}" for name in {record.dataset for record in new}}
    own |= {RESULTS / f"{preview}.{ending}" for preview in previews for ending in ("fits", "json")}
    if strangers := sorted(map(str, set(added) - own)):
        raise AlgoZooError(f"these files belong to no result that is added: {', '.join(strangers)}")


def _check_previews(paths: Iterable[str]) -> None:
    """Refuse a picture of a dataset that is another than the one made here."""
    for stem in sorted({Path(path).stem for path in paths}):
        dataset = load_dataset(stem.rpartition("-")[0])
        with working_folder() as folder:
            write_preview(dataset, Store(folder))
            about, images = Store(folder).preview(f"{dataset.name}-{dataset.version}")
        theirs, shown = Store(RESULTS).preview(stem)
        same = theirs == about and shown.keys() == images.keys()
        if not (same and all(_are_close(shown[name], image) for name, image in images.items())):
            raise AlgoZooError(f"{RESULTS}/datasets/{stem}: is not what `algozoo run` writes of this dataset")


def _verify_added(new: Sequence[RunRecord], how: Sequence[str]) -> None:
    """Run what is added again, each row of each suite by itself."""
    for name, suite, version in sorted({_row(record) for record in new}):
        own = [record for record in new if _row(record) == (name, suite, version)]
        with working_folder() as folder:
            (folder / "shards").mkdir()
            for record in own:
                shutil.copy(RESULTS / "shards" / f"{record.key}.parquet", folder / "shards")
            if load_suite(suite).version != version:
                raise AlgoZooError(f"{name}: its results are of suite {suite} {version}, which is no longer the latest")
            _run("verify", "--suite", suite, *how, "--same-code", "--store", str(folder), "--", name)


def _check_on_fresh_nights(new: Sequence[RunRecord]) -> None:
    """Refuse a third-party row on simulated data that does not hold on fresh nights; undecided ones are taken."""
    third_party = [r for r in new if r.detector.name not in BUILT_IN and not r.detector.maps_only]
    rows = {(r.detector.label, r.suite.name) for r in third_party if _is_simulated(r.dataset)}
    for label, suite in sorted(rows):
        asked = ("verify", "--suite", suite, "--fresh", "--budget", BUDGET, "--store", str(RESULTS), "--", label)
        _run(*asked, accepted=(EXIT_CODES["holds"], EXIT_CODES["undecided"]))


def _is_simulated(dataset: str) -> bool:
    return load_dataset(dataset).manifest.kind == "simulated"


def _refuse_stale(names: Sequence[str], published: Sequence[RunRecord], new: Sequence[RunRecord]) -> None:
    """Refuse a submission whose row on the board would be of the code that was there before."""
    keys = {record.key for record in new}
    latest = {_place(record): record for record in sorted(published, key=lambda record: record.start)}
    for name, suite, version in sorted({_row(r) for r in latest.values() if r.key not in keys}):
        if name in names and load_suite(suite).version == version:
            try:
                _run("verify", "--suite", suite, "--same-code", "--", name)
            except AlgoZooError as error:
                raise AlgoZooError(
                    f"{name}: its row in suite {suite} was made by another folder than {SUBMISSIONS / name} is now, or "
                    f"cannot be made again; submit it again (`algozoo submit {SUBMISSIONS / name} --suite {suite}`) "
                    "and add the results"
                ) from error


def _row(record: RunRecord) -> tuple[str, str, str]:
    return record.detector.name, record.suite.name, record.suite.version


def _place(record: RunRecord) -> tuple[str | int, ...]:
    return *_row(record), record.dataset, record.detector.label, record.sequence


def _are_close(ours: np.ndarray, theirs: np.ndarray) -> bool:
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=CLOSE, atol=CLOSE * abs(theirs).max(initial=0))


def _changed(head: str, *paths: str | Path, which: str = "ACDMRTUXB") -> list[str]:
    """Files at some paths that HEAD changes, seen from where it left our branch; `which` is git's --diff-filter."""
    options = ("--name-only", "--no-renames", "-z", f"--diff-filter={which}")
    out = _git("diff", *options, f"HEAD...{head}", "--", *map(str, paths))
    return [name for name in out.decode().split("\0") if name]


def _content(commit: str, path: Path) -> bytes:
    return _git("show", f"{commit}:{path}") if _has(commit, path) else b""


def _has(commit: str, path: Path) -> bool:
    asked = ["git", "cat-file", "-e", f"{commit}:{path}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0  # noqa: S603


def _take(head: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if _has(head, folder):
        _git("checkout", "--quiet", head, "--", str(folder))


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], stdout=subprocess.PIPE, check=True).stdout  # noqa: S603, S607


def _run(*arguments: str, accepted: Collection[int] = (0,)) -> None:
    print("$ algozoo", *arguments, flush=True)  # noqa: T201 - for the log of CI
    done = subprocess.run(["algozoo", *arguments], stdin=subprocess.DEVNULL, check=False)  # noqa: S603, S607
    if done.returncode not in accepted:
        raise AlgoZooError(f"`algozoo {' '.join(arguments)}` failed")


if __name__ == "__main__":
    try:
        check_request(sys.argv[1], whole=WHOLE in sys.argv[2:])
    except AlgoZooError as error:
        sys.exit(f"Refused: {error}")
