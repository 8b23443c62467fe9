"""The museum's artists: one module each, with the facts, the titles and the code that draws the works."""
