"""How far a command is, on a terminal and elsewhere."""

import pytest
from rich.console import Console
from tochka_core.cli import progress as module
from tochka_core.cli.progress import progress


def test_elsewhere_each_step_is_a_plain_line(capsys):
    with progress() as tell:
        tell("Resolving")
        tell("Proving")
    assert capsys.readouterr().err == "Resolving …\nProving …\n"


def test_on_a_terminal_each_step_is_shown_with_its_time(capsys, monkeypatch):
    monkeypatch.setattr(
        module, "Console", lambda **options: Console(**options, force_terminal=True, width=60)
    )
    with progress() as tell:
        tell("Resolving")
        tell("Proving")
    shown = capsys.readouterr().err
    assert "Resolving …" in shown
    assert shown.count(" s\x1b") == 2


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_program_that_reads_json_is_not_disturbed(capsys, monkeypatch, is_terminal):
    monkeypatch.setattr(
        module, "Console", lambda **options: Console(**options, force_terminal=is_terminal)
    )
    with progress(quiet=True) as tell:
        tell("Resolving")
    assert capsys.readouterr() == ("", "")
