"""A page on this machine to try the networks: draw a digit, drop a photo, and see what the variants say.

Usage: make app, or python -m tools.app. It needs requirements-app.txt.
"""

import argparse
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from stages.masks.photos import PhotoError
from stages.runtime import command
from stages.runtime.errors import InputError
from tools.prediction.predictor import POINTS
from tools.prediction.side_by_side import as_html, as_sentence, compare, trained

LARGEST_FILE = "30mb"
KEPT = 600  # seconds after which a picture is deleted; all are when the server stops
CHOSEN = 3  # variants at first
SIDE = 280  # of the drawing, in pixels
FACES = [("has faces to find", "detect"), ("is one face", "whole")]
FONTS = ("system-ui", "sans-serif")
ABOUT = f"""# Try the networks
What is put in stays on this machine, and is deleted after {KEPT // 60} minutes."""


def main(_: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C.

    Raises:
        InputError: Gradio is not installed.
    """
    if not find_spec("gradio"):
        raise InputError("the page needs Gradio: run `make app`, or `pip install -r requirements-app.txt`")
    with tempfile.TemporaryDirectory(prefix="app-") as folder:
        os.environ |= {"GRADIO_TEMP_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False"}
        serve()


def serve() -> None:
    """Make the page and serve it; Gradio reads the environment as it is imported."""
    import gradio as gr

    def add_tab(title: str, study: str, picture: gr.components.Component) -> None:
        """A tab where pictures are asked of a study's variants, and asked again as the choices change."""
        variants = trained(study)
        names = list(variants)

        def answer(given: dict | None, chosen: list[str], how: str, point: str) -> tuple[str, object]:
            if not given:
                return "", gr.skip()
            if not Path(given["path"]).exists():
                return as_sentence("This picture has been deleted: put it in again."), gr.skip()
            try:
                answers = compare(given["path"], chosen, how, point)
            except (InputError, PhotoError) as error:
                return as_sentence(f"Nothing can be said about this picture: {error}"), gr.skip()
            return as_html(answers), "whole" if answers.without_detector else gr.skip()

        with gr.Tab(title), gr.Row():
            if not names:
                gr.Markdown(f"No variant of {study} has been trained: run `make repro`.")
                return
            with gr.Column(scale=2, min_width=300):
                picture.render()
                how = gr.Radio(FACES, value="detect", label="The picture", visible=study == "masks")
                chosen = gr.CheckboxGroup(names, value=names[:CHOSEN], label="Variants")
                two = ", ".join(name for name, variant in variants.items() if variant.balanced_logits)
                point = gr.Radio(POINTS, value=POINTS[0], label=f"Operating point of {two}", visible=bool(two))
            with gr.Column(scale=3, min_width=300):
                answers = gr.HTML()
        gr.on(
            [picture.change, chosen.input, how.input, point.input],
            answer,
            [picture, chosen, how, point],
            [answers, how],
            preprocess=False,
            show_progress_on=answers,
            api_visibility="private",
        )

    sketch = gr.HTML(
        html_template=f"<p>Draw a digit with the mouse or a finger.</p><canvas width={SIDE} height={SIDE}></canvas>"
        "<button type=button>Clear</button>",
        js_on_load=Path(__file__).with_name("sketch.js").read_text(encoding="utf-8"),
        elem_classes="sketch",
        render=False,
    )
    with gr.Blocks(title="Try the networks", delete_cache=(60, KEPT)) as page:
        gr.Markdown(ABOUT)
        add_tab("Draw a digit", "digits", sketch)
        for title, study in (("Faces", "masks"), ("Digit photo", "digits")):
            add_tab(title, study, gr.Image(label="Photo", buttons=[], render=False))
    theme = gr.themes.Default(font=FONTS, font_mono=("ui-monospace", "monospace"))
    page.launch(
        server_name="127.0.0.1", quiet=True, footer_links=[], max_file_size=LARGEST_FILE, theme=theme,
        css_paths=Path(__file__).with_suffix(".css"), prevent_thread_lock=True, ssr_mode=False, share=False,
    )  # fmt: skip
    print(f"the page: {page.local_url}   (Ctrl-C ends it)", flush=True)
    page.block_thread()


if __name__ == "__main__":
    command.run(
        main, argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    )
