"""Small wheels for tests, written rather than built: a wheel is a zip with a few more files."""

import base64
import hashlib
import textwrap
import zipfile

CORE = "tochka-rosta"


def write_wheel(folder, name, files, *, entry_points=None, requires=(CORE,), version="1.0"):
    """Write the wheel of the distribution *name* and return its path.

    *files* are sources by path; *entry_points* are modules by name, *name* itself with its hooks
    where left out.
    """
    package = name.replace("-", "_")
    declared = {package: f"{package}.hooks"} if entry_points is None else entry_points
    lines = "".join(f"{module} = {target}\n" for module, target in declared.items())
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    info = f"{package}-{version}.dist-info"
    contents = {
        **{path: textwrap.dedent(source) for path, source in files.items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[tochka.modules]\n{lines}",
    }
    record = "".join(
        f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in contents.items()
    )
    path = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name_, text in contents.items():
            wheel.writestr(name_, text)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def _digest(text):
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
