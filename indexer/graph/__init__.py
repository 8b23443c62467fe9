"""The graph of neighbours: each work tied to those nearest to it, with bridges so that every work can be reached.

renew ──> neighbours    15 for each new work, asked of the collection; of the others what is known already
  │
  ├─────> bridges       the closest ties between parts that would otherwise be islands
  │
  └─────> file          one file beside the collection, replaced whole, read through memory maps

route ──> the way between two works along such ties, by likeness alone or with the years
"""
