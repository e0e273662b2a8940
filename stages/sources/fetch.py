"""Checked downloads into a cache outside the stages' outputs, by pooch: several at once, retried, never made twice."""

import hashlib
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pooch
import requests
from tqdm import tqdm

from stages.config.data import Download
from stages.runtime.errors import InputError, counted, listed
from stages.sources.catalogue import Remote

VARIABLE = "PIPELINE_DOWNLOADS"
pooch.get_logger().setLevel("ERROR")  # it would name every file


class Gone(Exception):
    """The file is not there: 404, 410, or missing in the folder that is the mirror."""


class Failed(Exception):
    """The file cannot be had as it should be; says why. ``offline``: nobody answered, or nobody who could serve."""

    def __init__(self, reason: str, offline: bool = False) -> None:
        super().__init__(reason)
        self.offline = offline


def fetch(remotes: Sequence[Remote], settings: Download) -> tuple[dict[str, Path], list[Remote]]:
    """Get files from ``download.mirror`` or their public addresses.

    Returns:
        The checked files by their digests, and those that are not there.

    Raises:
        InputError: a file failed for another reason; the message says which and why. What has come is kept, and where
            nobody answers the others are not tried.
    """
    once = {remote.digest: remote for remote in remotes}  # the same bytes under two names
    paths, gone, failures = {}, [], []
    with ThreadPoolExecutor(settings.connections) as pool:
        jobs = {digest: pool.submit(_fetch_one, remote, settings) for digest, remote in once.items()}
        for digest, job in tqdm(jobs.items(), desc="download", unit="file", disable=None):
            try:
                paths[digest] = job.result()
            except Gone:
                gone += [remote for remote in remotes if remote.digest == digest]
            except Failed as failure:
                failures.append(f"{once[digest].name}: {failure}")
                if failure.offline:
                    pool.shutdown(wait=False, cancel_futures=True)
                    break
    if failures:
        raise InputError(
            f"download: {counted(len(failures), 'file')} failed: {listed(failures, 5)}; {len(paths)} of {len(once)} "
            "have come and are kept for the next run"
        )
    return paths, gone


def cache_folder() -> Path:
    """Where downloads are kept: environment variable ``PIPELINE_DOWNLOADS``, else a folder of the user's cache."""
    return Path(os.environ.get(VARIABLE) or pooch.os_cache("vision-pipeline"))


def _fetch_one(remote: Remote, settings: Download) -> Path:
    mirror = settings.mirror
    if mirror is not None and not re.match(r"https?://", mirror):
        path = Path(mirror) / remote.mirror_path
        if not Path(mirror).is_dir():
            raise InputError(f"download.mirror: {mirror}: no such folder; set null for the public addresses")
        if not path.is_file():
            raise Gone
        _check(path, remote)
        return path
    url = remote.url if mirror is None else f"{mirror.rstrip('/')}/{quote(remote.mirror_path)}"
    known = None if remote.git_blob else f"sha256:{remote.digest}"
    keeper = pooch.create(
        cache_folder(), "", registry={remote.digest: known}, urls={remote.digest: url},
        retry_if_failed=settings.attempts - 1,
    )  # fmt: skip
    try:
        path = Path(keeper.fetch(remote.digest, downloader=partial(_download, timeout=settings.timeout)))
    except requests.RequestException as error:
        status = getattr(error.response, "status_code", 500)
        raise Failed(str(error), offline=status >= 500) from None
    except ValueError as error:  # another hash, in every try
        raise Failed(f"{' '.join(str(error).split())[:200]}; does this network ask for a login?") from None
    try:
        _check(path, remote)
    except Failed:
        path.unlink()
        raise
    return path


def _download(url: str, output: object, keeper: pooch.Pooch, timeout: float) -> None:
    """pooch's own download, but for files that are not there: they are not asked for again."""
    try:
        pooch.HTTPDownloader(timeout=timeout)(url, output, keeper)
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code in (404, 410):
            raise Gone from None
        raise


def _check(path: Path, remote: Remote) -> None:
    """Compare the file's hash with the one that is known."""
    if remote.git_blob:
        content = path.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    else:
        found = pooch.file_hash(path, "sha256")
    if found != remote.digest:
        raise Failed(
            f"wrong content (hash {found[:12]}… instead of {remote.digest[:12]}…): not the file that was meant"
        )
