"""A mistake of the client is a 4xx problem document that names the field, and stores nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from problems import pointers
from sqlalchemy import text

REGISTER = "/api/v1/auth/register"
GOOD = {"phone": "+79123456789", "password": "correct horse"}


@pytest.fixture
async def nothing_stored(database):
    yield
    async with database.platform_scope(reason="test") as session:
        assert await session.scalar(text("SELECT count(*) FROM tochka.users")) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**GOOD, "phone": "12"}, "/phone"),
        ({**GOOD, "phone": ""}, "/phone"),
        ({**GOOD, "phone": 79123456789}, "/phone"),
        ({**GOOD, "phone": None}, "/phone"),
        ({**GOOD, "phone": "9" * 100}, "/phone"),
        ({**GOOD, "password": "short"}, "/password"),
        ({**GOOD, "password": "x" * 129}, "/password"),
        ({**GOOD, "password": ["x"]}, "/password"),
        ({"phone": GOOD["phone"]}, "/password"),
        ({"password": GOOD["password"]}, "/phone"),
        ({**GOOD, "role": "platform_master"}, "/role"),
        ({**GOOD, "a/b~c": 1}, "/a~1b~0c"),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
async def test_a_bad_field_is_named(client, nothing_stored, body, pointer):
    response = await client.post(REGISTER, json=body)
    assert response.status_code == 400
    assert pointers(response) == [pointer]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"phone": "\\ud800", "password": "correct horse"}', "application/json", 400),
        (b'{"phone": "+79123456789", "password": "corr\\u0000ect horse"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"phone": "\xff", "password": "correct horse"}', "application/json", 400),
        (b'{"phone": 1e999, "password": "correct horse"}', "application/json", 400),
        (b"x" * 2_000_000, "application/json", 413),
        (b"phone=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
    ],
    ids=[
        "empty",
        "cut",
        "not-utf8",
        "surrogate",
        "nul",
        "deep",
        "latin-1",
        "huge",
        "large",
        "form",
        "text",
        "untyped",
    ],
)
async def test_a_bad_body_is_refused(client, nothing_stored, content, content_type, status):
    response = await client.post(REGISTER, content=content, headers={"Content-Type": content_type})
    assert response.status_code == status
    document = response.json()
    assert response.headers["content-type"].startswith("application/problem+json")
    assert document["status"] == status
    assert document["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/api/v1/nowhere", "/api/v1/users/me/x", "/api/v1/%00"),
        *("/schema/whatever", "/schema/what/ever", "/schema/x.json"),
    ],
)
async def test_an_unknown_path_is_a_problem_too(client, path):
    response = await client.get(path)
    assert response.status_code in {400, 404}
    assert response.headers["content-type"].startswith("application/problem+json")
    assert response.headers["x-request-id"]


async def test_an_unknown_method_is_a_problem_too(client):
    response = await client.delete(REGISTER)
    assert response.status_code == 405
    assert response.headers["content-type"].startswith("application/problem+json")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=json_values
    | st.fixed_dictionaries({"phone": json_values, "password": json_values})
    | st.fixed_dictionaries({"phone": st.text(), "password": st.text(min_size=8)})
)
async def test_no_document_makes_the_server_fail(client, body):
    for path in (REGISTER, "/api/v1/auth/login"):
        response = await client.post(path, json=body)
        assert response.status_code < 500, body


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=200))
async def test_no_bytes_make_the_server_fail(client, content):
    response = await client.post(
        REGISTER, content=content, headers={"Content-Type": "application/json"}
    )
    assert 400 <= response.status_code < 500
