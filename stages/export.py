"""Stage: write the best variant of a study as ONNX with its model card, and check it against the trained network."""

import argparse
from importlib import import_module
from pathlib import Path

from stages.config.params import load_params
from stages.config.variants import STUDIES
from stages.exporting.about import form_of, prior_of
from stages.exporting.card import write_card
from stages.exporting.graph import Graph, export, network_of
from stages.exporting.onnx_model import OnnxModel, check
from stages.runtime import command
from stages.storage.dataset import TEST
from stages.storage.files import read_json, write_bytes, write_text
from stages.storage.predictions import load_predictions, predictions_path
from stages.storage.weights import load_weights

FOLDER = Path("models/export")


def main(arguments: argparse.Namespace) -> None:
    """Export the first seed's network of the variant that params.yaml calls the study's best.

    Raises:
        InputError: onnxruntime says something else than the trained network.
    """
    params, study = load_params(), arguments.study
    name = params.studies[study].best
    variant = params.variant(name)
    weights, about = load_weights(f"models/{study}/{name}.safetensors")
    details = read_json(f"metrics/{study}/{name}/details.json")
    form = form_of(about)
    network, views = network_of(variant, form, next(iter(weights.values())))
    prior = prior_of(about, variant.balanced_logits)
    about |= {"name": name, "study": study, "seeds": len(weights), "balanced": variant.balanced_logits}
    about |= {"temperature": details["probabilities"]["temperature"], "interpolation": params.crop.interpolation}
    content = export(Graph(network, views, prior, about["temperature"]), form, about)
    images = import_module(f"stages.{arguments.study}.dataset").load_dataset(variant.crops).test.images
    apart = check(OnnxModel(content), images, load_predictions(predictions_path(study, name)).logits[TEST][0])
    write_bytes(FOLDER / f"{study}.onnx", content)
    write_text(FOLDER / f"{study}.md", write_card(about, details))
    print(f"{name}: {len(content):,} bytes; on {len(images)} test samples all labels agree, logits within {apart:.1e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=STUDIES)
    command.run(main, parser)
