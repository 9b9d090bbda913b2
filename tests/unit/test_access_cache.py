"""Facts are kept while changes are heard of, and never longer than they are true."""

import asyncio
from collections import deque
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tochka_core.access import cache as cache_module
from tochka_core.access.cache import Cache, Fact


class Database:
    """Opens transactions, and counts those that are open and that ever were."""

    def __init__(self):
        self.open = self.opened = 0

    @asynccontextmanager
    async def platform_scope(self, **_reason):
        self.open += 1
        self.opened += 1
        try:
            yield object()
        finally:
            self.open -= 1


class Rows:
    """What is in the database, and how often it was read."""

    def __init__(self, **rows):
        self.rows = rows
        self.reads = []
        self.meanwhile = lambda: None

    async def read(self, _session, subject, about="itself"):
        self.reads.append((subject, about))
        found = self.rows.get(subject)
        self.meanwhile()
        return found


@pytest.fixture
def rows():
    return Rows(anna=1, boris=2)


@pytest.fixture
def fact(rows):
    return Fact("person", rows.read)


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def cache(database):
    cache = Cache(database)
    cache.begin()
    return cache


async def find(cache, fact, *key):
    async with cache.look() as look:
        return await look.find(fact, *key)


async def test_what_is_known_is_not_read_again_and_opens_no_transaction(
    cache, fact, rows, database
):
    assert [await find(cache, fact, "anna") for _ in range(3)] == [1, 1, 1]
    assert rows.reads == [("anna", "itself")]
    assert database.opened == 1
    assert (cache.hits, cache.misses) == (2, 1)


async def test_that_there_is_none_is_known_too(cache, fact, rows):
    assert [await find(cache, fact, "nobody") for _ in range(2)] == [None, None]
    assert len(rows.reads) == 1
    rows.rows["nobody"] = 3
    cache.forget("person", "nobody")
    assert await find(cache, fact, "nobody") == 3


async def test_one_look_has_one_transaction_which_ends_with_it(cache, fact, database):
    async with cache.look() as look:
        await look.find(fact, "anna")
        await look.find(fact, "boris")
        assert (database.open, database.opened) == (1, 1)
    assert database.open == 0
    with pytest.raises(ZeroDivisionError):
        async with cache.look() as look:
            await look.session()
            1 / 0  # noqa: B018 - it raises
    assert (database.open, database.opened) == (0, 2)


async def test_a_change_is_forgotten_of_its_subject_only(cache, fact, rows):
    for name in ("anna", "boris"):
        await find(cache, fact, name)
        await find(cache, fact, name, "elsewhere")
    cache.forget("person", "anna")
    cache.forget("tenant", "boris")
    rows.reads.clear()
    for name in ("anna", "boris"):
        await find(cache, fact, name)
        await find(cache, fact, name, "elsewhere")
    assert rows.reads == [("anna", "itself"), ("anna", "elsewhere")]


async def test_facts_of_one_kind_are_told_apart_and_forgotten_together(cache, fact, rows):
    others = Rows(anna="Anna")
    other = Fact("person", others.read)
    for _ in range(2):
        assert await find(cache, fact, "anna") == 1
        assert await find(cache, other, "anna") == "Anna"
    cache.forget("person", "anna")
    await find(cache, fact, "anna")
    await find(cache, other, "anna")
    assert len(rows.reads) == len(others.reads) == 2


async def test_a_change_at_large_is_forgotten_of_all(cache, fact, rows):
    await find(cache, fact, "anna")
    cache.forget("person")
    rows.rows["anna"] = 4
    assert await find(cache, fact, "anna") == 4


@pytest.mark.parametrize(
    "tell",
    [
        lambda cache: cache.forget("person", "anna"),
        lambda cache: cache.forget("person"),
        lambda cache: cache.bypass(),
        lambda cache: (cache.bypass(), cache.begin()),
    ],
    ids=["of the subject", "at large", "the listener is lost", "and is back"],
)
async def test_what_was_read_before_a_change_is_not_kept_after_it(cache, fact, rows, tell):
    def meanwhile():
        rows.rows["anna"] = 5
        tell(cache)

    rows.meanwhile = meanwhile
    assert await find(cache, fact, "anna") == 1
    rows.meanwhile = lambda: None
    assert await find(cache, fact, "anna") == 5


async def test_nothing_is_kept_while_nobody_listens(cache, fact, rows):
    await find(cache, fact, "anna")
    cache.bypass()
    for value in (6, 7):
        rows.rows["anna"] = value
        assert await find(cache, fact, "anna") == value
    cache.begin()
    rows.rows["anna"] = 8
    assert await find(cache, fact, "anna") == 8


async def test_a_read_that_fails_is_tried_again(cache, fact, rows):
    def fail():
        raise ConnectionError

    rows.meanwhile = fail
    with pytest.raises(ConnectionError):
        await find(cache, fact, "anna")
    rows.meanwhile = lambda: None
    assert await find(cache, fact, "anna") == 1


async def test_the_subjects_that_were_asked_for_least_recently_go(cache, fact, rows, monkeypatch):
    monkeypatch.setattr(cache_module, "MAX_SUBJECTS", 2)
    for name in ("anna", "boris", "anna", "nobody", "anna", "boris"):
        await find(cache, fact, name)
    assert [name for name, _ in rows.reads] == ["anna", "boris", "nobody", "boris"]


async def test_a_subject_has_a_bounded_number_of_answers(cache, fact, monkeypatch):
    monkeypatch.setattr(cache_module, "MAX_ANSWERS", 5)
    for number in range(50):
        await find(cache, fact, "anna", f"name {number}")
        assert len(cache.answers("person", "anna")) <= 5


class World:
    """A row that changes, a cache that is told of it later, and those who read it meanwhile."""

    def __init__(self):
        self.cache = Cache(Database())
        self.value = self.heard = 0
        self.asked = []
        """What was heard of last when somebody asked, and the task that finds the answer."""
        self._told, self._reading = deque(), deque()
        self._fact = Fact("person", self._read)

    async def _read(self, _session, _subject):
        seen = self.value
        self._reading.append(asyncio.get_running_loop().create_future())
        await self._reading[-1]
        return seen

    def change(self):
        self.value += 1
        self._told.append(self.value)

    def hear(self):
        if self._told:
            self.heard = self._told.popleft()
            self.cache.forget("person", "anna")

    def ask(self):
        task = asyncio.create_task(find(self.cache, self._fact, "anna"))
        self.asked.append((self.heard, task))

    def answer(self):
        if self._reading:
            self._reading.popleft().set_result(None)

    def lose(self):
        self.cache.bypass()
        self._told.clear()
        self.heard = self.value

    def listen(self):
        self.cache.begin()
        self._told.clear()
        self.heard = self.value


STEPS = [*["change", "hear", "ask", "answer"] * 3, "lose", "listen"]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(STEPS), min_size=5, max_size=20))
async def test_nobody_is_told_what_was_so_before_a_change_that_was_heard_of(steps):
    """In whatever order the row is changed, changes are heard of, and reads begin and end."""
    world = World()
    for step in ["listen", *steps, "ask", *["answer"] * len(steps)]:
        getattr(world, step)()
        await asyncio.sleep(0)
    world.answer()
    for least, task in world.asked:
        assert await task >= least
