"""What caches may be told to keep."""

import pytest
from contributed import handler
from litestar import Router
from litestar.datastructures import CacheControlHeader
from tochka_core.http.mounting import TrialMount
from tochka_core.http.route_rules import RouteRuleBroken


@pytest.mark.parametrize(
    "options",
    [
        {"cache_control": CacheControlHeader(public=True, max_age=60)},
        {"cache_control": CacheControlHeader(s_maxage=60)},
        {"response_headers": {"Cache-Control": "max-age=60, Public"}},
    ],
    ids=["public", "s-maxage", "header"],
)
def test_shared_caches_are_not_told_to_keep_a_tenants_answer(core, staged, options):
    with pytest.raises(RouteRuleBroken, match="a shared cache does not know tenants"):
        TrialMount(core)(staged("notes", handler(**options)))
    with pytest.raises(RouteRuleBroken, match="a shared cache does not know tenants"):
        TrialMount(core)(staged("notes", Router("/", route_handlers=[handler()], **options)))


def test_a_clients_own_cache_may_keep_an_answer(served):
    own = CacheControlHeader(private=True, max_age=60)
    assert served(notes=(handler(cache_control=own),)) == ["/notes"]


def test_cache_keys_of_ones_own_are_refused(core, staged):
    own = handler(cache=True, cache_key_builder=lambda request: request.url.path)
    with pytest.raises(RouteRuleBroken, match="cache keys"):
        TrialMount(core)(staged("notes", own))
    TrialMount(core)(staged("notes", handler(cache=True)))
