"""Every parameter that a stage reads is one that DVC watches for it: a changed value can leave no stale output."""

import json
import re

import pytest
from ruamel.yaml import YAML

from stages.config import params
from tests.helpers import PROJECT, Pipeline

# These change where files come from and how fast: what comes is checked by its hash.
NO_OUTPUT_DEPENDS_ON = {"download"}
# `crop_faces` reads them to say that weights are for other classes, before anything is trained.
ONLY_SAID = {"crop_faces": {"variants.*.class_weights", "variants.*.study"}}

RECORDER = """
import importlib, json, sys, typing
from pydantic import BaseModel
from stages.config import params as module
from stages.config.params import Params

read, prefixes = set(), {}

def name_blocks(model, prefix):
    for field, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            prefixes[kind] = f"{prefix}{field}"
            name_blocks(kind, f"{prefix}{field}.")

name_blocks(Params, "")
plain = BaseModel.__getattribute__ if "__getattribute__" in vars(BaseModel) else object.__getattribute__

def recorded(self, name):
    value = plain(self, name)
    kind = type(self)
    if name in kind.model_fields and not isinstance(value, BaseModel):
        if kind is Params:
            read.add(name)
        elif kind in prefixes:
            read.add(f"{prefixes[kind]}.{name}")
        elif kind.__name__ == "StudyBlock":
            read.add(f"studies.*.{name}")
        else:  # a variant, or a block within one
            read.add(f"variants.*.{name}")
    return value

load = module.load_params
def load_params(*arguments):
    del BaseModel.__getattribute__
    try:
        return load(*arguments)
    finally:
        BaseModel.__getattribute__ = recorded
module.load_params = load_params
BaseModel.__getattribute__ = recorded

found = {}
for stage, command in json.loads(sys.argv[1]).items():
    _, _, name, *arguments = command.split()
    read.clear()
    stage_module = importlib.import_module(name)
    key = "variant" if name in ("stages.train", "stages.evaluate") else "study"
    stage_module.main(__import__("argparse").Namespace(**{key: arguments[0]} if arguments else {}))
    found[stage] = sorted(read)
print(json.dumps(found))
"""


def lock_params(pipeline: Pipeline) -> dict:
    return YAML(typ="safe").load((pipeline.folder / "params.yaml").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_dvc_watches_every_parameter_that_a_stage_reads(finished: Pipeline):
    lock = YAML(typ="safe").load((finished.folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    twice = ("train@residual", "evaluate@residual", "evaluate@latent_2", "evaluate@simple")  # others run the same code
    commands = {stage: entry["cmd"] for stage, entry in lock.items() if stage not in twice}
    done = finished.run("python", "-c", RECORDER, json.dumps(commands), WORKERS="1", PYTHONPATH=".")
    read = json.loads(done.stdout.splitlines()[-1])
    best = {study: block["best"] for study, block in lock_params(finished)["studies"].items()}
    assert set(read) == set(commands) and "seeds" in read["train@plain"] and "crop.side" in read["crop_faces"]
    for stage, names in read.items():
        watched = list(lock[stage].get("params", {}).get("params.yaml", {}))
        # `variants` as a whole stands in what `params.variant(name)` reads: the variant's own block is what counts.
        of, said = stage.partition("@")[2], ONLY_SAID.get(stage, ())
        needed = [name.replace("studies.*", f"studies.{of}") for name in names]
        needed = [name.replace("variants.*", f"variants.{best.get(of, of)}") for name in needed if name not in said]
        missed = [
            name
            for name in needed
            if name.split(".")[0] not in NO_OUTPUT_DEPENDS_ON
            and not any(name == key or name.startswith(f"{key}.") for key in watched)
            and name not in {"variants", "studies"}
        ]
        assert not missed, f"{stage} reads {missed}, and dvc.yaml lists {watched}"


@pytest.mark.parametrize(
    ("stage", "files", "block"),
    [("download_faces", ("faces", "local_faces"), "faces"), ("download_digits", ("digits",), "digits")],
)
def test_dvc_watches_what_any_source_reads_also_those_that_the_sample_does_not_use(stage, files, block):
    pipeline = YAML(typ="safe").load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]
    code = "".join((PROJECT / f"stages/sources/{name}.py").read_text(encoding="utf-8") for name in files)
    fields = set(re.findall(r"settings\.(\w+)", code)) & set(params.Params.model_fields[block].annotation.model_fields)
    assert {"source", "path"} <= fields
    assert {f"{block}.{name}" for name in fields} <= set(pipeline["params"])
