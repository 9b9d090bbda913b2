"""An archive that is damaged, or made to do harm, is one line, and nothing of it is stored."""

import hashlib
import json
import warnings
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from tochka_core.archives import reading

NOTES = "tables/mod_notes.notes.ndjson"
MEMBERS = "tables/tochka.memberships.ndjson"
INVITATIONS = "tables/tochka.invitations.ndjson"
PEOPLE = "people.ndjson"
UNKNOWN = "01a20f4d-ab2c-756d-bdb6-827936cd11fe"


class Forgery:
    """An archive to change before it is packed again."""

    def __init__(self, archive):
        with ZipFile(archive) as opened:
            self.files = {name: opened.read(name) for name in opened.namelist()}
        self.manifest = json.loads(self.files.pop("manifest.json"))
        self.method = ZIP_DEFLATED
        self.twice = ()

    def contents(self, path):
        described = {f"tables/{item['table']}.ndjson": item for item in self.manifest["tables"]}
        return self.manifest["people"] if path == PEOPLE else described[path]["contents"]

    def set(self, path, content):
        """Put *content* in the place of a file, and have the manifest say so."""
        self.files[path] = content
        self.contents(path).update(
            rows=content.count(b"\n"),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )

    def pack(self, archive):
        with warnings.catch_warnings(), ZipFile(archive, "w", self.method) as opened:
            warnings.filterwarnings("ignore", "Duplicate name")
            for path, content in (*self.files.items(), *self.twice):
                opened.writestr(path, content)
            opened.writestr("manifest.json", json.dumps(self.manifest))


def with_row(path, **changes):
    """Change the first row of a file, which may be any: a file has no order."""
    return lambda forgery: change_rows(forgery, path, slice(1), changes)


def with_rows(path, **changes):
    """Change all rows of a file."""
    return lambda forgery: change_rows(forgery, path, slice(None), changes)


def change_rows(forgery, path, which, changes):
    lines = forgery.files[path].splitlines()
    for number, line in [*enumerate(lines)][which]:
        row = {**json.loads(line), **changes}
        row = {key: value for key, value in row.items() if value != "-"}
        lines[number] = json.dumps(row).encode()
    forgery.set(path, b"".join(line + b"\n" for line in lines))


def with_line(path, line):
    """Put *line* in the place of a file."""
    return lambda forgery: forgery.set(path, line)


def with_manifest(**changes):
    return lambda forgery: forgery.manifest.update(changes)


def with_tenant(**changes):
    return lambda forgery: forgery.manifest["tenant"].update(changes)


def with_files(**changes):
    return lambda forgery: forgery.files.update(
        {path.replace("__", "/"): content for path, content in changes.items()}
    )


def drop(path):
    return lambda forgery: forgery.files.pop(path)


def add_table(name, like):
    """Have the manifest name another table, with rows like those of *like*."""

    def change(forgery):
        source = next(item for item in forgery.manifest["tables"] if item["table"] == like)
        forgery.manifest["tables"].append({**source, "table": name})
        forgery.files.setdefault(f"tables/{name}.ndjson", forgery.files[f"tables/{like}.ndjson"])

    return change


def swap_columns(forgery):
    for item in forgery.manifest["tables"]:
        if item["table"] == "mod_notes.notes":
            item["columns"].append("password")


def store_twice(forgery):
    forgery.twice = ((NOTES, forgery.files[NOTES]),)


def pack_otherwise(forgery):
    forgery.method = ZIP_BZIP2


HOSTILE = {
    "a file too many": (
        with_files(**{"..__..__etc__passwd": b"x"}),
        "'../../etc/passwd' is not in",
    ),
    "a file twice": (store_twice, "missing, or there twice"),
    "a file too few": (drop(NOTES), "is missing"),
    "no people": (drop(PEOPLE), "people.ndjson is missing"),
    "another packing": (pack_otherwise, "not packed as an export packs"),
    "a bomb": (with_line(NOTES, b"0" * 20_000_000), "unpacks to too many bytes"),
    "another checksum": (
        with_files(**{NOTES.replace("/", "__"): b"{}\n"}),
        "not what the manifest",
    ),
    "another format": (with_manifest(format="zip"), "manifest is malformed"),
    "a newer format": (with_manifest(format_version=2), "is of format 2"),
    "a manifest that is nothing": (with_manifest(tables=None), "manifest is malformed"),
    "another core": (with_manifest(core_revision="0001"), "and was at 0001"),
    "a module that is not here": (
        with_manifest(modules=[{"name": "other", "version": "9", "revision": "1"}]),
        "the module other 9 is not ready",
    ),
    "a module in colours": (
        with_manifest(modules=[{"name": "\x1b[2Jx\r\n", "version": "\u2028y", "revision": None}]),
        r"the module \x1b[2Jx\r\n \u2028y is not ready here",
    ),
    "a table in colours": (
        add_table("mod_notes.\x1b[31m\n", "mod_notes.notes"),
        r"no table mod_notes.\x1b[31m\n of tenants",
    ),
    "a module that is not told": (with_manifest(modules=[]), "does not name the module of"),
    "a table that is not here": (add_table("mod_notes.none", "mod_notes.notes"), "mod_notes.none"),
    "a table of the platform's": (add_table("tochka.users", "mod_notes.notes"), "tochka.users"),
    "keys of one's own": (add_table("tochka.api_keys", "mod_notes.notes"), "tochka.api_keys"),
    "a table twice": (add_table("mod_notes.notes", "mod_notes.notes"), "a table twice"),
    "columns that are not here": (swap_columns, "other columns"),
    "a bad name": (with_tenant(name="../acme"), "A tenant's name has"),
    "a reserved name": (with_tenant(name="admin"), "reserved"),
    "a title that cannot be stored": (with_tenant(title="a\0b"), "database refuses"),
    "a row of another tenant": (with_row(NOTES, tenant_id=UNKNOWN), "is of another tenant"),
    "a row of no tenant": (with_row(NOTES, tenant_id=None), "is of another tenant"),
    "a row with more": (with_row(NOTES, more=1), "has other columns"),
    "a row with less": (with_row(NOTES, text="-"), "has other columns"),
    "a row with a wrong value": (with_row(NOTES, created_at="soon"), "database refuses"),
    "a row with NULL": (with_row(NOTES, text=None), "database refuses"),
    "a row with NUL": (with_row(NOTES, text="\0"), "database refuses"),
    "a role that is none": (with_row(MEMBERS, role="god"), "database refuses"),
    "a member who is not there": (with_row(MEMBERS, user_id=UNKNOWN), "names a person who is not"),
    "a member who is a list": (with_row(MEMBERS, user_id=[1]), "names a person who is not"),
    "a time before Christ": (
        with_row(MEMBERS, created_at="0044-03-15 12:00:00+00 BC"),
        "in tochka.memberships is not between the years 1 and 9999",
    ),
    "a time that Python has not": (
        with_row(MEMBERS, created_at="9999-12-31T23:59:59-01:00"),
        "is not between",
    ),
    "an invitation for ever": (with_row(INVITATIONS, expires_at="infinity"), "is not between"),
    "a module's time that Python has not": (
        with_row(NOTES, created_at="200000-01-01T00:00:00+00:00"),
        "in mod_notes.notes is not between",
    ),
    "an invitation to no phone": (with_row(INVITATIONS, phone="\x1b[2J\n"), "valid phone number"),
    "an invitation in other words": (
        with_row(INVITATIONS, phone="+79990000009\n"),
        "not in E.164",
    ),
    "no JSON": (with_line(NOTES, b"\\.\n"), "Line 1 of tables/mod_notes.notes.ndjson is malformed"),
    "no UTF-8": (with_line(NOTES, b'{"a\xff":1}\n'), "is malformed"),
    "a list": (with_line(NOTES, b"[]\n"), "is malformed"),
    "a deep hole": (with_line(NOTES, b"[" * 100_000 + b"\n"), "is malformed"),
    "a line without end": (with_line(NOTES, b"{}"), "too long, or does not end"),
    "a line that is too long": (with_line(NOTES, b" " * 300_000 + b"{}\n"), "too long"),
    "a person without a phone": (with_row(PEOPLE, phone="-"), "no person"),
    "a phone that is none": (with_row(PEOPLE, phone="+7"), "no person"),
    "a phone in other words": (with_row(PEOPLE, phone="+7 999 000-00-01"), "not in E.164"),
    "two people with one phone": (with_rows(PEOPLE, phone="+79990000002"), "one phone"),
}


@pytest.fixture
def refused(here, tmp_path, monkeypatch):
    """Have an import refused; return what is said."""
    monkeypatch.setattr(reading, "MAX_LINE_BYTES", 200_000)

    def refused(archive):
        code, output = here.run("import", archive)
        assert code == 1, output
        assert output.startswith("Error: "), output
        assert len(output.splitlines()) == 1, output
        return output

    return refused


@pytest.fixture
def moved(here, archive):
    """An archive of a tenant that nothing here knows any more."""
    forget(here)
    return archive


def forget(here):
    here.told("delete", "acme")
    here.told("purge", "acme", "--yes")
    here.build("DELETE FROM tochka.audit_log")


def stored(installation):
    return installation.sql(
        "SELECT (SELECT count(*) FROM tochka.tenants), (SELECT count(*) FROM tochka.users),"
        " (SELECT count(*) FROM tochka.memberships), (SELECT count(*) FROM mod_notes.notes)"
    )


def test_what_is_not_as_it_should_be_is_one_line_and_nothing_is_stored(
    here, moved, tmp_path, refused
):
    before = stored(here)
    forged = tmp_path / "forged.zip"
    for name, (change, part) in HOSTILE.items():
        forgery = Forgery(moved)
        change(forgery)
        forgery.pack(forged)
        assert part in refused(forged), name
    assert stored(here) == before
    Forgery(moved).pack(forged)
    here.told("import", forged)
    assert stored(here) != before


def test_a_module_may_keep_the_last_moment_that_there_is(here, moved, tmp_path):
    forgery = Forgery(moved)
    with_row(NOTES, created_at="infinity")(forgery)
    forgery.pack(tmp_path / "endless.zip")
    here.told("import", tmp_path / "endless.zip")
    assert here.sql("SELECT 1 FROM mod_notes.notes WHERE created_at = 'infinity'") == [(1,)]


def test_a_file_that_is_cut_or_changed_anywhere_is_refused(here, moved, tmp_path, refused):
    whole = moved.read_bytes()
    before = stored(here)
    broken = tmp_path / "broken.zip"
    for length in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        broken.write_bytes(whole[:length])
        assert "is no archive of a tenant, or is damaged" in refused(broken)
    for place in range(0, len(whole) - 200, len(whole) // 15):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        code, output = here.run("import", broken)
        # Where it is no more than a date or a flag that nobody reads, the archive is as good.
        if code == 0:
            forget(here)
        else:
            assert (code, output.startswith("Error: "), output.count("\n")) == (1, True, 0)
    assert stored(here) == before
    broken.write_bytes(whole + b"more")
    assert "it has no end" in refused(broken)


def test_a_table_of_contents_that_is_too_long_is_not_read(moved, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(reading, "MAX_DIRECTORY_BYTES", 100)
    assert "table of contents is too long" in refused(moved)


def test_a_manifest_that_is_too_long_is_not_read(moved, refused, monkeypatch):
    monkeypatch.setattr(reading, "MAX_MANIFEST_BYTES", 100)
    assert "manifest is too long" in refused(moved)
