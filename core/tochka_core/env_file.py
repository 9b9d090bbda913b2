"""The file `.env`, as an operator writes it."""

from pathlib import Path

from dotenv.parser import Binding, Original, parse_stream

from tochka_core.errors import ConfigurationError


def read_env_file(path: Path) -> dict[str, str]:
    """Return the values that the file at *path* gives, none where there is no file.

    Raises:
        ConfigurationError: it cannot be read, or a line of it not be understood, which the message
            names and does not show.
    """
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8") as lines:
            return dict(_read(binding, path) for binding in parse_stream(lines) if _says(binding))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8: {error.reason}.") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error


def _says(binding: Binding) -> bool:
    """Tell whether it is more than empty lines and a comment."""
    return binding.error or binding.key is not None


def _read(binding: Binding, path: Path) -> tuple[str, str]:
    if binding.error or binding.key is None or binding.value is None:
        raise ConfigurationError(
            f"{path}:{_line_of(binding.original)} cannot be understood; write NAME=value."
        )
    return binding.key, binding.value


def _line_of(statement: Original) -> int:
    """Return where *statement* begins to say something: it includes the empty lines before it."""
    text = statement.string
    return statement.line + text[: len(text) - len(text.lstrip())].count("\n")
