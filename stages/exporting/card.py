"""The model card: what a network is for, how good it is, how it was made. No number in it is typed."""

from pathlib import Path
from typing import Any

import jinja2

TERMS = {
    "sample": "drawn by this project, or scikit-learn's digits (CC BY 4.0)",
    "tibetan_mnist": "TibetanMNIST, Minzu University of China, CC BY-NC-SA 4.0",
    "medical_masks": "Medical Masks, Eden Social Welfare Foundation, Taiwan; the photos belong to their photographers",
    "local": "the owner's own",
}
LICENSES = {"tibetan_mnist": "cc-by-nc-sa-4.0"}
WHAT = {
    "digits": "Tells which of ten handwritten digits a picture of one digit shows.",
    "masks": "Tells how the face on a picture wears its mask: `good` right, `none` wrongly, `bad` not at all.",
}
LIMITS = {
    "digits": "Writing of other hands, scripts or scanners than those of the data; what is no single digit gets a "
    "label too.",
    "masks": "Decisions about people. It was trained on photos of some hundred scenes, and says nothing of who "
    "somebody is, of health or of guilt; faces that are small, turned away or covered otherwise are often taken for "
    "masks worn wrongly.",
}


def write_card(about: dict[str, Any], details: dict[str, Any]) -> str:
    """Return the card as Markdown with the metadata block that Hugging Face reads.

    Args:
        about: what stands in the ONNX file's metadata.
        details: the content of the variant's details.json.
    """
    source, shape = details["data"]["source"], about["shape"]
    files = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=files, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("card.md.j2").render(
        about
        | {
            "license": LICENSES.get(source, "other"),
            "source": source,
            "terms": TERMS[source],
            "what": WHAT[about["study"]],
            "limits": LIMITS[about["study"]],
            "figures": ["accuracy", "balanced_accuracy", "macro_f1"],
            "shape": ", ".join(["N", *map(str, shape)]),
            "colours": "red green blue" if len(shape) == 3 else "gray, bright ink on black",
            "point": details["operating_point"],
            "test": details["test"],
            "interval": details["interval"],
            "samples": details["data"]["test_samples"],
            "train_samples": sum(about["train_counts"]),
            "probabilities": details["probabilities"],
            "parameters": about["variant"],
        }
    )
