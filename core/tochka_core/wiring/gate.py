"""What every request passes before its handler."""

from tochka_core.access.facts import permissions_by
from tochka_core.http.access import AccessControl
from tochka_core.http.api_keys import KeyControl
from tochka_core.wiring.shared import Shared


def access_control(shared: Shared) -> AccessControl:
    """Return what decides whether a request may pass, for people and for API keys."""
    catalog = shared.permission_catalog
    permissions = permissions_by(catalog)
    return AccessControl(
        cache=shared.cache,
        keys=KeyControl(permissions=permissions, catalog=catalog, uses=shared.uses),
        listener=shared.listener,
        permissions=permissions,
        tokens=shared.tokens,
        stopped_modules=shared.stopped_modules,
    )
