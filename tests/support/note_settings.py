"""The settings of the test module, as acme may have them."""

SETTINGS = "/api/v1/tenants/acme/modules/notes/settings"
GOT = "/api/v1/notes/settings"
"""What the module gets, as it tells."""
DEFAULTS = {"pageSize": 50, "greeting": None, "words": [], "shortest": 0, "longest": 100}
TOKEN = "s3cr3t-t0ken"
