from algozoo.datasets import dataset_names, load_dataset
from algozoo.datasets.simulate.versions import SIMULATOR_VERSION, VERSIONS, simulator_version


def test_each_simulated_dataset_that_is_shipped_has_a_version_of_its_own():
    simulated = {name for name in dataset_names() if load_dataset(name).manifest.kind == "simulated"}
    assert simulated == VERSIONS.keys()


def test_manifests_of_users_have_that_of_the_simulator(monkeypatch):
    assert simulator_version("mine") == SIMULATOR_VERSION
    monkeypatch.setitem(VERSIONS, "tiny", "another")
    assert (simulator_version("tiny"), simulator_version("mine")) == ("another", SIMULATOR_VERSION)
