"""Every action of the audit log is in the documentation."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
RECORDING = {"record", "record_refusal"}


def texts(tree):
    """Return the texts in *tree* that an action could be."""
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and ACTION.fullmatch(text)}


def records(function):
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(RECORDING & {getattr(f, "id", ""), getattr(f, "attr", "")} for f in calls)


def actions():
    """Return all actions: what functions say that write some down, and whatever is of a kind."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "core").rglob("*.py")]
    functions = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and records(node)
    ]
    kinds = {text.partition(".")[0] for function in functions for text in texts(function)}
    return {text for tree in trees for text in texts(tree) if text.partition(".")[0] in kinds}


def test_every_action_is_written_down():
    found = actions()
    assert {"user.deactivated", "user.password_voided", "invitation.accepted"} <= found
    page = (ROOT / "docs" / "audit.md").read_text()
    assert [action for action in sorted(found) if f"`{action}`" not in page] == []
