"""`tochka modules install`, `upgrade` and `remove`, while clients ask all the time."""

from load import Load

SHELF = "/api/v1/shelf"


def test_no_request_fails_while_a_module_comes_is_replaced_and_goes(platform, modules, shelf):
    acme = platform.tenant_client("acme")
    assert acme.get(SHELF).status_code == 404
    with Load(platform.base_url, "/api/v1/users/me", dict(acme.headers)) as load:
        modules("install", shelf["1.0"])
        path = "/api/v1/tenants/acme/modules/shelf"
        acme.put(path, json={"enabled": True}).raise_for_status()
        assert acme.get(SHELF).text == "1.0"
        with Load(platform.base_url, SHELF, dict(acme.headers)) as used:
            said = modules("upgrade", shelf["2.0"])
            assert "shelf migrated: 0001 → 0002" in said
        assert acme.get(SHELF).text == "2.0"
        modules("remove", "shelf")
    assert acme.get(SHELF).status_code == 404
    assert set(load.results) == {200}, load.results
    assert set(used.results) == {200}, used.results
    print(f"{load.results[200]} + {used.results[200]} requests, 0 failed")
