"""Collect artworks: web pages, folders and tables in, pictures with their provenance on disk out."""

__version__ = "0.1.0"
