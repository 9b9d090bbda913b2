"""What a server writes, all its processes together."""

from hygiene import Secrets
from serving import eventually


def test_no_line_of_a_server_holds_a_secret(place, serve):
    platform = serve(TOCHKA_LOG_LEVEL="debug")
    client, credentials = platform.client(), {"phone": "+79125550001", "password": "a good horse"}
    assert client.post("/api/v1/auth/register", json=credentials).status_code == 201
    token = platform.login(**credentials)
    for wrong in ({"phone": "+79125550002"}, {"password": "another secret"}):
        answer = client.post("/api/v1/auth/login", json={**credentials, **wrong})
        assert answer.status_code == 401
    assert platform.client(token).get("/api/v1/users/me").status_code == 200
    assert platform.client(token[:-1]).get("/api/v1/users/me").status_code == 401
    secrets = Secrets()
    secrets.add("token", token)
    for name, value in (*credentials.items(), ("phone", "+79125550002")):
        secrets.add(name, value)
    secrets.add("password", "another secret")
    secrets.add("jwt_secret", (place.data_dir / "jwt_secret").read_text())
    refused = '"event": "user.sign_in_refused"'
    eventually(lambda: platform.output.count(refused) == 2, platform)
    assert secrets.found_in(platform.output.splitlines()) == []
