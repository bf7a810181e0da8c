"""From a report to the page."""

from __future__ import annotations

from sosie.duplicates.records import DuplicateReport
from sosie.duplicates.telling import describe_likeness
from sosie.evaluation.page.pictures import PagePictures
from sosie.support.wording import amount

MOST_GROUPS = 500
MOST_PICTURES = 24


def render_duplicates_page(report: DuplicateReport, uri: str, pictures: PagePictures) -> str:
    """The whole page as text; styles and pictures are within it, and nothing is fetched.

    At most ``MOST_GROUPS`` groups with ``MOST_PICTURES`` pictures each are shown; how many are not is told.
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
