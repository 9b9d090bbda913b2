"""Reading problem documents."""


def pointers(response):
    """Return the fields that a problem document names."""
    assert response.headers["content-type"].startswith("application/problem+json")
    return [error["pointer"] for error in response.json().get("errors", [])]
