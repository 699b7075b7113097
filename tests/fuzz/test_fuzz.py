import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux does")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=1800)


def test_damaged_files_of_all_formats_are_read_or_refused_by_name_in_bounded_time_and_memory():
    """`make fuzz N=20000 SEED=7` reads as many as one likes."""
    done = run("fuzz.py", "--n", "500", "--seed", "0")
    assert done.returncode == 0, done.stdout + done.stderr


BAD = """
import sys, fuzz
from formats import FORMATS, Format, TEXT, IN_TEXT
from algozoo.errors import InputError

def stumble(folder):
    text = (folder / "file").read_bytes()
    if text != b"good":
        {stumble}

FORMATS["bad"] = Format((b"good",), stumble, TEXT, IN_TEXT)
sys.exit(not fuzz.fuzz("bad", 20, 0, 0))
"""


@pytest.mark.parametrize(
    ("stumble", "told"),
    [
        ("while True: pass", "SIGPROF after 2 s"),
        ("raise KeyError(text)", "KeyError"),
        ("bytearray(2**30)", "MemoryError"),
        ("raise InputError('a file: is bad')", "is refused with"),
        ("import os; os.abort()", "SIGABRT"),
    ],
)
def test_what_hangs_crashes_fills_memory_or_names_no_file_is_told(stumble, told):
    done = run("-c", BAD.format(stumble=stumble))
    assert told in done.stdout
    assert done.returncode == 1
