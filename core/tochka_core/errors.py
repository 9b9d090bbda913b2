"""Errors of the core that are not answers to an HTTP request.

    Exception
    └── OperatorError           the operator can mend it: one line, exit code 1
        └── ConfigurationError  a setting is missing, malformed or unsafe

What a client may be told is raised as `tochka_plugins.errors.TochkaError` instead.
"""


class OperatorError(Exception):
    """Tell the operator, in one line, what is wrong and what to do about it.

    Raise it where a person at the command line can mend the cause. Do not raise it inside a
    request: a client cannot act on it.
    """


class ConfigurationError(OperatorError):
    """A setting is missing, malformed or unsafe; the message names the setting."""
