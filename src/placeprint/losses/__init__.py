"""Losses: SARE and its rivals; `loss(query (b, d), positive (b, d), negatives (b, n, d))`."""
