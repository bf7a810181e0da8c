"""The language of filters (``where``): conditions on attributes, all of which must be met.

    brand=Acme            equal            type=Shoes,Boots      equal to one of them
    brand!=Acme           differs          tags=sale             a list contains it
    price<20   price>=5   ranges, on numbers and on strings (by Unicode code point)
    has price             has a value
    brand=Acme or price<20        not brand=Acme        (brand=Acme or has sale) and not price>=100
    size<"40"             a number in a range of strings needs double quotes, since "100" is before "40"
    "Größe (cm)">=42      so does a name, or a value, with a special character or the words and, or, not, has

``not`` binds closest, then ``and``, then ``or``; upper case works too. A text that is a single comparison may have
these words in its value: ``brand=Black and Decker``.

An attribute can be named by its role (``category=Mugs`` if it is called ``Product Category``), or in another case.
``product_id``, ``item_id`` and ``content_sha256`` can be used like attributes; they are text.

An item without the attribute, or with an empty list, passes no comparison, neither ``brand=Acme`` nor ``brand!=Acme``.
But ``not brand=Acme`` passes it, because ``not`` reverses the result. Numbers are compared as 64-bit floats, so
integers beyond 2⁵³ may equal their neighbors.
"""

from sosie.filters.binding import (
    MOST_CONDITIONS,
    WhereLike,
    bind,
    known_type,
    resolve_attribute,
    suggestion,
    where_from,
)
from sosie.filters.matching import matches, value_of
from sosie.filters.parsing import parse
from sosie.filters.tree import AnyOf, Condition, Expression, Not, Operator, Scalar, Where, leaves_of

__all__ = [
    "MOST_CONDITIONS",
    "AnyOf",
    "Condition",
    "Expression",
    "Not",
    "Operator",
    "Scalar",
    "Where",
    "WhereLike",
    "bind",
    "known_type",
    "leaves_of",
    "matches",
    "parse",
    "resolve_attribute",
    "suggestion",
    "value_of",
    "where_from",
]
