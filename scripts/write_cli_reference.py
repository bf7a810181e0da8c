"""Write docs/cli.md from the help of every command; a test holds the file against the commands."""

from pathlib import Path

import click

from sosie.cli.main import COMMANDS, main

TARGET = Path(__file__).resolve().parents[1] / "docs" / "cli.md"


def reference() -> str:
    """The whole page."""
    sections = ["# The command line\n\nMade by `python scripts/write_cli_reference.py` from `--help`.\n"]
    context = click.Context(main, info_name="sosie", terminal_width=110, **main.context_settings)
    sections.append(_section("sosie", main, context))
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        within = click.Context(command, info_name=name, parent=context, max_content_width=110, terminal_width=110)
        sections.append(_section(f"sosie {name}", command, within))
    return "\n".join(sections)


def _section(title: str, command: click.Command, context: click.Context) -> str:
    return f"## {title}\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
