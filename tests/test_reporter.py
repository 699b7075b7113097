from algozoo.reporter import Reporter


def test_each_step_is_a_line_with_its_number_and_the_time_left(capsys):
    assert list(Reporter().track(["first", "second"], 2)) == ["first", "second"]
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[1/2] first; ")
    assert second.startswith("[2/2] second; ")
    assert second.endswith(", 0 s left")
