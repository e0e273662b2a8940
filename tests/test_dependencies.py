"""What each stage of dvc.yaml depends on: its command, and every package that the command imports."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.helpers import PROJECT, Pipeline

PIPELINE = YAML(typ="safe").load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PARAMS = YAML(typ="safe").load((PROJECT / "params.yaml").read_text(encoding="utf-8"))


def resolved_stages() -> dict[str, dict]:
    """Every stage by its name, with the values that DVC puts into its command and dependencies."""
    stages = {}
    for name, stage in PIPELINE.items():
        if "foreach" not in stage:
            stages[name] = stage
            continue
        block = lookup(re.fullmatch(r"\$\{([\w.]+)\}", stage["foreach"])[1])
        for key, item in block.items():
            values = {"key": key, "item": key} | {f"item.{name}": value for name, value in item.items()}
            do = stage["do"]
            deps = [filled(dep, values) for dep in do["deps"]]
            stages[f"{name}@{key}"] = {"cmd": filled(do["cmd"], values), "deps": deps, "item": item}
    return stages


def lookup(name: str) -> dict[str, dict]:
    """A mapping of params.yaml; a list of variants, which may be empty there, stands for all that it may hold."""
    if name == "cross_validation.variants":
        return {key: block for key, block in PARAMS["variants"].items() if block["study"] == "masks"}
    return PARAMS[name]


def filled(text: str, values: dict) -> str:
    return re.sub(r"\$\{([\w.]+)\}", lambda found: str(values.get(found[1], found[0])), text)


def module_path(module: str) -> Path | None:
    """The file of a module of this project, relative to its root; None where it is none."""
    parts = Path(*module.split("."))
    for path in (parts.with_suffix(".py"), parts / "__init__.py"):
        if (PROJECT / path).is_file():
            return path
    return None


@cache
def imported_by(path: Path, variables: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Modules that a file imports anywhere in it, also by ``import_module`` with ``variables`` filled in."""
    found = set()
    for node in ast.walk(ast.parse((PROJECT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "import_module":
            name = ast.unparse(node.args[0])
            for variable, value in variables:
                name = name.replace(f"{{{variable}}}", value)
            assert "{" not in name, f"{path}: cannot tell what {name} imports"
            found.add(ast.literal_eval(name.removeprefix("f")))
    return frozenset(found)


def closure(command: str, variables: dict[str, str]) -> set[Path]:
    """All files of the project that ``command`` imports, directly or not, itself included."""
    waiting, seen = [module_path(command)], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        modules = imported_by(path, tuple(variables.items()))
        waiting += [found for found in map(module_path, modules) if found]
    return seen


def code_dependencies(entry: dict) -> set[str]:
    """The command's file and the packages of all that it imports."""
    words = entry["cmd"].split()
    argument, item = (words[3:] or [""])[0], entry.get("item", {})
    study = item.get("study", argument)
    variables = {"variant.network": item.get("network", ""), "variant.study": study, "arguments.study": study}
    command = module_path(words[2])
    packages = {Path(*path.parts[:2]) for path in closure(words[2], variables) if len(path.parts) > 2}
    return {path.as_posix() for path in {command} | packages}


@pytest.mark.parametrize("entry", resolved_stages().values(), ids=resolved_stages())
def test_a_stage_depends_on_its_command_and_every_package_that_it_imports_and_on_nothing_else(entry):
    assert {dep for dep in entry["deps"] if dep.startswith("stages/")} == code_dependencies(entry)


def test_no_room_imports_one_to_its_right():
    order = ("runtime", "config", "storage", "training", "drawing", "sources", "digits", "masks", "dnn", "cnn")
    order += ("evaluation", "auditing", "exporting")
    rooms = {path.name for path in (PROJECT / "stages").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(order)
    for path in sorted((PROJECT / "stages").glob("*/**/*.py")):
        own = path.relative_to(PROJECT / "stages").parts[0]
        for module in imported_by(path.relative_to(PROJECT), ()):
            room = module.split(".")[1] if module.startswith("stages.") else own
            assert order.index(room) <= order.index(own), f"{path}: imports {module}"


def test_the_numpy_network_imports_no_torch():
    for path in sorted((PROJECT / "stages/dnn").glob("*.py")):
        assert not any(name.split(".")[0] == "torch" for name in imported_by(path.relative_to(PROJECT), ()))


@pytest.mark.slow
def test_a_changed_line_of_a_package_puts_just_the_stages_that_import_it_out_of_date(finished: Pipeline):
    lock = YAML(typ="safe").load((finished.folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    for package in sorted(path for path in (finished.folder / "stages").iterdir() if path.is_dir()):
        file, name = package / "__init__.py", f"stages/{package.name}"
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}# changed\n", encoding="utf-8")
        status = json.loads(finished.run("dvc", "status", "--json").stdout)
        changed = {stage for stage, problems in status.items() if f'"{name}": "modified"' in json.dumps(problems)}
        assert changed == {stage for stage, entry in lock.items() if any(dep["path"] == name for dep in entry["deps"])}
        assert changed, f"no stage depends on {name}"
        file.write_text(text, encoding="utf-8")
