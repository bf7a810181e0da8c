"""How good a search is: metrics on rank lists, their uncertainty, and the comparison of two runs."""
