"""Work spread over processes or machines, in order, with its progress shown."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from auricle.core.schema import check, one_of
from auricle.core.secrets import refuse_passwords

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True)
class Cluster:
    """Where `map` runs: on processes of this machine (loky), on Dask or on Ray."""

    backend: str
    workers: int
    address: str | None

    def __post_init__(self) -> None:
        one_of("backend", self.backend, ("loky", "dask", "ray"))
        check(self.workers != 0, "workers=0: give a number, or -1 for all cores")
        refuse_passwords([self.address or ""])

    def map(
        self, function: Callable[[In], Out], items: Sequence[In], description: str
    ) -> Iterator[Out]:
        """Results in the order of the items, as they come; the order never depends on workers.

        A few items a worker are under way at a time, so memory does not grow with their number.
        """
        from joblib import Parallel, delayed

        if not items:
            return
        with self._backend():
            results = Parallel(
                n_jobs=self.workers, return_as="generator", batch_size=1, pre_dispatch="3*n_jobs"
            )(delayed(function)(item) for item in items)
            yield from progress(results, len(items), description)

    @contextmanager
    def _backend(self) -> Iterator[None]:
        from joblib import parallel_config

        if self.backend == "dask":
            from dask.distributed import Client

            with Client(self.address) as client, parallel_config("dask", client=client):
                yield
        elif self.backend == "ray":
            import ray
            from ray.util.joblib import register_ray

            ray.init(address=self.address, ignore_reinit_error=True)
            register_ray()
            with parallel_config("ray"):
                yield
        else:
            with parallel_config("loky"):
                yield


def progress(items: Iterable[Out], total: int, description: str) -> Iterator[Out]:
    """Pass items through and draw a progress bar on standard error, where that is a terminal.

    Processes that work side by side draw none: they would draw over each other.
    """
    columns: list[Any] = [TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn()]
    console = Console(stderr=True)
    bar = Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal or multiprocessing.parent_process() is not None,
    )
    with bar:
        yield from bar.track(items, total=total, description=description)
