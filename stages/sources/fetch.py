"""Many checked downloads at once, into the cache: retried, resumed, and never made twice."""

import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from stages.errors import InputError
from stages.params_data import Download
from stages.sources.catalogue import Remote
from stages.sources.obtain import Source
from stages.sources.outcome import Failed, Gone, Refused
from stages.sources.pool import run_all
from stages.sources.web import shown
from stages.sources.wording import count

# So many files in a row for which no server answered, or none that could serve: the rest needn't be tried.
DOWN_IN_A_ROW = 6
_SHOWN = 5


@dataclass
class Fetched:
    """What came: checked files by their digest, and what the server said it doesn't have."""

    paths: dict[str, Path] = field(default_factory=dict)
    gone: list[Remote] = field(default_factory=list)


def fetch(remotes: Iterable[Remote], settings: Download, sleep: Callable[[float], Any] | None = None) -> Fetched:
    """Get files from ``download.mirror`` or their public addresses, several at a time.

    A file that the cache holds isn't fetched again. Wrong bytes, a cut connection or an answer of 429 or 5xx is tried
    again after 1, 2, 4, … seconds (longer where the server asks for it), going on where the last try ended; a try
    that brings the file on by a hundredth or more doesn't count as one of ``settings.attempts``.

    Args:
        sleep: waits that many seconds between tries; by default it ends early when the download is interrupted.

    Raises:
        InputError: at least one file failed for another reason than 404 or 410; the message says which and why.
            All others have been fetched by then, unless the server is down.
    """
    jobs: dict[str, list[Remote]] = {}
    for remote in remotes:
        jobs.setdefault(remote.digest, []).append(remote)  # The same bytes under two names are fetched once.
    stop = threading.Event()
    source = Source(settings, stop, stop.wait if sleep is None else sleep)
    fetched, failures, down = Fetched(), {}, 0
    try:
        with _progress(jobs, settings) as bar:
            for digest, outcome in run_all(lambda *job: source.get(*job, bar.update), jobs, settings.connections, stop):
                _sort_in(digest, outcome, jobs, fetched, failures)
                down = down + 1 if getattr(outcome, "server_down", False) else 0
                if down >= DOWN_IN_A_ROW:
                    break
    finally:
        stop.set()
    if failures:
        raise InputError(_summary(failures, jobs, fetched))
    return fetched


def _sort_in(
    digest: str,
    outcome: Path | BaseException,
    jobs: dict[str, list[Remote]],
    fetched: Fetched,
    failures: dict[str, str],
) -> None:
    if isinstance(outcome, Path):
        fetched.paths[digest] = outcome
    elif isinstance(outcome, Gone):
        fetched.gone += jobs[digest]
    elif isinstance(outcome, (Refused, Failed)):
        failures[digest] = str(outcome)
    else:
        raise outcome


def _progress(jobs: dict[str, list[Remote]], settings: Download) -> tqdm:
    """A bar of bytes on stderr; one line instead where that is no terminal."""
    total = sum(remotes[0].size or 0 for remotes in jobs.values())
    place = shown(settings.mirror) if settings.mirror else "the public addresses"
    if not sys.stderr.isatty():
        amount = f" ({total / 1e6:.1f} MB)" if total else ""
        print(f"fetching {count(jobs, 'file')}{amount} from {place}", file=sys.stderr)
    return tqdm(total=total or None, unit="B", unit_scale=True, desc=count(jobs, "file"), disable=None)


def _summary(failures: dict[str, str], jobs: dict[str, list[Remote]], fetched: Fetched) -> str:
    """What failed and why: the first few of it; where there are more, all of it on stderr as well."""
    lines = [f"{remote.name}: {reason}" for digest, reason in failures.items() for remote in jobs[digest]]
    more = ""
    if len(lines) > _SHOWN:
        more = f"; and {len(lines) - _SHOWN} more, listed above"
        print("\n".join(f"failed: {line}" for line in lines), file=sys.stderr)
    tried = {*failures, *fetched.paths, *(remote.digest for remote in fetched.gone)}
    untried = [remote for digest, same in jobs.items() if digest not in tried for remote in same]
    rest = f"; {count(untried, 'other')} not tried" if untried else ""
    wanted = [remote for same in jobs.values() for remote in same]
    return (
        f"download: {len(lines)} of {count(wanted, 'file')} failed: {'; '.join(lines[:_SHOWN])}{more}{rest}. "
        "What has come is kept for the next run"
    )
