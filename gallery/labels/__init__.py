"""Labels that may be wrong: looked for, decided about, and how well artists are covered."""
