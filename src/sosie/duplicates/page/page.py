"""Renders a report as an HTML page."""

from __future__ import annotations

from sosie.duplicates.describing import describe_likeness
from sosie.duplicates.records import DuplicateReport
from sosie.evaluation.page.pictures import PagePictures
from sosie.support.wording import amount

MOST_GROUPS = 500
MOST_PICTURES = 24


def render_duplicates_page(report: DuplicateReport, uri: str, pictures: PagePictures) -> str:
    """The HTML page, self-contained with its styles and pictures.

    At most ``MOST_GROUPS`` groups with ``MOST_PICTURES`` pictures each are shown. The page says how many are left out.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    places = ("sosie.duplicates.page", "sosie.evaluation.page")
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(place, ".") for place in places]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("duplicates.html.jinja").render(
        report=report,
        amount=amount,
        uri=uri,
        groups=report.groups[:MOST_GROUPS],
        most_pictures=MOST_PICTURES,
        twice=sum(group.listed_twice for group in report.groups),
        picture=pictures.of_item,
        words=describe_likeness,
    )
