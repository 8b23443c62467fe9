"""Classes of curators' own: what is decided, learned, applied, and what to look at next."""
