"""What a route demands of the person who calls it."""

from tochka_plugins.errors import PermissionDenied


class MissingPermission(PermissionDenied):
    """The person lacks *permission*, which the document names."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.", permission=permission)
