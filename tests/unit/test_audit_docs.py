"""Every action of the audit log is in the documentation, and no other."""

import re
from pathlib import Path

from tochka_core.audit.actions import ACTIONS

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_page_lists_all_actions_and_no_others():
    section = PAGE.read_text().partition("## What is written down")[2].partition("\n## ")[0]
    firsts = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    listed = [name for first in firsts for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", first)]
    assert sorted(listed) == sorted(ACTIONS)
