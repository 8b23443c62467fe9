"""What may be wrong with pictures: measured and judged, decided on by curators, each finding with its remedy.

finding     measures and findings into the database   beside each indexing, and over everything as a job
deciding    fine for good, hidden, or cropped; and undone
replacing   another picture of the same work
"""
