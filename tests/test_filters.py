import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sosie.errors import FilterError
from sosie.filters import AnyOf, Condition, Expression, Not, Operator, Where, bind, matches, parse, value_of, where_from
from sosie.types import AttributeType, Record

TYPES: dict[str, AttributeType] = {"brand": "string", "price": "number", "sale": "boolean", "tags": "strings"}
OPERATORS: list[Operator] = ["=", "!=", "<", "<=", ">", ">="]
EQUALITIES: list[Operator] = OPERATORS[:2]

tricky = st.text(st.sampled_from("ab \",\\=!<>\n\t'ä🛋"), max_size=8)
texts = st.text() | tricky
conditions_as_text = st.builds(
    Condition, texts, st.sampled_from(OPERATORS), st.lists(texts, min_size=1, max_size=4).map(tuple)
)


def shop_item(**attributes: Any) -> Record:
    return Record("i1", "p1", "x.jpg", attributes=attributes, content_sha256="ff")


def passes(record: Record, *conditions: str) -> bool:
    return matches(bind(where_from(conditions), TYPES), record)


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("brand=Acme", ("brand", "=", "Acme")),
        ("brand = Acme", ("brand", "=", "Acme")),
        ("\tbrand=Acme\n", ("brand", "=", "Acme")),
        ("brand!=Acme", ("brand", "!=", "Acme")),
        ("type=Shoes,Boots", ("type", "=", "Shoes", "Boots")),
        ("type= Shoes , Boots ", ("type", "=", "Shoes", "Boots")),
        ("price<20", ("price", "<", "20")),
        ("price<=20", ("price", "<=", "20")),
        ("price>20", ("price", ">", "20")),
        ("price>=-1.5e3", ("price", ">=", "-1.5e3")),
        ('"Größe (cm)">=42', ("Größe (cm)", ">=", "42")),
        ("Größe (cm)>=42", ("Größe (cm)", ">=", "42")),
        ('"a=b"=c', ("a=b", "=", "c")),
        ('""=x', ("", "=", "x")),
        ("brand=", ("brand", "=", "")),
        ('brand=""', ("brand", "=", "")),
        ("brand=a,", ("brand", "=", "a", "")),
        ("brand=,", ("brand", "=", "", "")),
        ('brand="a,b",c', ("brand", "=", "a,b", "c")),
        (r'brand="say \"hi\" \\"', ("brand", "=", 'say "hi" \\')),
        ('size=5"', ("size", "=", '5"')),
        ("path=C:\\new\\t", ("path", "=", "C:\\new\\t")),
        ("formula=a=b<c", ("formula", "=", "a=b<c")),
        ('formula="=b"', ("formula", "=", "=b")),
        ("note=two\nlines", ("note", "=", "two\nlines")),
        ("brand=!x", ("brand", "=", "!x")),
        ("it's=R&D's", ("it's", "=", "R&D's")),
    ],
)
def test_what_a_condition_says(text: str, expected: Sequence[str]) -> None:
    condition = parse(text)
    assert isinstance(condition, Condition)
    assert (condition.attribute, condition.operator, *condition.values) == tuple(expected)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "brand", "=Acme", "!=Acme", "<5", "brand!Acme", "brand~Acme", '"brand=Acme', '"brand"x=Acme', "!a=b"],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="expected NAME=VALUE") as refused:
        parse(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    "text", ["a==b", "a=>5", "a=<5", "a<>5", "a>>5", "a!==b", 'a="b', 'a="b"c', 'a="b" "c"', 'a=b,"c', 'a=b,"c"d,e']
)
def test_values_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(FilterError, match="double quotes") as refused:
        parse(text)
    assert repr(text) in str(refused.value)


@given(conditions_as_text)
@example(Condition(" ", "=", (" ",)))
@example(Condition("a!", "=", ("=b",)))
@example(Condition("a\x1f", "<=", ("\\", '"', "\\,")))
def test_the_text_of_a_condition_reads_back_as_itself(condition: Condition) -> None:
    assert parse(str(condition)) == condition


@given(st.text() | tricky)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        condition = parse(text)
    except FilterError:
        return
    assert parse(str(condition)) == condition


@given(st.sampled_from(OPERATORS), st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9))
def test_numbers_read_back_as_themselves(operator: Operator, number: float) -> None:
    where = bind(Where((Condition("price", operator, (number,)),)), TYPES)
    assert bind(where_from(str(where)), TYPES) == where


def test_a_where_says_its_conditions() -> None:
    assert str(where_from(["price<20", 'brand="a,b",c'])) == 'price<20 and brand="a,b",c'
    assert str(bind(where_from({"sale": [True, False]}), TYPES)) == "sale=true,false"


# --- combining -----------------------------------------------------------------------------------------------------

ACME, BOLT, CHEAP = (
    Condition("brand", "=", ("Acme",)),
    Condition("brand", "=", ("Bolt",)),
    Condition("price", "<", ("5",)),
)
HAS = Condition("price", "has")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has price", HAS),
        ("  HAS   price ", HAS),
        ('has "price"', HAS),
        ("not brand=Acme", Not(ACME)),
        ("NOT has price", Not(HAS)),
        ("not not brand=Acme", Not(Not(ACME))),
        ("not(brand=Acme)", Not(ACME)),
        ("brand=Acme or price<5", AnyOf((ACME, CHEAP))),
        ("brand=Acme OR price < 5", AnyOf((ACME, CHEAP))),
        ("brand=Acme\tor\nprice<5", AnyOf((ACME, CHEAP))),
        ('brand="Acme"or price<5', AnyOf((ACME, CHEAP))),
        ("brand=Acme or brand=Bolt or price<5", AnyOf((ACME, BOLT, CHEAP))),
        ("brand=Acme or brand=Bolt and price<5", AnyOf((ACME, Where((BOLT, CHEAP))))),
        ("brand=Acme and not brand=Bolt or has price", AnyOf((Where((ACME, Not(BOLT))), HAS))),
        ("(brand=Acme or brand=Bolt) and price<5", Where((AnyOf((ACME, BOLT)), CHEAP))),
        ("((brand=Acme))", ACME),
        ("(has price)", HAS),
        ("not (brand=Acme or price<5)", Not(AnyOf((ACME, CHEAP)))),
        ("(brand=Acme)or(price<5)", AnyOf((ACME, CHEAP))),
        ("has price and brand=Acme", Where((HAS, ACME))),
        ("brand=Acme or has price", AnyOf((ACME, HAS))),
        ("brand=a,b or price<5", AnyOf((Condition("brand", "=", ("a", "b")), CHEAP))),
        ("brand= or price<5", AnyOf((Condition("brand", "=", ("",)), CHEAP))),
        ("(brand=Acme (UK) or price<5)", AnyOf((Condition("brand", "=", ("Acme (UK)",)), CHEAP))),
        ("(Größe (cm)=5)", Condition("Größe (cm)", "=", ("5",))),
        ('brand="Black and Decker" or price<5', AnyOf((Condition("brand", "=", ("Black and Decker",)), CHEAP))),
        ('"Research and Development"=x or price<5', AnyOf((Condition("Research and Development", "=", ("x",)), CHEAP))),
        ("price<5 or has battery=yes", AnyOf((CHEAP, Condition("has battery", "=", ("yes",))))),
        ("path=a=b or price<5", AnyOf((Condition("path", "=", ("a=b",)), CHEAP))),
    ],
)
def test_what_comparisons_say_together(text: str, expected: Expression) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("brand=Black and Decker", "brand", "Black and Decker"),
        ("brand=Acme or Bolt", "brand", "Acme or Bolt"),
        ("brand=Rock or (Roll)", "brand", "Rock or (Roll)"),
        ("brand=Acme or", "brand", "Acme or"),
        ("brand=not", "brand", "not"),
        ("Research and Development=x", "Research and Development", "x"),
        ("(old) brand=x", "(old) brand", "x"),
        ("has battery=x", "has battery", "x"),
        ("nothing=x", "nothing", "x"),
        ('brand=5" and more', "brand", '5" and more'),
        ('brand="a or b=c"', "brand", "a or b=c"),
        ("brand=x)", "brand", "x)"),
    ],
)
def test_a_single_comparison_may_hold_the_words_of_the_language(text: str, attribute: str, value: str) -> None:
    assert parse(text) == Condition(attribute, "=", (value,))


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("brand=Acme or (price<5", "at character 15, '(price<5'", "never closed"),
        ("(brand=Acme or price<5", "at character 1,", "never closed"),
        ("(brand=Acme or price<5))", "at character 24, ')'", "belongs to"),
        ("not", "cannot read", "expected NAME=VALUE"),
        ("not ", "at the end", "expected NAME=VALUE"),
        ("not brand", "at character 5, 'brand'", "expected NAME=VALUE"),
        ("not ()", "at character 5, '()'", "expected NAME=VALUE"),
        ("brand=Acme or price<5 and Bolt", "at character 27, 'Bolt'", "stands in double quotes"),
        ("brand=Black and Decker or price<5", "at character 17, 'Decker or price<5'", "stands in double quotes"),
        ("brand=Acme or price<5 or", "at character 23, 'or'", 'expected "and", "or" or the end'),
        ('brand=Acme or brand="Bolt" x', "at character 28, 'x'", 'expected "and", "or" or the end'),
        ('(brand="Bolt" x)', "at character 15, 'x)'", 'expected "and", "or" or ")"'),
        ('brand=Acme or brand="Bolt', "at character 21,", "close every quote"),
        ("price<5 or price==5", "at character 18, '=5'", "double quotes"),
        ("price<5 or brand=Acme or brand!x=5", "at character 26,", "expected NAME=VALUE"),
        ("(" * 25 + "brand=Acme" + ")" * 25, "at character 21,", "nested"),
        ("not " * 25 + "brand=Acme", "at character 81, ", "nested"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, place: str, reason: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse(text)
    assert repr(text) in str(refused.value)
    assert place in str(refused.value)
    assert reason in str(refused.value)


def any_tree(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Expression]:
    """Trees as parsing makes them: no "and" in an "and", no "or" in an "or"."""

    def combined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.builds(Not, parts) | st.builds(AnyOf, several) | st.builds(Where, several)

    return st.recursive(leaves, combined, max_leaves=6)


@given(any_tree(conditions_as_text | st.builds(Condition, texts, st.just("has"))))
def test_the_text_of_a_tree_reads_back_as_itself(tree: Expression) -> None:
    assert parse(str(tree)) == tree


@pytest.mark.parametrize("name", ["not for sale", "Not for sale"])
def test_an_attribute_whose_name_begins_with_not_is_found(name: str) -> None:
    where = bind(where_from("not for sale=true"), {name: "boolean"})
    assert where == Where((Condition(name, "=", (True,)),))


def test_binding_reaches_every_part() -> None:
    where = bind(where_from("not (Price<5 or brand=5) and has TAGS"), TYPES)
    assert str(where) == "not (price<5.0 or brand=5) and has tags"
    for wrong in ("brand=a or prise<5", "not prise<5", "has prise", "brand=a and (sale=1 or brand=b)"):
        with pytest.raises(FilterError, match=r"prise|sale=1"):
            bind(where_from(wrong), TYPES)


def test_a_where_has_a_largest_size() -> None:
    assert bind(where_from(" or ".join(["price<5"] * 200)), TYPES)
    with pytest.raises(FilterError, match="201 conditions; expected at most 200"):
        where_from(" or ".join(["price<5"] * 201))
    deep: Expression = ACME
    for _ in range(25):
        deep = Not(deep)
    with pytest.raises(FilterError, match="nested"):
        where_from(Where((deep,)))


# --- what a caller may give ----------------------------------------------------------------------------------------


def test_every_form_of_where_gives_the_same() -> None:
    expected = Where((Condition("brand", "=", ("Acme",)),))
    for form in ("brand=Acme", ["brand=Acme"], ("brand=Acme",), {"brand": "Acme"}, {"brand": ["Acme"]}, expected):
        assert where_from(form) == expected


@pytest.mark.parametrize("nothing", [None, [], (), {}, Where()])
def test_no_conditions_let_everything_pass(nothing: Any) -> None:
    assert not where_from(nothing)
    assert matches(bind(where_from(nothing), TYPES), shop_item())


def test_a_mapping_takes_text_as_it_is() -> None:
    assert where_from({"brand": 'a,"b"'}).conditions[0].values == ('a,"b"',)


@pytest.mark.parametrize(
    "wrong", [5, [5], [None], {"brand": None}, {"brand": ["a", None]}, {"brand": {"a": 1}.items()}]
)
def test_other_forms_are_refused(wrong: Any) -> None:
    with pytest.raises(FilterError, match="expected"):
        where_from(wrong)


# --- binding -------------------------------------------------------------------------------------------------------


def test_values_take_the_type_of_the_attribute() -> None:
    where = bind(where_from(["price=1,2.5", "sale=TRUE,False", "brand=1,true", "tags=1"]), TYPES)
    assert [condition.values for condition in where.conditions] == [(1.0, 2.5), (True, False), ("1", "true"), ("1",)]


def test_binding_twice_changes_nothing() -> None:
    where = bind(where_from(["price<20", "sale=true", "tags!=a,b", "item_id=x"]), TYPES)
    assert bind(where, TYPES) == where


def test_record_fields_are_strings_whatever_the_manifest_says() -> None:
    where = bind(where_from(["item_id=1", "product_id>=2", "content_sha256!=3"]), {"item_id": "number"})
    assert [condition.values for condition in where.conditions] == [("1",), ("2",), ("3",)]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("brnad=Acme", "did you mean 'brand'"),
        ("Prize<5", "did you mean 'price'"),
        ("product=1", "did you mean 'product_id'"),
        ("zzz=1", "known: brand, content_sha256, item_id, price, product_id, sale, tags"),
        ("price=cheap", "holds number, so expected a finite number, got 'cheap'"),
        ("price=1,x", "got 'x'"),
        ("price=", "got ''"),
        ("price<nan", "expected a finite number, got 'nan'"),
        ("price<inf", "got 'inf'"),
        ("price=1e999", "got '1e999'"),
        ("sale=1", "holds boolean, so expected true or false, got '1'"),
        ("sale=yes", "got 'yes'"),
        ("sale<true", "use = or !="),
        ("tags>a", "holds strings; use = or !="),
        ("price<1,2", "takes one value, got 2"),
        ("brand>=a,b", "takes one value, got 2"),
        ("brand<5", "'brand<5': 'brand' holds text (string), which does not compare with a number"),
        ("brand>= -1.5e3", 'in double quotes to compare letter by letter (>="-1.5e3")'),
    ],
)
def test_what_cannot_be_compared_is_refused(condition: str, message: str) -> None:
    with pytest.raises(FilterError) as refused:
        bind(where_from(condition), TYPES)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "mapping",
    [
        {"brand": 5},
        {"brand": True},
        {"tags": 5},
        {"price": True},
        {"price": math.nan},
        {"price": 10**400},
        {"sale": 0},
        {"brand": []},
    ],
    ids=str,
)
def test_values_of_another_type_are_refused(mapping: Any) -> None:
    with pytest.raises(FilterError, match=next(iter(mapping))):
        bind(where_from(mapping), TYPES)


def test_a_message_names_no_more_than_some_attributes() -> None:
    types: dict[str, AttributeType] = dict.fromkeys((f"attribute {n}" for n in range(500)), "string")
    with pytest.raises(FilterError, match="and 483 more") as refused:
        bind(where_from("zzz=1"), types)
    assert len(str(refused.value)) < 500


# --- meaning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_missing_value_passes_no_condition(name: str, operator: Operator) -> None:
    if operator in EQUALITIES or TYPES[name] in ("string", "number"):
        value = {"number": "0", "boolean": "false"}.get(TYPES[name], "")
        where = bind(Where((Condition(name, operator, (value,)),)), TYPES)
        assert not matches(where, shop_item())
        assert not matches(where, shop_item(tags=()))


def test_an_empty_text_is_a_value() -> None:
    assert passes(shop_item(brand=""), "brand=")
    assert passes(shop_item(brand=""), "brand!=Acme")
    assert passes(shop_item(tags=("",)), "tags=")


def test_all_conditions_must_hold() -> None:
    item = shop_item(brand="Acme", price=10)
    assert passes(item, "brand=Acme", "price<20")
    assert not passes(item, "brand=Acme", "price<10")


def test_integers_beyond_a_float_equal_their_neighbors() -> None:
    item = shop_item(price=2**53 + 1)
    assert passes(item, f"price={2**53 + 1}")
    assert passes(item, f"price={2**53}")
    assert not passes(item, f"price!={2**53 + 1}")
    assert passes(shop_item(price=2**70), "price>1e21")


def test_strings_are_compared_by_code_point() -> None:
    ordered = ["", "10", "9", "B", "a", "é", "\uffee", "🛋"]
    for first, second in itertools.pairwise(ordered):
        where = bind(Where((Condition("brand", "<", (second,)),)), TYPES)
        assert matches(where, shop_item(brand=first))
        assert not matches(where, shop_item(brand=second))


def test_text_that_reads_as_a_number_is_compared_letter_by_letter_where_it_is_quoted() -> None:
    assert passes(shop_item(brand="10"), 'brand<"5"')
    assert not passes(shop_item(brand="10"), 'brand>="5"')
    assert passes(shop_item(brand="2024-05-01"), "brand>=2024-05-01", 'brand>="2024"')
    assert passes(shop_item(price=10), 'price>"5"')
    assert passes(shop_item(brand="5"), "brand=5")


def test_quotes_that_say_that_a_number_is_text_are_kept() -> None:
    assert str(where_from(['brand<"5"', "price<5", "brand=5"])) == 'brand<"5" and price<5 and brand=5'
    assert str(where_from({"brand": ["5", "a"]})) == 'brand="5",a'


def test_record_fields_can_be_filtered() -> None:
    assert passes(shop_item(), "item_id=i1", "product_id!=p2", "content_sha256>f")
    assert value_of(shop_item(brand="b"), "product_id") == "p1"
    assert value_of(shop_item(brand="b"), "brand") == "b"
    assert value_of(shop_item(), "brand") is None


values_of: dict[AttributeType, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "a", "b", "B", "é", "10", "9"]),
    "number": st.sampled_from([0, 1, 1.0, -2, 0.5, 1e300, 2**40]),
    "boolean": st.booleans(),
    "strings": st.lists(st.sampled_from(["", "a", "b"]), max_size=3).map(tuple),
}


@st.composite
def typed_conditions(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from([*TYPES]))
    operator = draw(st.sampled_from([*(OPERATORS if TYPES[name] in ("string", "number") else EQUALITIES), "has"]))
    if operator == "has":
        return Condition(name, "has")
    scalars = values_of["string" if TYPES[name] == "strings" else TYPES[name]]
    return Condition(
        name, operator, tuple(draw(st.lists(scalars, min_size=1, max_size=3 if operator in EQUALITIES else 1)))
    )


def naively(condition: Condition, record: Record) -> bool:
    """The meaning once more, from the words of the module's docstring."""
    if condition.operator == "has":
        return record.attributes.get(condition.attribute, ()) != ()
    held = record.attributes.get(condition.attribute, ())
    several = set(held) if isinstance(held, tuple) else {held}
    if not several:
        return False
    shared = several & set(condition.values)
    if condition.operator in EQUALITIES:
        return bool(shared) == (condition.operator == "=")
    [value], [limit] = several, condition.values
    lower, upper = sorted([value, limit])
    strictly = {"<": value == lower, ">": value == upper}[condition.operator[0]] and value != limit
    return strictly or (value == limit and condition.operator.endswith("="))


def naively_together(expression: Expression, record: Record) -> bool:
    if isinstance(expression, Condition):
        return naively(expression, record)
    if isinstance(expression, Not):
        return not naively_together(expression.operand, record)
    if isinstance(expression, AnyOf):
        return any([naively_together(part, record) for part in expression.operands])
    return all([naively_together(part, record) for part in expression.conditions])


@given(
    st.fixed_dictionaries({}, optional={name: values_of[kind] for name, kind in TYPES.items()}),
    st.lists(any_tree(typed_conditions()), max_size=3),
)
def test_evaluation_agrees_with_the_naive_one(attributes: dict[str, Any], parts: list[Expression]) -> None:
    record = shop_item(**attributes)
    expected = all([naively_together(part, record) for part in parts])
    assert matches(bind(Where(tuple(parts)), TYPES), record) == expected
    assert matches(bind(where_from([str(part) for part in parts]), TYPES), record) == expected
    assert matches(bind(where_from(str(Where(tuple(parts))) if parts else None), TYPES), record) == expected


@given(
    st.fixed_dictionaries({}, optional={name: values_of[kind] for name, kind in TYPES.items()}),
    typed_conditions().filter(lambda each: each.values),
)
def test_equal_and_different_split_the_items_that_have_the_value(attributes: dict[str, Any], one: Condition) -> None:
    record = shop_item(**attributes)
    both = [bind(Where((Condition(one.attribute, op, one.values),)), TYPES) for op in EQUALITIES]
    present = attributes.get(one.attribute, ()) != ()
    assert sum(matches(where, record) for where in both) == int(present)
