"""Getting one file: from a mirror folder, the cache, or the network in as many tries as it takes."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from tqdm import tqdm

from stages.params_data import Download
from stages.sources.cache import cache_faults, cache_folder, locked, make_cache, refuse_irregular
from stages.sources.catalogue import Remote
from stages.sources.digests import difference
from stages.sources.mirror import address, mirror_folder
from stages.sources.outcome import Failed, Gone, Refused, Stopped
from stages.sources.transfer import transfer

LONGEST_WAIT = 60.0
# A longer wait is announced.
LONGEST_SILENCE = 10.0
LONGEST_RETRY_AFTER = 600.0
_STEP_OF_UNKNOWN_SIZE = 1 << 16


class Source:
    """Where files come from, as ``download.mirror`` says; may be used from several threads at once.

    Raises:
        InputError: the mirror is no folder or address, or the cache cannot be written to.
    """

    def __init__(self, settings: Download, stop: threading.Event, sleep: Callable[[float], Any]):
        self.settings = settings
        self.stop = stop
        self.sleep = sleep
        self.folder = mirror_folder(settings.mirror)
        self.cache = cache_folder()
        if self.folder is None:
            make_cache(self.cache)

    def get(self, session: requests.Session, remotes: list[Remote], report: Callable[[int], None]) -> Path:
        """Path of a checked file with the bytes that all ``remotes`` stand for, from the first address that has it.

        Raises:
            InputError: the cache cannot be used; the message names the file.
            Gone, Refused, Failed, Stopped: as in :mod:`stages.sources.outcome`, after the last try.
        """
        for remote in remotes[:-1]:
            try:
                return self._get(session, remote, report)
            except Gone:
                continue
        return self._get(session, remotes[-1], report)

    def _get(self, session: requests.Session, remote: Remote, report: Callable[[int], None]) -> Path:
        if self.folder is not None:
            return _from_folder(self.folder / remote.mirror_path, remote, report)
        path = self.cache / remote.digest
        with cache_faults(path), locked(self.cache, remote.digest, self.stop):
            refuse_irregular(path, links=True)
            if path.exists() and difference(path, remote) is None:
                report(path.stat().st_size)
            else:
                self._download(session, remote, path, report)
        return path

    def _download(self, session: requests.Session, remote: Remote, path: Path, report: Callable[[int], None]) -> None:
        url = address(remote, self.settings.mirror)
        part = path.with_name(f"{path.name}.part")
        refuse_irregular(part, links=False)
        best = _size(part)
        left_behind = best > 0
        report(best)
        failures = 0
        while True:
            try:
                transfer(session, url, remote, part, self.settings.timeout, self.stop, report)
                _check(part, remote)
                part.replace(path)
                return
            except Failed as failure:
                if failure.start_over:
                    report(-_size(part))
                    part.unlink(missing_ok=True)
                    if left_behind:  # What an earlier run left here is no fault of this one's server.
                        left_behind = False
                        continue
                # Only tries in a row that don't bring the file on are counted, or a line that is cut off every few
                # megabytes would never bring a large file home.
                advanced = _size(part) - best >= max(1, (remote.size or 100 * _STEP_OF_UNKNOWN_SIZE) // 100)
                failures = 1 if advanced else failures + 1
                best = max(best, _size(part))
                if failures >= self.settings.attempts:
                    raise Failed(f"{failure} (tries: {failures})", server_down=failure.server_down) from None
                self._wait(remote, failure, failures)

    def _wait(self, remote: Remote, failure: Failed, failures: int) -> None:
        """Wait before the next try: 1, 2, 4, … seconds, or as long as the server asks for."""
        if failure.wait > LONGEST_RETRY_AFTER:
            raise Failed(f"{failure}: the server asks to come back in {failure.wait:.0f} s", server_down=True)
        seconds = max(min(2.0 ** (failures - 1), LONGEST_WAIT), failure.wait)
        if seconds > LONGEST_SILENCE:
            tqdm.write(f"{remote.name}: {failure}; the next try is in {seconds:.0f} s", file=sys.stderr)
        self.sleep(seconds)
        if self.stop.is_set():
            raise Stopped


def _from_folder(path: Path, remote: Remote, report: Callable[[int], None]) -> Path:
    if not path.is_file():
        raise Gone(f"{path}: no such file")
    try:
        problem = difference(path, remote)
    except PermissionError:
        problem = "may not be read"
    if problem:
        raise Refused(f"{path}: {problem}")
    report(path.stat().st_size)
    return path


def _check(part: Path, remote: Remote) -> None:
    problem = difference(part, remote)
    if problem:
        raise Failed(problem, start_over=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
