"""What handlers ask for by name, found for them."""

from litestar import Litestar
from litestar.routes import HTTPRoute


def resolve_one_by_one(app: Litestar) -> None:
    """Find what a handler asks for one after another, by name where neither needs the other.

    Litestar 2.25 starts a task for each at once, which takes longer than ours take to be found, and
    leaves those behind that have begun when another one fails.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _handler, asked in route.route_handler_map.values():
                asked.dependency_batches = [
                    {one}
                    for batch in asked.dependency_batches
                    for one in sorted(batch, key=lambda one: one.key)
                ]
