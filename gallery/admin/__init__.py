"""The desk: the pages of admins and curators, one module for each, named like its template."""
