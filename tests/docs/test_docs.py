"""What a person can type stands in the docs, and what stands in the docs works."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from sosie import errors
from sosie.cli.main import COMMANDS, main
from sosie.embedders.registry import names
from support.pictures import draw_picture, encode

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    """The code blocks of one language in the README."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_the_command_line_reference_is_up_to_date() -> None:
    written = runpy.run_path(str(ROOT / "scripts" / "write_cli_reference.py"))["reference"]()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == written, "run scripts/write_cli_reference.py"


def test_every_exception_is_drawn_in_the_tree() -> None:
    defined = {name for name, thing in vars(errors).items() if isinstance(thing, type)}
    assert defined == set(re.findall(r"^ *[ │├└─]*(\w+?)(?: {2,}|$)", errors.__doc__ or "", re.M)) & defined


@pytest.mark.parametrize("name", names())
def test_every_embedder_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("line", [line for block in fenced("sh") for line in block.splitlines() if "sosie " in line])
def test_commands_of_the_readme_exist(line: str) -> None:
    program, command, *arguments = shlex.split(line, comments=True)
    if program == "pip":
        return
    assert command in COMMANDS
    help_text = CliRunner().invoke(main, [command, "--help"]).output
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert option in help_text


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["item_id,product_id,image,brand,price"]
    for seed in range(3):
        (tmp_path / f"{seed}.jpg").write_bytes(encode(draw_picture(seed)))
        rows.append(f"i{seed},p{seed},{seed}.jpg,Acme,{seed + 10}")
    (tmp_path / "catalogue.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "photo.jpg").write_bytes(encode(draw_picture(1)))
    monkeypatch.chdir(tmp_path)
    [code] = fenced("python")
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[0].startswith("1 p1 ")
