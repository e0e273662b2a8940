"""Filling in a Jinja template: what it names and nobody gives is an error, not an empty place."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(template: Path, html: bool = False, **content: Any) -> str:
    """Return the text of ``template``, which may include its neighbours; in ``html`` values are escaped."""
    options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, "autoescape": html}
    return Environment(loader=FileSystemLoader(template.parent), **options).get_template(template.name).render(content)
