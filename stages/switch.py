"""Switch params.yaml between the built-in sample and the real data; comments and everything else stay."""

import argparse
import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from stages import door
from stages.files import write_text
from stages.params import PATH, load_params

LOCAL_DIGITS = "data/local/digits"


def settings_for(arguments: argparse.Namespace) -> dict[tuple[str, str], str | None]:
    """Return the values to set, by section and key."""
    if arguments.data == "sample":
        return {
            ("digits", "source"): "sample",
            ("digits", "path"): LOCAL_DIGITS,
            ("faces", "source"): "sample",
            ("faces", "missing"): "error",
            ("download", "mirror"): None,
        }
    return {
        ("digits", "source"): "local" if arguments.digits else "tibetan_mnist",
        ("digits", "path"): arguments.digits or LOCAL_DIGITS,
        ("faces", "source"): "medical_masks",
        # Three photos that the tables name can be had nowhere; the stage counts and lists them.
        ("faces", "missing"): "skip",
        ("download", "mirror"): arguments.mirror,
    }


def main(arguments: argparse.Namespace) -> None:
    """Change the values in place and say what changed."""
    load_params()  # a clear word about a broken file, before it is touched
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    content = yaml.load(PATH.read_text(encoding="utf-8"))
    for (section, key), value in settings_for(arguments).items():
        if content[section][key] != value:
            print(f"{section}.{key}: {content[section][key]} -> {value}")
            content[section][key] = value
            _align_comment(content[section], key)
    text = io.StringIO()
    yaml.dump(content, text)
    write_text(PATH, text.getvalue())
    load_params()
    print("now run: make repro" if arguments.data == "sample" else "now run: make repro  (downloads what is missing)")


def _align_comment(block: CommentedMap, key: str) -> None:
    """Bring the comment behind ``key`` under its neighbours', from where a long value has pushed it."""
    tokens = {name: comments[2] for name, comments in block.ca.items.items() if comments[2]}
    if key in tokens:
        tokens[key].column = min(token.column for token in tokens.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=("sample", "real"))
    parser.add_argument("--mirror", help="folder or base URL that replaces the public addresses")
    parser.add_argument("--digits", help="an .npz with image and label, instead of downloading TibetanMNIST")
    door.run(main, parser)
