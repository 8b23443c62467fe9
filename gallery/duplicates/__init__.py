"""Works that may be the same: found, decided on by curators, merged without loss, shown as versions of each other.

detecting   pairs into the database      beside each indexing, and as a job over everything
keeping     which of several works stands for them, why, and what it takes over
deciding    verdicts and merges, one or many at once; undone as a whole
carrying    what was decided is made so  also after a kill in the middle of it
versions    what visitors are told       a file, so that their pages never ask the database
"""
