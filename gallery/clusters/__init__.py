"""Clusters as the gallery keeps them: runs in SQL, cards that pages show, and each work's cluster in its payload."""
