"""The command `tochka`."""

from tochka_core.cli.group import TochkaGroup, tochka


def main() -> None:
    """Run the command that the process was started with."""
    tochka()


__all__ = ["TochkaGroup", "main", "tochka"]
