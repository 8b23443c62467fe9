"""Turn the library's pictures into vectors, thumbnails and a searchable collection."""
