"""Each script of `examples/` as a page: its docstring is the text, the rest the code.

The first line of the docstring is the title.
"""

import ast
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages, in the order of their numbers, behind the index in the navigation."""
    folder = Path(config.config_file_path).parent / "examples"
    pages: list[str] = ["tutorials/index.md"]
    for script in sorted(folder.glob("*.py")):
        pages.append(f"tutorials/{script.stem}.md")
        files.append(File.generated(config, pages[-1], content=tutorial(script)))
    for entry in config.nav or []:
        if "Tutorials" in entry:
            entry["Tutorials"] = pages


def tutorial(script: Path) -> str:
    """The page as Markdown."""
    text = script.read_text(encoding="utf-8")
    tree = ast.parse(text)
    title, _, prose = (ast.get_docstring(tree) or script.stem).partition("\n")
    code = "\n".join(text.splitlines()[tree.body[0].end_lineno :]).strip()
    name = f"examples/{script.name}"
    return f'# {title}\n\n{prose.strip()}\n\n```python title="{name}"\n{code}\n```\n'
