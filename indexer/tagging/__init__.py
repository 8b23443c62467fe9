"""Curators' own classes: linear heads on the stored vectors, how well they do, and what to look at next."""
