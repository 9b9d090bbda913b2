"""Seeing that an environment has not changed since it was judged."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tochka_core import __version__


class _DirectUrl(msgspec.Struct):
    """What pip notes of a distribution that came from a folder (PEP 610)."""

    dir_info: dict[str, bool] = {}


def fingerprint() -> str | None:
    """Return a digest of what is installed: another one after each `pip install` or `uninstall`.

    `None` where something is installed editable, so that its code may change at any time.
    """
    digest = hashlib.sha256(f"{sys.version} {__version__}".encode())
    for path, info in sorted(_installed()):
        if _is_editable(path):
            return None
        digest.update(f"{path} {info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _installed() -> Iterator[tuple[str, os.stat_result]]:
    """Yield the folders of metadata, which pip makes anew with each change."""
    for folder in dict.fromkeys(sys.path):
        if not Path(folder or ".").is_dir():
            continue
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                if entry.name.endswith((".dist-info", ".egg-info")):
                    yield entry.path, entry.stat()


def _is_editable(metadata: str) -> bool:
    try:
        noted = Path(metadata, "direct_url.json").read_bytes()
        return msgspec.json.decode(noted, type=_DirectUrl).dir_info.get("editable", False)
    except (OSError, msgspec.MsgspecError):
        return False
