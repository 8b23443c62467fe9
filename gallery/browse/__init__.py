"""The pages visitors browse: one module for each, named like its template."""
