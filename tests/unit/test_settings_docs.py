"""Every setting is in the documentation and in the example file."""

from pathlib import Path

import pytest
from tochka_core.settings import VARIABLES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", ["docs/settings.md", ".env.example"])
def test_every_setting_is_written_down(path):
    text = (ROOT / path).read_text()
    assert [name for name in VARIABLES if name not in text] == []
