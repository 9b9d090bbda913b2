"""Telling every process of changes that it may have to forget facts for.

Triggers tell, so that changes by the API, by commands, by plain SQL and by cascades are told alike,
with the transaction that makes them and only if it is committed.
"""

from collections.abc import Iterable
from typing import Final

from alembic import op
from tochka_plugins.schemas import CORE_SCHEMA

CHANNEL: Final = "tochka_changes"
"""What to LISTEN on. A message is a kind, or a kind and a subject with a blank between."""

_FUNCTION: Final = f"{CORE_SCHEMA}.tell_changes"
_MANY: Final = 100
"""A statement that changes more subjects than this tells of all of them at once."""

_DEFINITION: Final = f"""
CREATE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
-- Arguments: the kind and, where each subject is told by itself, the column that holds it.
DECLARE
    subjects text[];
    subject text;
BEGIN
    IF TG_NARGS = 2 AND TG_OP <> 'TRUNCATE' THEN
        IF TG_OP = 'INSERT' THEN
            subjects := ARRAY(SELECT DISTINCT to_jsonb(n) ->> TG_ARGV[1] FROM new_rows n);
        ELSIF TG_OP = 'DELETE' THEN
            subjects := ARRAY(SELECT DISTINCT to_jsonb(o) ->> TG_ARGV[1] FROM old_rows o);
        ELSE
            subjects := ARRAY(SELECT to_jsonb(n) ->> TG_ARGV[1] FROM new_rows n
                UNION SELECT to_jsonb(o) ->> TG_ARGV[1] FROM old_rows o);
        END IF;
        IF cardinality(subjects) <= {_MANY} THEN
            FOREACH subject IN ARRAY subjects LOOP
                PERFORM pg_notify('{CHANNEL}', TG_ARGV[0] || ' ' || subject);
            END LOOP;
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pg_notify('{CHANNEL}', TG_ARGV[0]);
    RETURN NULL;
END $$
"""  # noqa: S608 - the interpolated parts are the constants above
_ROWS: Final = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "TRUNCATE": "",
}

_ANY: Final = "INSERT OR UPDATE OR DELETE OR TRUNCATE"


def define_telling() -> None:
    """Make the function that the triggers call."""
    op.execute(_DEFINITION)


def tell_changes(table: str, kind: str, subject: str, *, on: Iterable[str] = _ROWS) -> None:
    """Tell of changes of *table* as those of *kind*, about what the column *subject* holds.

    Of every change, or only *on* these: `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`.
    """
    for event in on:
        clause = f"{event} ON {{table}} {_ROWS[event]}"
        _make_trigger(table, kind, event.lower(), clause, subject)


def tell_changes_at_large(table: str, kind: str, *, on: str = _ANY) -> None:
    """Tell of a change of *table* as one that may touch all subjects of *kind*.

    With *on*, as in `CREATE TRIGGER`, only of these changes, such as `UPDATE OF name`.
    """
    _make_trigger(table, kind, "any", f"{on} ON {{table}}")


def stop_telling_at_large(table: str, kind: str) -> None:
    """Drop what `tell_changes_at_large` has made."""
    op.execute(f"DROP TRIGGER tell_{kind}_any ON {CORE_SCHEMA}.{table}")


def forget_telling() -> None:
    """Drop the function and all triggers that call it."""
    op.execute(f"DROP FUNCTION {_FUNCTION}() CASCADE")


def _make_trigger(table: str, kind: str, name: str, event: str, *subject: str) -> None:
    arguments = ", ".join(f"'{argument}'" for argument in (kind, *subject))
    op.execute(
        f"CREATE TRIGGER tell_{kind}_{name} AFTER {event.format(table=f'{CORE_SCHEMA}.{table}')}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}({arguments})"
    )
