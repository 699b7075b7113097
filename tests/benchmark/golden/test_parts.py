from dataclasses import replace

from algozoo.benchmark.golden.parts import parts, parts_of
from algozoo.benchmark.plan import plan
from algozoo.benchmark.suite import SuiteDetector, load_suite


def test_real_trials_are_of_all_datasets_of_quick():
    assert {name.split("/")[1] for name, one in parts().items() if one.is_real} == {
        entry.name for entry in load_suite("quick").datasets
    }


def test_third_party_code_depends_on_what_it_may_import_and_a_shipped_dataset_on_its_own_version(suite):
    first = plan(suite)[0][0]
    theirs = replace(first, detector=SuiteDetector(name="theirs"))
    tiny = replace(first, dataset=first.dataset.model_copy(update={"name": "tiny"}))
    assert [one.name for one in parts_of([theirs])] == ["trials", "imports", "simulator"]
    assert [one.name for one in parts_of([tiny])] == ["trials", "simulator-tiny", "median"]
