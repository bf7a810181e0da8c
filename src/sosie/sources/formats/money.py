"""Amounts of money that APIs write in the smallest unit of a currency, such as cents."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.types import JSON

_WITHOUT_CENTS = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf",
))  # fmt: skip
_MICROS = 6
_AMOUNTS = ("centAmount", "unit_amount", "amountMicros")
OF_MONEY = ("currency_minor_unit", "divisor", *_AMOUNTS)
"""Keys of objects that ``in_whole_units`` changes."""


def in_whole_units(value: dict[str, JSON]) -> dict[str, JSON]:
    """The object with its amounts in whole units; any other object unchanged.

    Commercetools writes ``{"centAmount": 1290, "currencyCode": "EUR"}``, Stripe ``{"unit_amount": 1290, …}``, Google's
    Merchant API ``{"amountMicros": "12900000", …}``, Etsy ``{"amount": 1290, "divisor": 100, …}``, and WooCommerce's
    Store API ``{"price": "1290", "currency_minor_unit": 2, …}``.
    """
    if "currency_minor_unit" in value:
        digits = _whole(value["currency_minor_unit"]) or 0
        return {name: _divided(inner, digits) if name.endswith("price") else inner for name, inner in value.items()}
    if "divisor" in value and isinstance(amount := _whole(value.get("amount")), int):
        return {**value, "amount": amount / (_whole(value["divisor"]) or 1)}
    for name in _AMOUNTS:
        if _whole(value.get(name)) is not None:
            rest = {key: inner for key, inner in value.items() if key != name}
            return {**rest, "value": _divided(value[name], _MICROS if name == "amountMicros" else _digits(value))}
    return value


def _digits(money: Mapping[str, JSON]) -> int:
    """The number of decimal digits of an amount's currency."""
    stated = _whole(money.get("fractionDigits"))
    currency = str(money.get("currencyCode") or money.get("currency")).lower()
    return stated if stated is not None else 0 if currency in _WITHOUT_CENTS else 2


def _divided(amount: JSON, digits: int) -> JSON:
    whole = _whole(amount)
    return amount if whole is None else whole / 10**digits


def _whole(value: JSON) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None
