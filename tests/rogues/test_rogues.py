"""Submissions that cheat or break things: each ends as the right kind of row, and leaves nothing behind."""

import os
import re
import signal
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from algozoo.benchmark.plan import plan
from algozoo.benchmark.runner import run
from algozoo.benchmark.store import Store
from algozoo.benchmark.suite import SuiteDetector
from algozoo.detectors.registry import create
from algozoo.testing import check_detector

pytestmark = pytest.mark.usefixtures("sandbox")

IN_TIME = r"^no answer within 0\.9 s$|^not run: 3 maps before it timed out$"
HONEST = "def detect(cube, angles, psf):\n    return np.median(cube, axis=0)\n"
SLEEP = "def detect(cube, angles, psf):\n    time.sleep(1000)\n"


def body(text: str) -> str:
    return "def detect(cube, angles, psf):\n" + "".join(f"    {line}\n" for line in text.strip().splitlines())


ROGUES = {
    "reads-truth": (
        body("""
seen = []
for folder, below, names in os.walk('/'):
    below[:] = [name for name in below if name not in {'proc', 'usr', 'site-packages', '0', '1', 'share'}]
    seen += [os.path.join(folder, name) for name in names]
ours = [path for path in seen if path.endswith(('.parquet', '.npz', '.fits', '.toml')) and 'test' not in path]
ours += [path for path in seen if any(f'algozoo/{part}' in path for part in ('datasets', 'benchmark', 'scoring'))]
told = [text for text in [*os.environ.values(), *sys.argv] if 'pytest' in text or 'small' in text]
if ours != ['/submission/submission.toml'] or told:
    raise RuntimeError(f'found {ours} {told}')
raise Declined('nothing but itself')
"""),
        "declined",
        "nothing but itself",
    ),
    "reads-secret": (body("return open({secret!r}).read()"), "failed", "FileNotFoundError|PermissionError"),
    "reads-zygote": (
        body("""
pids = sorted(int(name) for name in os.listdir('/proc') if name.isdigit())
libc = ctypes.CDLL(None, use_errno=True)
assert pids == [1] == [os.getpid()], pids
assert libc.ptrace(16, 2, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
assert open('/proc/self/status').read().count('CapEff:\\t0000000000000000') == 1
files = {os.readlink(f'/proc/self/fd/{fd}').partition(':')[0] for fd in range(6)}
assert files == {'/dev/null', 'pipe', '/memfd'} and not os.path.exists('/proc/self/fd/6'), files
os.kill(-1, signal.SIGKILL)
"""),
        "failed",
        "ProcessLookupError",
    ),
    "edits-input": (body("os.pwrite(3, b'0' * 99999, 100)"), "failed", r"PermissionError: \[Errno 1\]"),
    "edits-input-by-name": (body("open('/proc/self/fd/3', 'r+b').truncate(0)"), "failed", "Error"),
    "forges-result": (
        body("open(__file__.replace('detector.py', 'forged.parquet'), 'w')"),
        "failed",
        "Read-only file system|Permission denied",
    ),
    "forges-code": (
        body("import algozoo.errors\nopen(algozoo.errors.__file__, 'a').write('x = 1')"),
        "failed",
        "Read-only file system|Permission denied",
    ),
    "opens-socket": (
        body("socket.create_connection(('127.0.0.1', {port}), timeout=5)"),
        "failed",
        "Operation not permitted",
    ),
    "opens-abstract-socket": (
        body("socket.socket(socket.AF_UNIX).connect({address!r})"),
        "failed",
        "ConnectionRefusedError|PermissionError",
    ),
    "opens-socket-by-path": (
        body("socket.socket(socket.AF_UNIX).connect({path!r})"),
        "failed",
        "FileNotFoundError|PermissionError",
    ),
    "sends-to-socket-by-path": (
        body("socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'truth?', {datagrams!r})"),
        "failed",
        "FileNotFoundError|PermissionError",
    ),
    "opens-other-sockets": (
        body("""
opened = []
for family in set(range(1, 46)) - {socket.AF_UNIX}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        for make in (socket.socket, socket.socketpair):
            try:
                make(family, kind)
                opened.append(family)
            except OSError as error:
                if error.errno != errno.EPERM:  # asked the kernel, which happens not to have it
                    opened.append(family)
raise Declined(f'opened {opened}')
"""),
        "declined",
        r"opened \[\]",
    ),
    "forks": (
        body("for _ in range(500):\n    if os.fork() == 0:\n        time.sleep(1000)"),
        "failed",
        "BlockingIOError",
    ),
    "takes-8-gb": (body("return np.ones((30000, 40000))"), "memory", "MemoryError"),
    "takes-memory-in-children": (
        body("""
for _ in range(8):
    if os.fork() == 0:
        taken = np.ones(6_000_000)
        time.sleep(1000)
time.sleep(1000)
"""),
        "memory",
        "at most 300 MB are allowed",
    ),
    "hides-memory": (body("os.memfd_create('hoard')"), "failed", "PermissionError"),
    "hides-memory-without-a-file": (body("mmap.mmap(-1, 2**27)"), "failed", r"PermissionError: \[Errno 1\]"),
    "hides-memory-from-its-processes": (
        body("""
libc, made = ctypes.CDLL(None), []
for call in ('shmget', 'msgget', 'semget'):
    if getattr(libc, call)(0, 1, 0o1600) >= 0:
        made.append(call)
if libc.mq_open(b'/hoard', os.O_CREAT | os.O_RDWR, 0o600, None) >= 0:
    made.append('mq_open')
ends = os.pipe()
if libc.vmsplice(ends[1], struct.pack('PN', ctypes.addressof(ctypes.create_string_buffer(1)), 1), 1, 0) >= 0:
    made.append('vmsplice')
raise Declined(f'made {made}')
"""),
        "declined",
        r"made \[\]",
    ),
    "hides-memory-behind-its-first-thread": (
        body("""
import threading

def take():
    taken = np.ones(2**27)
    time.sleep(1000)

threading.Thread(target=take).start()
ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)
"""),
        "memory",
        "at most 300 MB are allowed",
    ),
    "hides-memory-in-sockets": (
        body("""
def fill():
    kept = []
    for _ in range(110):
        pair = socket.socketpair(type=socket.SOCK_SEQPACKET)
        for end in pair:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**24)
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(150_000))
            except BlockingIOError:
                pass
        kept.append(pair)
    time.sleep(1000)

for _ in range(7):
    if os.fork() == 0:
        fill()
fill()
"""),
        "memory",
        "at most 300 MB are allowed",
    ),
    "starts-one-after-another": (
        body("""
import threading
for _ in range(2000):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
"""),
        "failed",
        "can't start new thread",
    ),
    "hides-memory-in-mounts": (
        body("""
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) == 0:
    raise RuntimeError('is its own master')
raise OSError(ctypes.get_errno(), 'stays what it is')
"""),
        "failed",
        "stays what it is",
    ),
    "ignores-sigterm": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEP,
        "timeout",
        IN_TIME,
    ),
    "never-loads": ("while True:\n    pass\n", "timeout", IN_TIME),
    "daemonises": (
        body("""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)
    os._exit(0)
return np.median(cube, axis=0)
"""),
        "ok",
        "",
    ),
    "fills-disk": (
        body("""
with open(os.path.join(os.environ['HOME'], 'fill'), 'wb') as file:
    while True:
        file.write(bytes(2**24))
"""),
        "failed",
        "File too large|No space left on device",
    ),
    "fills-disk-with-files": (
        body("""
for number in range(10**6):
    with open(f'/dev/shm/{number}', 'wb') as file:
        file.write(bytes(2**24))
"""),
        "failed",
        "No space left on device",
    ),
    "hoards-files": (
        body("""
written = 0
for folder in ('/tmp', '/dev/shm'):
    for number in range(1000):
        try:
            with open(f'{folder}/{number}', 'wb') as file:
                file.write(bytes(2**20))
            written += 1
        except OSError:
            break
raise Declined('within limits' if 100 < written <= 300 else f'wrote {written} MB, with 300 MB of memory')
"""),
        "declined",
        "within limits",
    ),
    "prints-1-gb": (body("for _ in range(2**14):\n    print('x' * 2**16)"), "crash", "printed more than 4 MB"),
    "returns-nan": (body("return np.full(cube.shape[1:], np.nan)"), "invalid", "no finite score"),
    "returns-wrong-shape": (body("return cube[0, :5, :5]"), "invalid", r"shape \(5, 5\), expected \(61, 61\)"),
    "returns-cube": (body("return cube"), "invalid", r"expected \(n, n\) as the frames"),
    "returns-objects": (body("return np.array([[object()] * 61] * 61)"), "invalid", "not an array of numbers"),
    "returns-complex": (
        body("return np.fft.fft2(cube[0])"),
        "invalid",
        "scores is complex, expected real numbers",
    ),
    "returns-complex-image": (
        """
from dataclasses import dataclass
from algozoo.detectors.contract import DetectionMap, Detector

@dataclass(frozen=True, kw_only=True)
class Mine(Detector):
    def detect(self, sequence):
        return DetectionMap(scores=sequence.cube[0], image=1j * sequence.cube[0], kind='snr')
""",
        "invalid",
        "image is complex, expected real numbers",
    ),
    "returns-masked": (
        body("return np.ma.masked_less(cube[0], np.median(cube))"),
        "invalid",
        "scores is masked, expected NaN where",
    ),
    "returns-nothing": (body("pass"), "invalid", "scores"),
    "announces-10-to-the-15": (
        body("""
text = b'{"facts": {"outcome": "map", "kind": "snr"}, "arrays": [["scores", "<f8", [1000000000000000]]], "blob": 0}'
os.write(4, struct.pack('<I', len(text)) + text)
os._exit(0)
"""),
        "invalid",
        r"an array of shape \(1000000000000000,\) is announced",
    ),
    "announces-nothing-of-2-to-the-62": (
        body("""
text = b'{"facts": {"outcome": "map", "kind": "snr"}, "arrays": [["scores", "<f8", [0, %d]]], "blob": 0}' % (2**62)
os.write(4, struct.pack('<I', len(text)) + text)
os._exit(0)
"""),
        "invalid",
        "which is too large",
    ),
    "sends-code": (
        body("os.write(4, struct.pack('<I', 30) + b'__import__(\"os\").system(\"id\")!')\nos._exit(0)"),
        "invalid",
        "the header is not what it should be",
    ),
    "sends-for-ever": (body("while True:\n    os.write(4, bytes(2**16))"), "invalid", "more bytes than a map can have"),
    "segfaults": (
        body("ctypes.string_at(0)"),
        "crash",
        r"killed by signal 11 \(SIGSEGV\); it said: .*detector.py.*line",
    ),
    "exits": (body("print('so long')\nsys.stdout.flush()\nos._exit(0)"), "crash", "exit code 0; it said: so long"),
    "quits": (body("raise SystemExit"), "failed", "SystemExit"),
    "fails-to-import": (
        "import nothing_like_it\n" + HONEST,
        "failed",
        "ModuleNotFoundError: No module named 'nothing_like_it'",
    ),
    "has-two-detectors": (
        HONEST + "from algozoo.detectors.median import Median\nclass Mine(Median):\n    pass\n",
        "failed",
        r"detector.py has 2 detectors, detect \(line 5\), Mine \(line 8\): expected one",
    ),
    "has-one-detector-twice": (
        HONEST + HONEST,
        "failed",
        r"detector.py has 2 detectors, detect \(line 5\), detect \(line 7\): expected one",
    ),
    "has-no-detector": ("x = 1\n", "failed", "neither a function detect.* nor a class"),
    "asks-for-more": (
        "def detect(cube, angles, psf, truth):\n    pass\n",
        "failed",
        "that submission.toml does not have: truth",
    ),
    "declines": (body("raise Declined('too few frames')"), "declined", "too few frames"),
    "writes-to-the-terminal": (
        body("raise Declined('\\x1b[2J\\ud800 all is well')"),
        "declined",
        "\N{REPLACEMENT CHARACTER} all is well",
    ),
    "differs-from-run-to-run": (body("return np.random.default_rng().normal(size=cube.shape[1:])"), "ok", ""),
    "remembers": (
        """
import sysconfig
import algozoo
places = ['/tmp', '/dev/shm', '/var/tmp', '/', '/dev', os.environ['HOME'], *sys.path]
places += [os.path.dirname(__file__), os.path.dirname(algozoo.__file__)]
libc = ctypes.CDLL(None, use_errno=True)

def memories():
    for folder in places:
        try:
            yield from (f'{folder}/{name}' for name in os.listdir(folder) if 'median' in name)
        except OSError:
            pass
    if hasattr(np, 'remembered') or hasattr(sys, 'remembered') or 'remembered' in os.environ:
        yield 'module'
    if libc.shmget(4711, 4096, 0o600) != -1:
        yield 'shared memory'
    if libc.syscall(250, 10, -4, b'user', b'median', 0) >= 0:
        yield 'key'
    try:
        socket.socket(socket.AF_UNIX).connect('\\0median')
        yield 'socket'
    except OSError:
        pass
    if any(line.split()[1] != '0' for line in open('/proc/self/net/dev').readlines()[2:]):
        yield 'network counters'
    if os.stat('/dev/null').st_mtime == 4711.0:
        yield 'date'

def leave(median):
    for folder in places:
        try:
            open(f'{folder}/median', 'w').write(str(median))
        except OSError:
            pass
    np.remembered = sys.remembered = median
    os.environ['remembered'] = str(median)
    libc.shmget(4711, 4096, 0o1600)
    libc.syscall(248, b'user', b'median', b'1', 1, -4)
    try:
        os.utime('/dev/null', (4711, 4711))
    except OSError:
        pass
    if os.fork() == 0:
        try:
            server = socket.socket(socket.AF_UNIX)
            server.bind('\\0median')
            server.listen()
        finally:
            time.sleep(1000)

def detect(cube, angles, psf):
    known = list(memories())
    if known:
        raise RuntimeError(f'remembers by {known}')
    leave(float(np.median(cube)))
    raise Declined('remembers nothing')
""",
        "declined",
        "remembers nothing",
    ),
    "asks-what-is-cached": (
        body("""
libc, told = ctypes.CDLL(None, use_errno=True), []
with open(sys.executable, 'rb') as file, mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ) as mapped:
    page = bytearray(4096)
    assert os.preadv(file.fileno(), [page], 0) == 4096
    try:
        told.append(os.preadv(file.fileno(), [page], 0, os.RWF_NOWAIT))
    except OSError:
        pass
    address = np.frombuffer(mapped, np.uint8).ctypes.data
    if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(4096), ctypes.create_string_buffer(1)) == 0:
        told.append('mincore')
    ring = ctypes.c_ulong(0)
    calls = {'x86_64': 206, 'aarch64': 0}
    if libc.syscall(calls[os.uname().machine], 1, ctypes.byref(ring)) == 0:
        told.append('io_setup')
    counts = ctypes.create_string_buffer(40)
    if libc.syscall(451, file.fileno(), struct.pack('QQ', 0, 4096), counts, 0) == 0:
        told.append('cachestat')
raise Declined(f'told {told}')
"""),
        "declined",
        r"told \[\]",
    ),
    "asks-what-the-machine-does": (
        body("""
libc, told = ctypes.CDLL(None), []
own = {'self', 'thread-self', 'mounts', 'net', 'cpuinfo', 'filesystems', 'version'}
shown = [name for name in os.listdir('/proc') if not name.isdigit() and name not in own]
told += [n for n in shown if (os.listdir if os.path.isdir(f'/proc/{n}') else os.path.getsize)(f'/proc/{n}')]
told.remove('meminfo')
told += ['meminfo'] if any(int(line.split()[1]) not in (0, 300 * 1024) for line in open('/proc/meminfo')) else []
facts = (ctypes.c_ulong * 14)()
told += [libc.sysinfo(facts)] if libc.sysinfo(facts) else []
told += ['load'] if any(facts[:4]) or any(os.getloadavg()) else []
told += ['memory'] if list(facts[4:6]) != [300 * 2**20] * 2 or any(facts[6:10]) else []
told += ['processes'] if facts[10] != 1 else []
if os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') != 300 * 2**20:
    told.append('pages')
if libc.klogctl(10, None, 0) >= 0 or libc.klogctl(3, ctypes.create_string_buffer(4096), 4096) >= 0:
    told.append('log')
if libc.inotify_init() >= 0 or libc.inotify_init1(0) >= 0 or libc.fanotify_init(0x200, 0) >= 0:
    told.append('watch')
if libc.fcntl(os.open('/usr', os.O_RDONLY), 1026, 1) >= 0:
    told.append('F_NOTIFY')
if libc.syscall(434, os.getpid(), 0) >= 0:
    told.append('pidfd_open')
one = socket.socketpair()[0]
for option in (57, 71, 77):  # SO_COOKIE, SO_NETNS_COOKIE, SO_PEERPIDFD
    try:
        told.append(one.getsockopt(socket.SOL_SOCKET, option, 8))
    except PermissionError:
        pass
told += [name for name in ('/sys', '/dev/kmsg', '/dev/shm/..data') if os.path.exists(name)]
raise Declined(f'told {told}')
"""),
        "declined",
        r"told \[\]",
    ),
    "asks-how-much-memory-is-free": (
        """
import psutil

def detect(cube, angles, psf):
    assert psutil.virtual_memory().available == 300 * 2**20
    assert psutil.cpu_count() >= 1 and psutil.swap_memory().total == 0
    assert psutil.Process().name()
    return np.median(cube, axis=0)
""",
        "ok",
        "",
    ),
    "uses-processes": (
        """
import asyncio, multiprocessing
def twice(x):
    return 2 * x

async def last(values):
    return (await asyncio.gather(*(asyncio.sleep(0.0, value) for value in values)))[-1]

def detect(cube, angles, psf):
    with multiprocessing.get_context('fork').Pool(2) as pool:
        values = pool.map(twice, [1, 2, 3])
    assert asyncio.run(last(values)) == 6
    return np.median(cube, axis=0)
""",
        "ok",
        "",
    ),
    "patches-algozoo": (
        """
import algozoo.detectors.contract as contract
import algozoo.detectors.submitted.guest as guest
import algozoo.sandbox.zygote as zygote
if getattr(contract, 'patched', False):
    raise RuntimeError('patched before')

def detect(cube, angles, psf):
    contract.patched = True
    guest._detect = zygote.Zygote.run = np.median = lambda *_: None
    sys.modules.clear()
    return cube[0]
""",
        "ok",
        "",
    ),
}
MINUTES = {"ignores-sigterm": 0.015, "never-loads": 0.015}


@pytest.fixture
def world(tmp_path):
    """Something to steal, and somebody to talk to."""
    secret = tmp_path / "secret"
    secret.write_text("truth")
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(dir="/tmp"))  # an address has at most 108 characters
        Path(folder).chmod(0o755)
        addresses = {"address": f"\0rogue-{os.getpid()}", "path": f"{folder}/stream", "datagrams": f"{folder}/datagram"}
        kinds = {"datagrams": socket.SOCK_DGRAM}
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for name, address in addresses.items():
            listener = stack.enter_context(socket.socket(socket.AF_UNIX, kinds.get(name, socket.SOCK_STREAM)))
            listener.bind(address)
            if name not in kinds:
                listener.listen()
            if name != "address":
                Path(address).chmod(0o777)
        yield {"secret": str(secret), "port": server.getsockname()[1], **addresses}


def rows(suite, name: str, folder: Path):
    """Run one sequence: two injected maps, an empty and a flipped one."""
    dataset = suite.datasets[0].model_copy(update={"injections": 1, "sequences": 1})
    small = suite.model_copy(update={"datasets": (dataset,), "detectors": (SuiteDetector(name=name),)})
    store = Store(folder / "store")
    list(run(plan(small)[0], store))
    return store.read(small.name, small.version)[0]


def descendants(pid: int) -> set[int]:
    """List the processes that a process started, and those that they started."""
    try:
        children = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except OSError:
        return set()
    return children.union(*map(descendants, children))


def zygotes(pid: int) -> set[int]:
    """List those processes that stay in a sandbox: the first Python below bubblewrap."""
    return {child for child in descendants(pid) if is_python(child) and not is_python(parent(child))}


def is_python(pid: int) -> bool:
    return b"python" in Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def not_ours() -> set[int]:
    """List the processes that run what is not ours."""
    return set().union(*map(descendants, zygotes(os.getpid())))


@pytest.mark.parametrize("name", ROGUES)
def test_a_rogue_ends_as_a_row_that_says_why_and_leaves_nothing(name, suite, submit, world, tmp_path):
    code, status, reason = ROGUES[name]
    for word, value in world.items():
        code = code.replace(f"{{{word}!r}}", repr(value)).replace(f"{{{word}}}", str(value))
    submit(name, code, MINUTES.get(name, 1.0))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    outcomes = rows(suite, name, tmp_path)
    assert set(outcomes["status"]) == {status}, outcomes["reason"][0]
    assert all(re.search(reason, given) for given in outcomes["reason"]), outcomes["reason"][0]
    assert len(outcomes) == 4
    after = {
        path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and "store" not in path.parts
    }
    assert after == before
    assert not not_ours()


def test_a_submission_is_unaffected_by_those_before(suite, submit, tmp_path):
    submit("honest", HONEST)
    submit("patches-algozoo", ROGUES["patches-algozoo"][0])
    submit("remembers", ROGUES["remembers"][0])
    alone = rows(suite, "honest", tmp_path / "alone")
    for rogue in ("patches-algozoo", "remembers"):
        rows(suite, rogue, tmp_path / rogue)
    after = rows(suite, "honest", tmp_path / "after")
    assert set(alone["status"]) == {"ok"}
    for one, other in zip(alone["candidate_score"], after["candidate_score"], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_detector_that_differs_from_run_to_run_is_found_out(submit):
    submit("differs", ROGUES["differs-from-run-to-run"][0])
    report = check_detector(create("differs"))
    assert "same input gives the same map" in [check.clause for check in report.checks if not check.passed]


def test_nothing_runs_on_when_its_keeper_is_killed(submit):
    submit("sleeps", SLEEP)
    script = (
        "from algozoo.datasets import load_dataset\nfrom algozoo.detectors.registry import create\n"
        "create('sleeps').detect(load_dataset('tiny').sequence(0))\n"
    )
    keeper = os.posix_spawn(sys.executable, [sys.executable, "-c", script], os.environ)
    wait_for(lambda: any(map(descendants, zygotes(keeper))))
    running = descendants(keeper)
    os.kill(keeper, signal.SIGKILL)
    os.waitpid(keeper, 0)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in running))


def wait_for(condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
