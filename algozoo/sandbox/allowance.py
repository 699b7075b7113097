"""What one run may take."""

from dataclasses import dataclass

MEGABYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one run may take, all of its processes together.

    Parameters
    ----------
    seconds : float
        By the clock.
    memory_mb : int
        Proportional set size, summed over processes, so that pages which several share count once; and what all of its
        sockets can hold.
    scratch_mb : int
        In the files of each of the two folders, which are gone when the run ends; never more than half the memory, as
        that is where they lie.
    output_mb : int
        Printed.
    processes : int
        At a time, threads included.
    starts : int
        Processes and threads that it starts in all.
    gpu : bool
        Whether the GPUs are there; then address space is not limited, as their drivers reserve it by the terabyte.
    """

    seconds: float
    memory_mb: int
    scratch_mb: int = 512
    output_mb: int = 4
    processes: int = 64
    starts: int = 1024
    gpu: bool = False

    @property
    def folder_mb(self) -> int:
        """Size of each of the two folders."""
        return min(self.scratch_mb, self.memory_mb // 2)
