import re
from pathlib import Path

import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.suite import SuiteDataset, SuiteDetector
from algozoo.errors import AlgoZooError, InputError


def test_unknown_names_stop_the_plan(suite):
    with pytest.raises(InputError, match="did you mean 'median'"):
        plan(suite.model_copy(update={"detectors": (SuiteDetector(name="medien"),)}))
    entry = suite.datasets[0].model_copy(update={"name": "tyni"})
    with pytest.raises(InputError, match="did you mean 'tiny'"):
        plan(suite.model_copy(update={"datasets": (entry,)}))


def test_what_is_listed_twice_or_lies_outside_the_field_stops_the_plan(suite):
    [entry] = suite.datasets
    with pytest.raises(InputError, match="dataset 'small' is listed 2 times"):
        plan(suite.model_copy(update={"datasets": (entry, entry)}))
    same = SuiteDetector(name="pca"), SuiteDetector(name="pca", parameters={"n_components": 10})
    with pytest.raises(InputError, match="detector 'pca' is listed 2 times"):
        plan(suite.model_copy(update={"detectors": same}))


def test_a_real_night_has_one_sequence(suite):
    real = SuiteDataset(name="betapic", injections=1, sequences=2)
    with pytest.raises(InputError, match="2 sequences of dataset betapic, expected 1: it is one night"):
        plan(suite.model_copy(update={"datasets": (real,)}))


def test_a_suite_may_draw_more_sequences_than_everybody_has(suite):
    entry = suite.datasets[0].model_copy(update={"sequences": 3})
    shards, _ = plan(suite.model_copy(update={"datasets": (entry,)}))
    assert shards[-1].sequence == 2
    assert shards[-1].data().sequence(2).n_frames > 0


@pytest.mark.parametrize("annuli", ["", "annuli = [{ inner = 1.5, outer = 2.5 }]\n"])
def test_a_dataset_without_annuli_or_contrasts_stops_the_plan_and_says_what_to_do(suite, tmp_path, annuli):
    path = tmp_path / "dataset.toml"
    text = Path(suite.datasets[0].name).read_text()
    path.write_text(re.sub(r"annuli = \[.*?\n\]\n", annuli, text, flags=re.DOTALL))
    entry = suite.datasets[0].model_copy(update={"name": str(path)})
    with pytest.raises(InputError, match=f"algozoo datasets calibrate {path}"):
        plan(suite.model_copy(update={"datasets": (entry,)}))


def test_a_suite_may_use_some_of_the_sequences(suite):
    entry = suite.datasets[0].model_copy(update={"sequences": 1})
    shards, _ = plan(suite.model_copy(update={"datasets": (entry,)}))
    assert {shard.sequence for shard in shards} == {0}


def test_chosen_detectors_and_datasets_are_planned_and_each_shard_holds_the_whole_suite(suite):
    [entry] = suite.datasets
    detectors = (
        SuiteDetector(name="pca", slow=True),
        SuiteDetector(name="pca", parameters={"n_components": 3}),
        SuiteDetector(name="blank"),
    )
    datasets = SuiteDataset(name="tiny", injections=2), entry
    whole = suite.model_copy(update={"datasets": datasets, "detectors": detectors})

    def planned(*names):
        shards, notices = plan(whole, detectors=names, datasets=["small"], slow=False)
        assert notices == []
        assert all(shard.suite == whole for shard in shards)
        return [str(shard).removeprefix(entry.name) for shard in shards]

    assert planned("pca(n_components=3)") == ["/0 pca(n_components=3)", "/1 pca(n_components=3)"]
    assert planned("pca") == ["/0 pca", "/0 pca(n_components=3)", "/1 pca", "/1 pca(n_components=3)"]
    assert len(plan(whole, datasets=[entry.name])[0]) == 6


def test_what_is_chosen_must_be_in_the_suite(suite):
    with pytest.raises(InputError, match="no detector of suite small is called 'medien'; did you mean 'median'"):
        plan(suite, detectors=["median", "medien"])
    with pytest.raises(InputError, match="no dataset of suite small is called 'tiny'"):
        plan(suite, datasets=["tiny"])
    with pytest.raises(InputError, match=r"run: detectors is 'median', expected a list of names, as in run\("):
        plan(suite, detectors="median")


def test_an_optional_dataset_that_cannot_be_had_is_left_out_aloud(suite, tmp_path, monkeypatch):
    monkeypatch.setenv("ALGOZOO_CACHE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    entry = suite.datasets[0].model_copy(update={"name": "betapic", "optional": True})
    shards, left_out = plan(suite.model_copy(update={"datasets": (entry,)}), mirror=tmp_path)
    assert shards == []
    assert "betapic is left out" in left_out[0]
    needed = entry.model_copy(update={"optional": False})
    with pytest.raises(AlgoZooError, match="betapic"):
        plan(suite.model_copy(update={"datasets": (needed,)}), mirror=tmp_path)
