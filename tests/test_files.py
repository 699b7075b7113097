import pytest

from algozoo.errors import AlgoZooError
from algozoo.files import source_digest, write_whole


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_whole(path, lambda p: p.write_text("first"))
    write_whole(path, lambda p: p.write_text("second"))
    assert path.read_text() == "second"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("odd")])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half")
        raise error

    with pytest.raises(AlgoZooError if isinstance(error, OSError) else type(error)):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_digest_depends_on_names_and_contents_of_code_alone(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    first = source_digest([tmp_path])
    (tmp_path / "notes.txt").write_text("not code")
    assert source_digest([tmp_path]) == first
    (tmp_path / "b.py").write_text("")
    second = source_digest([tmp_path])
    (tmp_path / "a.py").write_text("x = 2")
    assert len({first, second, source_digest([tmp_path])}) == 3
    assert source_digest([tmp_path / "b.py"]) == source_digest([tmp_path / "b.py"])
