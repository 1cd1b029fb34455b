"""Characters that texts use in several forms."""

DASHES = "-~\u2013\u2014"
"""Hyphen, tilde, en dash and em dash: what a line names a speaker with."""

BULLETS = "\u2022\u25e6\u25aa\u25ab\u2023\u2043\u00b7\u25cf\u25cb\u25a0\u25a1\u27a2\u27a4\u25ba\u2713\u2714\uf0b7\uf0a7"
"""Bullets, boxes, arrows and ticks; the last two are those of symbol fonts."""
