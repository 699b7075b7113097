import json


def test_datasets_are_listed_and_shown(algozoo):
    listed = {row["name"]: row for row in json.loads(algozoo("datasets", "--format", "json").out)}
    assert listed["tiny"]["kind"] == "simulated"
    assert listed["betapic"]["kind"] == "real"
    for arguments in (["datasets", "betapic"], ["datasets", "show", "betapic"]):
        assert "Absil et al. 2013" in algozoo(*arguments).out


def test_a_dataset_is_checked(algozoo):
    ended = algozoo("datasets", "check", "tiny")
    assert ended.code == 0
    assert "25 frames of 61x61 px" in ended.out


def test_a_simulated_dataset_is_fetched_by_simulating_it_once(algozoo, suite_file, tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    first, second = (algozoo("datasets", "fetch", suite_file.parent / "dataset.toml", "--workers", 0) for _ in range(2))
    assert all(f"small/{index} simulated" in first.err for index in range(2))
    assert {path.name for path in tmp_path.rglob("*.npz")} == {"0.npz", "1.npz"}
    assert first.out == second.out == f"{suite_file.parent / 'dataset.toml'}: 2 sequence(s), all here\n"
    assert second.err == ""


def test_a_dataset_that_is_here_is_drawn_when_it_is_shown(algozoo):
    sketch = algozoo("datasets", "show", "tiny").out.splitlines()[-24:]
    assert {character for line in sketch for character in line} == set(" ░▒▓█")
    assert "█" in "".join(line[20:28] for line in sketch[10:14])


def test_betapic_is_fetched_from_the_mirror(algozoo, shared_data):
    ended = algozoo("datasets", "fetch", "betapic", "--mirror", shared_data)
    assert ended.code == 0
    assert f"cube: {shared_data / 'naco_betapic' / 'naco_betapic_cube.fits'}" in ended.out
    assert "61 frames of 99x99 px" in algozoo("datasets", "check", "betapic", "--mirror", shared_data).out


def test_a_wrong_checksum_ends_with_1_and_names_the_file(algozoo, shared_data, tmp_path):
    folder = tmp_path / "naco_betapic"
    folder.mkdir()
    for path in (shared_data / "naco_betapic").iterdir():
        (folder / path.name).write_bytes(path.read_bytes()[:-1] + b"x")
    ended = algozoo("datasets", "check", "betapic", "--mirror", tmp_path)
    assert ended.code == 1
    assert ended.out == ""
    assert "naco_betapic_cube.fits" in ended.err
    assert "5d7f7db98522128704c1e3a6ce3bc47e35ec469c44570d2f86533b242e9a5a79" in ended.err


def test_an_unknown_name_ends_with_2_and_the_nearest(algozoo):
    ended = algozoo("datasets", "betapik")
    assert ended.code == 2
    assert "did you mean 'betapic'" in ended.err
