"""Settings are changed whole or not at all, and what was changed is told."""

import asyncio

from note_settings import DEFAULTS, SETTINGS, TOKEN
from problems import pointers

WRONG = [
    ({"pageSize": "20"}, ["/pageSize"]),
    ({"pageSize": 20.0}, ["/pageSize"]),
    ({"pageSize": 0}, ["/pageSize"]),
    ({"pageSize": None}, ["/pageSize"]),
    ({"page_size": 20}, ["/page_size"]),
    ({"words": ["a", 1]}, ["/words/1"]),
    ({"a/b~c": 1}, ["/a~1b~0c"]),
    ({"token": None}, ["/token"]),
    ({"token": "x" * 51}, ["/token"]),
    ({"greeting": 1, "pageSize": 201, "words": {}}, ["/greeting", "/pageSize", "/words"]),
    ({"shortest": 7, "longest": 6}, [""]),
    ({"tenant_id": "x"}, ["/tenant_id"]),
    ({"greeting": "x" * 70_000}, []),
]
"""Values, and where the answer says that they are wrong."""


async def test_what_is_set_is_kept_and_all_else_is_the_default(make_tenant, patch, read, got):
    owner = await make_tenant("acme")
    before = await read(owner)
    assert before == {
        "module": "notes",
        "version": 0,
        "values": DEFAULTS,
        "secrets": {"password": False, "token": False},
        "set_fields": [],
        "unaccepted": [],
    }
    changed = await patch(owner, pageSize=20, greeting="Hello")
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"1"')
    assert changed.json()["values"] == {**DEFAULTS, "pageSize": 20, "greeting": "Hello"}
    again = await patch(owner, greeting=None)
    assert again.json() == await read(owner)
    assert again.json()["values"] == {**DEFAULTS, "pageSize": 20}
    assert again.json()["set_fields"] == ["greeting", "pageSize"]
    reset = await patch(owner, reset=["pageSize"])
    assert (reset.json()["values"], reset.json()["set_fields"]) == (DEFAULTS, ["greeting"])
    mine = await got(owner)
    assert (mine["page_size"], mine["greeting"], mine["words"]) == (50, None, ["mine"])


async def test_what_changes_nothing_is_no_version(make_tenant, patch, read):
    owner = await make_tenant("acme")
    for fields in ({}, {"pageSize": 50}, {"pageSize": 50}, {}):
        answer = await patch(owner, **fields)
        assert answer.status_code == 200
    assert answer.json()["version"] == 1
    assert (await patch(owner, reset=["greeting", "token"])).json()["version"] == 1
    assert (await read(owner, "/history"))["total"] == 1


async def test_wrong_values_are_refused_by_field_and_nothing_is_kept(make_tenant, patch, read):
    owner = await make_tenant("acme")
    kept = (await patch(owner, token=TOKEN)).json()
    for fields, wrong in WRONG:
        answer = await patch(owner, **{"greeting": "Hello", **fields})
        assert answer.status_code == 400, fields
        assert pointers(answer) == wrong
        assert TOKEN not in answer.text
    assert await read(owner) == kept


async def test_what_is_no_object_of_fields_is_refused(client, make_tenant, read):
    owner = await make_tenant("acme")
    headers = {**owner.headers, "Content-Type": "application/json"}
    for body in ("[]", "null", '"x"', "{", '{"greeting": "\\u0000"}', ""):
        answer = await client.patch(SETTINGS, content=body, headers=headers)
        assert answer.status_code == 400, body
    assert (await read(owner))["version"] == 0


async def test_only_fields_can_be_reset_and_not_those_that_are_set(make_tenant, patch):
    owner = await make_tenant("acme")
    unknown = await patch(owner, reset=["colour"])
    assert (unknown.status_code, pointers(unknown)) == (400, ["/reset"])
    both = await patch(owner, reset=["greeting"], greeting="x")
    assert (both.status_code, pointers(both)) == (400, ["/greeting"])


async def test_nobody_overwrites_a_version_that_they_have_not_seen(make_tenant, patch, read):
    owner = await make_tenant("acme")
    await patch(owner, pageSize=7)
    for tag in ('"0"', '"2"', 'W/"1"', "x", '"1', ""):
        answer = await patch(owner, headers={"If-Match": tag}, pageSize=8)
        assert answer.status_code == 412, tag
        assert (answer.json()["version"], answer.json()["title"]) == (1, "Precondition failed")
    assert (await read(owner))["values"]["pageSize"] == 7
    for number, tag in enumerate(('"1"', "*", '"7", "3"'), start=2):
        answer = await patch(owner, headers={"If-Match": tag}, pageSize=10 + number)
        assert (answer.status_code, answer.json()["version"]) == (200, number)


async def test_of_changes_at_once_for_one_version_one_is_made(make_tenant, patch, read):
    owner = await make_tenant("acme")
    sent = [patch(owner, headers={"If-Match": '"0"'}, pageSize=size) for size in range(1, 6)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    (made,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert await read(owner) == made


async def test_of_changes_at_once_of_different_fields_none_is_lost(make_tenant, patch, read):
    owner = await make_tenant("acme")
    sent = {"pageSize": 3, "greeting": "x", "words": ["y"], "longest": 9, "token": TOKEN}
    await asyncio.gather(*(patch(owner, **{field: value}) for field, value in sent.items()))
    made = await read(owner)
    assert (made["version"], made["set_fields"]) == (5, sorted(sent))


async def test_who_has_changed_what_is_told(client, make_tenant, join, patch, read):
    owner = await make_tenant("acme")
    admin = await join("admin")
    await patch(owner, pageSize=7, token=TOKEN)
    await patch(admin, greeting=None, pageSize=8)
    await patch(owner, reset=["pageSize", "token"])
    history = await read(owner, "/history")
    told = [(item["version"], item["made_by"], item["changes"]) for item in history["items"]]
    assert told == [
        (
            3,
            str(owner.id),
            [
                {"field": "pageSize", "action": "reset", "secret": False, "before": 8},
                {"field": "token", "action": "reset", "secret": True},
            ],
        ),
        (
            2,
            str(admin.id),
            [
                {"field": "greeting", "action": "set", "secret": False, "after": None},
                {"field": "pageSize", "action": "set", "secret": False, "before": 7, "after": 8},
            ],
        ),
        (
            1,
            str(owner.id),
            [
                {"field": "pageSize", "action": "set", "secret": False, "after": 7},
                {"field": "token", "action": "set", "secret": True},
            ],
        ),
    ]
    audit = await client.get(
        "/api/v1/tenants/acme/audit",
        params={"action": "module.settings_changed"},
        headers=owner.headers,
    )
    details = [entry["detail"] for entry in audit.json()["items"]]
    assert details[-1] == {"module": "notes", "version": "1", "fields": "pageSize token"}
    assert len(details) == 3
    page = await client.get(SETTINGS + "/history", params={"limit": 1}, headers=owner.headers)
    assert (page.json()["total"], len(page.json()["items"])) == (3, 1)
