"""``python -m algozoo.benchmark.golden``: check or write the golden numbers; see CONTRIBUTING."""

import math
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import click
from pydantic import TypeAdapter

from algozoo.benchmark.golden.check import check, refuse_moved
from algozoo.benchmark.golden.numbers import Case, Golden, moves, read, write
from algozoo.benchmark.golden.parts import part, parts
from algozoo.datasets import DatasetUnavailable
from algozoo.errors import AlgoZooError
from algozoo.files import working_folder

KERNELS = (
    {"OPENBLAS_CORETYPE": "HASWELL", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    {"OPENBLAS_CORETYPE": "SKYLAKEX", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
)
"""Settings by which OpenBLAS and PyTorch compute as on other processors: their sums differ in the last bits."""
SMALLEST_TOLERANCE = 1e-8
NUMBERS = TypeAdapter(dict[str, dict[str, Case]])
"""Of parts, by name and case."""

mirror_option = click.option(
    "--mirror", type=click.Path(path_type=Path, exists=True), help="Folder with the files of real datasets."
)


@click.group()
def main() -> None:
    """Golden numbers, by which the versions in the keys of results are held.

    Nothing is taken from the cache: nights and models of the code as it was would hide a change.
    """
    os.environ["ALGOZOO_CACHE"] = str(click.get_current_context().with_resource(working_folder()))


@main.command("check")
@click.argument("names", nargs=-1)
@mirror_option
def check_command(names: tuple[str, ...], mirror: Path | None) -> None:
    """Compare the numbers of parts (by default all that need no data) with those that are stored."""
    failed = False
    for name in names or (each.name for each in parts().values() if each.can_run and not each.is_real):
        try:
            check(name, mirror)
        except AlgoZooError as error:
            failed = True
            click.echo(f"{name}: {error}", err=True)
        else:
            click.echo(f"{name}: numbers as stored")
    sys.exit(int(failed))


@main.command("write")
@click.argument("names", nargs=-1)
@mirror_option
def write_command(names: tuple[str, ...], mirror: Path | None) -> None:
    """Store the numbers of parts (by default all, real trials where their data are here) that are new.

    Numbers that moved under an unchanged version are refused. The tolerance is the difference that the kernels of two
    processors make, rounded up.
    """
    failed, new = False, {}
    for name in names or (each.name for each in parts().values() if each.can_run):
        try:
            if cases := _new_cases(name, mirror):
                new[name] = cases
        except DatasetUnavailable as error:
            click.echo(f"{name}: left as it is: {error}", err=True)
        except AlgoZooError as error:
            failed = True
            click.echo(f"{name}: refused: {error}", err=True)
    again = [_computed_with(kernel, list(new), mirror) for kernel in KERNELS] if new else []
    for name, cases in new.items():
        tolerance = _tolerance([cases, *(numbers[name] for numbers in again)])
        golden = Golden(version=part(name).version, tolerance=tolerance, cases=cases)
        click.echo(f"{write(name, golden)}: version {golden.version}, tolerance {tolerance:g}")
    sys.exit(int(failed))


@main.command(hidden=True)
@click.argument("names", nargs=-1)
@mirror_option
def numbers(names: tuple[str, ...], mirror: Path | None) -> None:
    """Print the numbers of parts."""
    click.echo(NUMBERS.dump_json({name: part(name, mirror).compute() for name in names}))


def _new_cases(name: str, mirror: Path | None) -> dict[str, Case]:
    """Compute the numbers of a part; return them if its version is new, and else store only those of new inputs."""
    one, stored = part(name, mirror), read(name)
    cases = one.compute()
    if stored is None or stored.version != one.version:
        return cases
    refuse_moved(one, stored, cases)
    if stored.cases.keys() != cases.keys():
        kept = {case: stored.cases.get(case, each) for case, each in cases.items()}
        click.echo(f"{write(name, stored.model_copy(update={'cases': kept}))}: inputs changed")
    return {}


def _tolerance(computed: list[dict[str, Case]]) -> float:
    """By how much the numbers of a part differ between the kernels, rounded up to a power of ten."""
    spread = max(move.size for i, j in combinations(computed, 2) for move in moves(i, j))
    return max(10.0 ** math.ceil(math.log10(2 * spread)), SMALLEST_TOLERANCE) if spread else SMALLEST_TOLERANCE


def _computed_with(kernel: dict[str, str], names: list[str], mirror: Path | None) -> dict[str, dict[str, Case]]:
    command = [sys.executable, "-m", "algozoo.benchmark.golden", "numbers", *names]
    command += ["--mirror", str(mirror)] if mirror else []
    environment = os.environ | kernel
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise click.ClickException(f"the numbers cannot be computed with the kernel {kernel}: {done.stderr.decode()}")
    return NUMBERS.validate_json(done.stdout)


if __name__ == "__main__":
    main()
