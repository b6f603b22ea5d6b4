"""Getting a data set's files: from the network, taken up where it broke off, or from a copy that is here already.

Nothing else in the package fetches anything. `fetched.json` in the folder says what came from where, with its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.data.archives import check_kind, is_archive, unpack_archive
from maquette.data.atomic import write_atomically
from maquette.data.downloads import Download, RemoteFile
from maquette.errors import ConfigError, FileError, MaquetteError, MissingExtraError

if TYPE_CHECKING:
    import httpx

__all__ = ["fetch"]

_RECORD = "fetched.json"
_TRIES = 3
"""A connection that breaks is taken up again so often before the next address is tried."""

OnProgress = Callable[[int, int], None]


def fetch(
    download: Download,
    folder: Path,
    *,
    from_file: Path | None = None,
    on_progress: OnProgress | None = None,
    client: httpx.Client | None = None,
) -> dict[str, Any]:
    """Have a set's files in `folder`, unpacked; what was fetched, by file name, as recorded in `fetched.json`.

    What is recorded and whole already is left alone. `from_file` takes a copy from this machine instead of the network,
    with the same checks. Addresses are tried in order; a download that broke off goes on where it stopped if the server
    can (Range), else from the beginning. FileError for a file that is not what its name or checksum says, or not laid
    out as its reader wants it; MaquetteError if the disk is too small or no address answers. `on_progress(done, total)`
    counts bytes of the file at hand, total 0 where the server does not say. `client` replaces the default HTTP client.
    """
    record = _read_record(folder)
    if from_file is not None and len(download.files) != 1:
        names = ", ".join(file.name for file in download.files)
        raise ConfigError(f"{download.name} consists of {names}: put them into {folder} and fetch without --from")
    for file in download.files:
        if _is_whole(record.get(file.name), folder):
            continue
        if from_file is not None:
            archive, origin = from_file, "a copy"
            if not archive.is_file():
                raise FileError(archive, "is no file: expected your copy of " + file.name)
        else:
            archive = folder / file.name
            origin = "already there" if archive.is_file() else _download(file, folder, download, on_progress, client)
        check_kind(archive, file.name)
        found = _digest(archive, "sha256")
        if file.sha256 and found != file.sha256:
            raise FileError(archive, f"has SHA-256 {found}, expected {file.sha256}: it is damaged, or another edition")
        unpacked = _place(archive, file, folder)
        if file is download.files[-1]:
            download.find_source(folder)
        record[file.name] = {
            "origin": origin,
            "sha256": found,
            "size": archive.stat().st_size,
            "checked": bool(file.sha256 or file.members),
            "files": {path: (folder / path).stat().st_size for path in unpacked},
        }
        write_atomically(folder / _RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
        if from_file is None and file.name not in unpacked:
            archive.unlink()
    return record


def _place(archive: Path, file: RemoteFile, folder: Path) -> tuple[str, ...]:
    """Unpack an archive, or copy a plain file; the paths written, and the sums of members checked."""
    if is_archive(archive) and archive.suffix != ".npz":
        unpacked = unpack_archive(archive, folder)
    else:
        unpacked = (file.name,)
        if archive.resolve() != (folder / file.name).resolve():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(archive, folder / file.name)
    for member, expected in file.members.items():
        if not (folder / member).is_file():
            raise FileError(archive, f"holds no {member}: it is another edition than the one that is known here")
        found = _digest(folder / member, "md5")
        if found != expected:
            raise FileError(folder / member, f"has MD5 {found}, expected {expected}: another edition, or damaged")
    return unpacked


def _download(
    file: RemoteFile, folder: Path, download: Download, on_progress: OnProgress | None, client: httpx.Client | None
) -> str:
    """Get a file from the first address that gives it; the address."""
    if not file.urls:
        raise ConfigError(f"{download.name} cannot be fetched ({download.terms}): expected --from FILE, your own copy")
    try:
        import httpx
    except ImportError as error:
        raise MissingExtraError("httpx", "fetch", f"fetching {download.name}") from error
    folder.mkdir(parents=True, exist_ok=True)
    faults = []
    own = client or httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30.0))
    try:
        for url in file.urls:
            for _ in range(_TRIES):
                try:
                    _resume(own, url, file, folder / f"{file.name}.part", on_progress)
                except httpx.HTTPStatusError as error:
                    faults.append(f"{url}: {error.response.status_code} {error.response.reason_phrase}")
                    break
                except httpx.HTTPError as error:
                    faults.append(f"{url}: {type(error).__name__} {error}".strip())
                else:
                    part = folder / f"{file.name}.part"
                    (folder / f"{file.name}.part.tag").unlink(missing_ok=True)
                    if fault := _fault(part, file):
                        part.unlink()
                        faults.append(f"{url}: {fault}")
                        break
                    part.replace(folder / file.name)
                    return url
    finally:
        if client is None:
            own.close()
    raise MaquetteError(f"{file.name} could not be had: {'; '.join(faults)}: try again, or bring your copy with --from")


def _fault(part: Path, file: RemoteFile) -> str:
    """What is wrong with a file that came whole; empty: nothing. An address may answer with a page that says sorry."""
    try:
        check_kind(part, file.name)
    except FileError as error:
        return error.reason
    if file.sha256 and (found := _digest(part, "sha256")) != file.sha256:
        return f"has SHA-256 {found}, expected {file.sha256}"
    return ""


def _resume(client: httpx.Client, url: str, file: RemoteFile, part: Path, on_progress: OnProgress | None) -> None:
    """Fill `part` from one address, from where it ends if it is a part of the same file there."""
    import httpx

    tag = part.with_name(part.name + ".tag")
    have = part.stat().st_size if part.is_file() else 0
    known = tag.read_text(encoding="utf-8").split("\n") if tag.is_file() else []
    # Without the server's own mark of the file nobody knows that the rest belongs to what is here.
    headers = {"Accept-Encoding": "identity"}
    if have and len(known) == 2 and known[0] == url:
        headers |= {"Range": f"bytes={have}-", "If-Range": known[1]}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            # What is here is all there is, or more: begin anew.
            part.unlink()
            tag.unlink(missing_ok=True)
            raise httpx.ReadError("the part that was here does not fit", request=response.request)
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        begin = have if resumed else 0
        if resumed and not response.headers.get("content-range", "").startswith(f"bytes {have}-"):
            raise httpx.ReadError("the server sent another part than was asked for", request=response.request)
        total = begin + int(response.headers.get("content-length", 0) or 0)
        needed = max(total, file.size) - begin
        free = shutil.disk_usage(part.parent).free
        if needed > free:
            raise MaquetteError(f"{file.name} needs {needed} more bytes, {free} are free in {part.parent}: make room")
        mark = response.headers.get("etag") or response.headers.get("last-modified")
        if mark and not mark.startswith("W/"):
            tag.write_text(f"{url}\n{mark}", encoding="utf-8")
        else:
            tag.unlink(missing_ok=True)
        done = begin
        with part.open("ab" if resumed else "wb") as target:
            # As they come: of larger chunks the last one would be lost when the connection breaks.
            for chunk in response.iter_raw():
                target.write(chunk)
                done += len(chunk)
                if on_progress is not None:
                    on_progress(done, total)
        if total > begin and done < total:
            raise httpx.ReadError(f"the connection broke after {done} of {total} bytes", request=response.request)


def _is_whole(entry: Any, folder: Path) -> bool:
    """Whether all files that came out of a recorded archive are there, with their sizes."""
    files = entry.get("files") if isinstance(entry, Mapping) else None
    if not files:
        return False
    return all((folder / path).is_file() and (folder / path).stat().st_size == size for path, size in files.items())


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / _RECORD
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileError(path, f"is not JSON: remove it and fetch again ({error})") from error
    return dict(record)


def _digest(path: Path, kind: str) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, kind).hexdigest()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error
