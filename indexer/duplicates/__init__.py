"""Finding works that show the same: the same picture in another file, part of it, or something very like it."""
