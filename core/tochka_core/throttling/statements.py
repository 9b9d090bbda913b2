"""The statements of tries; the time in them is the database's."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    Double,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    text,
)

LOCK_TIMEOUT_SECONDS: Final = 3
"""A row is held for milliseconds. Where its holder hangs, the others must not keep all connections
of their worker waiting."""

_LOCK_TIMEOUT: Final = f"set_config('lock_timeout', '{LOCK_TIMEOUT_SECONDS}s', true)"

_ASKED: Final = f"""
asked AS (
    SELECT allowance, subject, free, counted,
        make_interval(secs => first) AS first, make_interval(secs => longest) AS longest,
        make_interval(secs => forget) AS forget
    FROM {_LOCK_TIMEOUT}, unnest(
        CAST(:names AS text[]), CAST(:subjects AS bytea[]), CAST(:free AS int[]),
        CAST(:counted AS int[]), CAST(:first AS float8[]), CAST(:longest AS float8[]),
        CAST(:forget AS float8[])
    ) AS given (allowance, subject, free, counted, first, longest, forget)
)
"""  # noqa: S608 - made of constants

_COUNTED: Final = """
SELECT full_at, blocked, date_trunc('hour', greatest(full_at, blocked)) + interval '1 hour'
FROM (
    SELECT full_at, at + CASE WHEN made >= free
        THEN least(longest, first * power(2, made - free)) END AS blocked
    FROM (
        SELECT full_at, at,
            ceil(extract(epoch FROM full_at - at) / extract(epoch FROM forget)) AS made
        FROM (
            SELECT at, least(greatest({forgotten_at}, at) + forget, at + counted * forget)
                AS full_at
            FROM (SELECT clock_timestamp() AS at) AS clock
        ) AS capped
    ) AS number
) AS delayed
"""
"""What a row holds after one more try of `asked`, as it was `forgotten_at`.

It is looked at when the row is locked. The transaction may have begun before that of the last try,
whose time would then lie in the future, and count twice.
"""

_LONGEST_WAIT: Final = """
SELECT allowance, blocked_until - clock_timestamp() AS wait
FROM asked, LATERAL (
    SELECT blocked_until FROM tochka.throttles AS kept
    WHERE kept.allowance = asked.allowance AND kept.subject = asked.subject OFFSET 0
) AS found
WHERE blocked_until > now()
ORDER BY wait DESC LIMIT 1
"""
"""Each is looked up by its key: a join would be planned while the table is small, and stay so."""

_TYPES: Final[Sequence[BindParameter[Any]]] = (
    bindparam("names", type_=ARRAY(Text)),
    bindparam("subjects", type_=ARRAY(LargeBinary)),
    *(bindparam(name, type_=ARRAY(Integer)) for name in ("free", "counted")),
    *(bindparam(name, type_=ARRAY(Double)) for name in ("first", "longest", "forget")),
)

# In the order of the key, so that nobody waits in a circle. A row that somebody else has changed
# meanwhile is judged by what they have left, and missing among those taken if that has to wait.
TAKE: Final = text(f"""
WITH {_ASKED}, waiting AS (
    {_LONGEST_WAIT}
), taken AS (
    INSERT INTO tochka.throttles AS kept
        (allowance, subject, forgotten_at, blocked_until, expires_at)
    SELECT allowance, subject, made.* FROM asked, LATERAL (
        {_COUNTED.format(forgotten_at="at")}
    ) AS made
    WHERE NOT EXISTS (SELECT FROM waiting)
    ORDER BY allowance COLLATE "C", subject
    ON CONFLICT (allowance, subject) DO UPDATE
    SET (forgotten_at, blocked_until, expires_at) = (
        SELECT made.* FROM asked, LATERAL (
            {_COUNTED.format(forgotten_at="kept.forgotten_at")}
        ) AS made
        WHERE asked.allowance = excluded.allowance AND asked.subject = excluded.subject
    )
    WHERE kept.blocked_until IS NULL OR kept.blocked_until <= clock_timestamp()
    RETURNING 1
)
SELECT (SELECT count(*) FROM taken), allowance, wait FROM (SELECT) AS once LEFT JOIN waiting ON true
""").bindparams(*_TYPES)  # noqa: S608 - made of constants

FIND_WAIT: Final = text(f"WITH {_ASKED} {_LONGEST_WAIT}").bindparams(*_TYPES)

SUCCEED: Final = text(f"""
UPDATE tochka.throttles
SET blocked_until = NULL,
    forgotten_at = CASE WHEN :clears THEN now()
        ELSE forgotten_at - make_interval(secs => :forget) END,
    expires_at = CASE WHEN :clears OR forgotten_at - make_interval(secs => :forget) <= now()
        THEN now() ELSE expires_at END
FROM {_LOCK_TIMEOUT} WHERE allowance = :name AND subject = :subject
""").bindparams(  # noqa: S608 - made of constants
    bindparam("clears", type_=Boolean),
    bindparam("forget", type_=Double),
    bindparam("name", type_=Text),
    bindparam("subject", type_=LargeBinary),
)

PLAN_BY_INDEX: Final = text("SELECT set_config('enable_seqscan', 'off', true)")
"""Goes before `CLEAN`, which would else be planned while the table is small, and stay so."""

CLEAN: Final = text("""
DELETE FROM tochka.throttles WHERE (allowance, subject) IN (
    SELECT allowance, subject FROM tochka.throttles WHERE expires_at < now()
    ORDER BY expires_at LIMIT :rows FOR UPDATE SKIP LOCKED
)
""")
