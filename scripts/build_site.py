"""Build the site of the documentation, and fail on any warning: a link that leads nowhere, a page that the index lacks.

    python scripts/build_site.py [FOLDER]

README, changelog and results stand beside docs/ as they do in the repository, so every relative link works in both.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BESIDE = (
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "LICENSE", "NOTICE",
    "benchmarks/README.md", "benchmarks/RESULTS.md",
)  # fmt: skip
SETTINGS = """
project = "Sosie"
author = copyright = "The Sosie maintainers"
extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["docs/index.md"]
html_theme = "furo"
html_title = "Sosie"
html_copy_source = False
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]
"""


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").resolve()
    with tempfile.TemporaryDirectory() as scratch:
        gather(Path(scratch))
        options = ["--quiet", "--fail-on-warning", "--keep-going", "--doctree-dir", f"{scratch}/.doctrees"]
        environment = os.environ | {"PYTHONPATH": ""}
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", *options, scratch, str(target)], check=False, env=environment
        )
    if done.returncode:
        sys.exit(done.returncode)
    print(target / "index.html")


def gather(folder: Path) -> None:
    """Copy all pages into ``folder``, with the index of docs/ as the first page."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "benchmarks").mkdir()
    for name in BESIDE:
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "conf.py").write_text(SETTINGS, encoding="utf-8")
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in folder.rglob("*.md"):  # the site's index has another place than the repository's
        text = page.read_text(encoding="utf-8")
        page.write_text(
            re.sub(r"\]\((?:docs/)?index\.md", f"]({'../' * (len(page.relative_to(folder).parts) - 1)}index.md", text)
        )
    (folder / "index.md").write_text(from_root(index) + contents(index), encoding="utf-8")


def from_root(text: str) -> str:
    """A page of docs/ with its links as they are one folder higher."""
    return re.sub(r"\]\((?![a-z]+:|#)([^)]+)\)", lambda link: f"]({above(link[1])})", text)


def contents(index: str) -> str:
    """A hidden table of contents for each section of the index, of the pages to which it links."""
    tables = []
    for section in re.split(r"^## ", index, flags=re.M)[1:]:
        links = re.findall(r"\]\((?![a-z]+:|#)([^)#]+\.md)\)", section)
        entries = "\n".join(dict.fromkeys(above(link).removesuffix(".md") for link in links))
        tables.append(f"\n```{{toctree}}\n:hidden:\n:caption: {section.splitlines()[0]}\n\n{entries}\n```\n")
    return "".join(tables)


def above(link: str) -> str:
    return link.removeprefix("../") if link.startswith("../") else f"docs/{link}"


if __name__ == "__main__":
    main()
