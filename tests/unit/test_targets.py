"""What is compared with the database is all that the core has, whatever else is imported."""

from pathlib import Path

from tochka_core.registry import targets


def test_no_models_of_the_core_are_forgotten():
    core = Path(targets.__file__).parents[1]
    files = {f"tochka_core.{file.parent.name}.models" for file in core.glob("*/models.py")}
    assert {model.__module__ for model in targets._MODELS} == files
