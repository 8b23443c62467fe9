"""The report of the collection: what is in, from where, what was removed and why, and how good it is, at a moment.

sections ──> a part for each section, which is shown every work once and then says what it found
   │
making ────> one pass over the collection: facts of all sections, and one line for each work
   │
shelf ─────> kept under data/reports, whole or not at all; old ones are thinned by a rule
   │
comparing ─> two of them side by side: figures, works that came and went, facts that were changed
   │
printing ──> the same pages for the desk and as one file of HTML that needs nothing else
"""
