import os
import subprocess
import sys

import numpy as np
import pytest

from algozoo.datasets import dataset_names, load_dataset
from algozoo.datasets import ensemble as ensemble_module
from algozoo.datasets.ensemble import draw_sequence, forget, is_made, simulated_sequence
from algozoo.datasets.simulate import VERSIONS, versions
from algozoo.errors import AlgoZooError


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    return load_dataset("tiny").manifest


@pytest.fixture
def made(manifest, tmp_path):
    sequence = simulated_sequence(manifest, 3)
    [path] = tmp_path.rglob("*.npz")
    return sequence, path


def same(first, second):
    return all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("cube", "parallactic_angles", "psf", "star_flux", "pixel_scale", "fwhm", "name")
    )


def test_what_is_read_is_what_was_made(manifest, made, monkeypatch):
    monkeypatch.setattr(ensemble_module, "write_whole", None)  # nothing is made
    assert same(simulated_sequence(manifest, 3), made[0])
    assert is_made(manifest, 3)
    assert not is_made(manifest, 4)


@pytest.mark.parametrize("damage", ["empty", "half", "flipped", "gone", "another file"])
def test_a_damaged_file_is_made_anew(manifest, made, damage):
    sequence, path = made
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        middle = len(content) // 2
        content[middle] ^= 0xFF
        spoilt = {"empty": b"", "half": content[:middle], "flipped": content, "another file": b"PK\x03\x04hello"}
        path.write_bytes(bytes(spoilt[damage]))
    assert same(simulated_sequence(manifest, 3), sequence)
    assert same(ensemble_module._read(path), sequence)


def test_a_byte_of_the_table_of_contents_that_is_wrong_is_seen(manifest, made, monkeypatch):
    """What the archive's checksums do not cover: names, versions, methods, flags."""
    sequence, path = made
    monkeypatch.setattr(ensemble_module, "simulate", lambda *_, **__: sequence)
    content = path.read_bytes()
    for at in range(content.index(b"PK\x01\x02"), len(content), 5):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        assert same(simulated_sequence(manifest, 3), sequence), at


def test_another_seed_or_parameter_has_another_file(manifest, made, tmp_path):
    other = manifest.model_copy(update={"seed": 1})
    brighter = manifest.model_copy(update={"simulation": manifest.simulation.model_copy(update={"size": 41})})
    for changed in (other, brighter):
        assert not same(simulated_sequence(changed, 3), made[0])
    assert len(list(tmp_path.rglob("*.npz"))) == 3


@pytest.mark.usefixtures("made")
def test_a_raised_version_of_the_simulator_has_another_file(manifest, monkeypatch):
    monkeypatch.setitem(VERSIONS, "naco-lp", "another")
    assert is_made(manifest, 3)
    monkeypatch.setitem(VERSIONS, "tiny", "another")
    assert not is_made(manifest, 3)


def test_manifests_of_users_have_the_version_of_the_simulator(manifest, monkeypatch):
    own = manifest.model_copy(update={"name": "mine"})
    simulated_sequence(own, 3)
    assert is_made(own, 3)
    monkeypatch.setattr(versions, "SIMULATOR_VERSION", "another")
    assert not is_made(own, 3)


def test_every_simulated_dataset_has_a_version_and_nothing_else():
    simulated = [name for name in dataset_names() if load_dataset(name).manifest.kind == "simulated"]
    assert sorted(VERSIONS) == simulated


def test_a_full_disk_is_said(manifest, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ensemble_module.np, "savez", full)
    with pytest.raises(AlgoZooError, match="No space left on device"):
        simulated_sequence(manifest, 0)


@pytest.mark.slow
def test_bytes_are_the_same_for_any_number_of_threads(tmp_path):
    code = "from algozoo.datasets import load_dataset\nload_dataset('naco-lp').sequence(0)"
    contents = set()
    for n in ("1", "2"):
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), n)
        environment = os.environ | threads | {"ALGOZOO_CACHE": str(tmp_path / n)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        contents |= {path.read_bytes() for path in (tmp_path / n).rglob("*.npz")}
    assert len(contents) == 1


@pytest.mark.slow
def test_processes_that_make_the_same_sequence_do_not_collide(manifest, tmp_path):
    code = "from algozoo.datasets import load_dataset\nprint(float(load_dataset('tiny').sequence(5).cube.sum()))"
    environment = os.environ | {"ALGOZOO_CACHE": str(tmp_path)}
    makers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(4)
    ]
    sums = {maker.communicate(timeout=60)[0] for maker in makers}
    assert sums == {f"{float(simulated_sequence(manifest, 5).cube.sum())}\n"}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["5.npz"]


def test_a_suite_has_nights_of_its_own(manifest):
    public, drawn, again, other = (simulated_sequence(manifest, 0, seed) for seed in (None, 7, 7, 7 << 64))
    assert same(drawn, again)
    assert not np.array_equal(public.parallactic_angles, drawn.parallactic_angles)
    assert not np.array_equal(other.parallactic_angles, drawn.parallactic_angles)
    assert is_made(manifest, 0, 7)
    assert not is_made(manifest, 0, 8)


def test_the_nights_of_a_seed_can_be_forgotten_and_no_others(manifest):
    for seed in (None, 7, 8):
        simulated_sequence(manifest, 0, seed)
    forget(manifest, 7)
    assert [is_made(manifest, 0, seed) for seed in (None, 7, 8)] == [True, False, True]
    forget(manifest, 7)


def test_a_seed_that_looks_like_an_index_draws_no_public_night(manifest):
    numbers = [draw_sequence(manifest, *night).cube.tobytes() for night in ((0, 0), (0, 1), (1, 0), (0,), (1,))]
    assert len(set(numbers)) == len(numbers)


def test_nights_are_the_same_on_every_kind_of_processor():
    script = (
        "from algozoo.datasets import load_dataset\n"
        "from algozoo.datasets.ensemble import draw_sequence\n"
        "import hashlib\n"
        "print(hashlib.sha256(draw_sequence(load_dataset('tiny').manifest, 0, 7).cube.tobytes()).hexdigest())"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", script], env=os.environ | {"OPENBLAS_CORETYPE": kernel}, text=True
        )
        for kernel in ("Sandybridge", "Haswell")
    }
    assert len(digests) == 1
