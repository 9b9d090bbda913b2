"""How the contract says, before it changes, what a module had better not use any longer."""


class DeprecatedContract(FutureWarning):
    """A module uses what a later version of the contract is without; the message says what instead.

    The platform logs it for each module that it loads, and Python shows it in tests. To have them
    fail on it: `pytest -W error::tochka_plugins.DeprecatedContract`.
    """
