import pytest
from internet import running_internet


@pytest.fixture(scope="module")
def internet():
    with running_internet("shop.example.com", "other.example.com") as internet:
        yield internet
