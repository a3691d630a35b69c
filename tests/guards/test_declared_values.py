"""Configured values and features are declared once, under their own name, and used."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import pytest

from testbay.campaign.suites import MODULES
from testbay.scenario.configured import Configured
from testbay.scenario.features import Feature

from . import guarded

SUITES = {version: module.rpartition(".")[0] for version, module in MODULES.items()}


def misnamed(declarations: Mapping[str, Any]) -> list[str]:
    """Return declarations whose attribute is not their name, or that say too little."""
    texts, names = [], dict[str, str]()
    for attribute, value in declarations.items():
        if not isinstance(value, Configured | Feature):
            continue
        if value.name != attribute:
            texts.append(f"{attribute} is called {value.name}")
        if value.name in names:
            texts.append(f"{value.name} is declared twice: {names[value.name]} and {attribute}")
        names[value.name] = attribute
        if not value.sentence.strip() or value.sentence.endswith("."):
            texts.append(f"{attribute} needs a sentence without a full stop")
        if isinstance(value, Configured) and not isinstance(value.default, _kinds(value.kind)):
            texts.append(f"{attribute} is not of its type by default")
    return texts


def _kinds(kind: type) -> tuple[type, ...]:
    """Return what fits a type: a whole number is a number too, and a value may have no default."""
    return (kind, int, type(None)) if kind is float else (kind, type(None))


def declared_twice(source: str) -> list[str]:
    """Return names that one block assigns twice; the second one would hide the first."""
    texts = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef):
            continue
        seen: dict[str, int] = {}
        for statement in node.body:
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                if isinstance(target, ast.Name):
                    if target.id in seen:
                        texts.append(f"{target.id} is declared twice")
                    seen[target.id] = statement.lineno
    return texts


def unused(names: Iterable[str], owner: str, sources: Iterable[str]) -> list[str]:
    """Return names that no source uses, as ``owner.name`` or, without an owner, as a word."""
    text = "\n".join(sources)
    before = rf"{owner}\." if owner else r"(?<![\w.\"'])"
    return [f"{n} is not used" for n in names if not re.search(rf"{before}{n}\b", text)]


def _module(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.{name}")


def _of(namespace: Any, kind: type) -> dict[str, Any]:
    return {n: v for n, v in vars(namespace).items() if isinstance(v, kind)}


# -- the project ----------------------------------------------------------------------------------


@pytest.mark.parametrize("package", SUITES.values())
def test_configured_values_are_declared_once_and_used(package: str) -> None:
    module = _module(package, "configured")
    values = _of(module.cfg, Configured)
    others = [
        p.read_text("utf-8")
        for p in guarded.modules("src/testbay")
        if p.name != "configured.py" and "interfaces" not in p.parts
    ]
    assert values
    assert misnamed(values) == []
    assert declared_twice(open_source(module)) == []
    assert unused(values, "cfg", others) == []


@pytest.mark.parametrize("package", SUITES.values())
def test_features_are_declared_once_and_used(package: str) -> None:
    module = _module(package, "features")
    features = _of(module, Feature)
    folder = f"src/{package.replace('.', '/')}"
    others = [p.read_text("utf-8") for p in guarded.modules(folder) if p.name != "features.py"]
    used = "\n".join(_without_imports(source) for source in others)
    assert features
    assert misnamed(features) == []
    assert declared_twice(open_source(module)) == []
    assert unused(features, "", [used]) == []


def test_what_cases_use_is_declared() -> None:
    for case in guarded.described().values():
        declared = _of(_module(SUITES[case.ocpp], "configured").cfg, Configured)
        names = {value.name for value in declared.values()}
        assert [name for name in case.configured if name not in names] == []


def open_source(module: ModuleType) -> str:
    """Return the source of a module."""
    assert module.__file__ is not None
    with open(module.__file__, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def _without_imports(source: str) -> str:
    tree = ast.parse(source)
    tree.body = [n for n in tree.body if not isinstance(n, ast.Import | ast.ImportFrom)]
    return ast.unparse(tree)


# -- the guard sees what is wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("declarations", "wrong"),
    [
        ({"a": Configured("b", int, 1, "A number")}, "a is called b"),
        ({"a": Configured("a", int, "1", "A number")}, "a is not of its type by default"),
        ({"a": Configured("a", int, 1, "A number.")}, "a needs a sentence without a full stop"),
        ({"a": Feature("a", "", True)}, "a needs a sentence without a full stop"),
        (
            {"a": Feature("a", "it can", True), "b": Feature("a", "it can", True)},
            "b is called a",
        ),
    ],
)
def test_it_sees_wrong_declarations(declarations: dict[str, Any], wrong: str) -> None:
    assert misnamed(declarations)[0] == wrong


def test_it_sees_names_declared_twice() -> None:
    assert declared_twice("class cfg:\n    a = 1\n    b = 2\n    a = 3") == ["a is declared twice"]
    assert declared_twice("a = 1\nclass cfg:\n    a = 1") == []


def test_it_sees_what_is_not_used() -> None:
    assert unused(["a", "b"], "cfg", ["x = cfg.a", "y = cfg.bb"]) == ["b is not used"]
    used = _without_imports("from features import a, b\n@case(requires=a)\nasync def tc(): ...")
    assert unused(["a", "b"], "", [used]) == ["b is not used"]
