"""The one set of templates of all our pages. Values are escaped; what is markup already is `Markup`."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

_HERE = files("placeprint.reports.html")
PAGE_STYLE = (_HERE / "page.css").read_text("utf-8")
LIST_SCRIPT = (_HERE / "list.js").read_text("utf-8")
POLICY = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
"""Content security policy: even a hostile file name that slipped through could not load or run anything. Our
own script is allowed by its digest."""


def render(template: str, **values: Any) -> Markup:
    """A template of `templates/` with these values."""
    return Markup(_environment().get_template(template).render(values))


def page(title: str, body: str, style: str = PAGE_STYLE, script: str = "", images: str = "data:") -> str:
    """A whole page around a `body` that is markup; `images`: where its pictures may come from."""
    policy = POLICY.format(images=images)
    if script:
        digest = b64encode(sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    return render(
        "page.html",
        title=title,
        body=Markup(body),
        style=Markup(style),
        script=Markup(script),
        policy=Markup(policy),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(lambda name: (_HERE / "templates" / name).read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
