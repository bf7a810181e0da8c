"""Joins pairs to groups, which are the connected components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sosie.duplicates.records import DuplicateGroup, Likeness


class Groups:
    """Groups of items that are joined pair by pair (union-find with path halving)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._evidence: list[Likeness] = []

    def are_joined(self, first: str, second: str) -> bool:
        """True if the two items are in the same group."""
        return self._root(first) == self._root(second)

    def join(self, likeness: Likeness) -> None:
        """Joins the groups of a pair and keeps the evidence. Does nothing if both are in one group already."""
        first, second = self._root(likeness.first), self._root(likeness.second)
        if first != second:
            self._above[max(first, second)] = min(first, second)
            self._evidence.append(likeness)

    def groups(self, products: Mapping[str, str]) -> tuple[DuplicateGroup, ...]:
        """Every group of two or more, the largest first. ``products`` maps each item to its product."""
        members: dict[str, list[str]] = {}
        evidence: dict[str, list[Likeness]] = {}
        for item_id in sorted({name for likeness in self._evidence for name in (likeness.first, likeness.second)}):
            members.setdefault(self._root(item_id), []).append(item_id)
        for likeness in self._evidence:
            evidence.setdefault(self._root(likeness.first), []).append(likeness)
        groups = [_group(items, evidence[root], products) for root, items in members.items()]
        return tuple(sorted(groups, key=lambda group: (-len(group.items), group.items)))

    def _root(self, item_id: str) -> str:
        while (above := self._above.get(item_id, item_id)) != item_id:
            self._above[item_id] = item_id = self._above.get(above, above)
        return item_id


def _group(items: Sequence[str], evidence: Sequence[Likeness], products: Mapping[str, str]) -> DuplicateGroup:
    return DuplicateGroup(tuple(items), tuple(products[item_id] for item_id in items), tuple(evidence))
