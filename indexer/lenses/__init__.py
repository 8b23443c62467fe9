"""More ways than one of being alike, from the same pass through the network.

features     what is kept of each work beside its thumbnails: moments of middle layers, a coarse grid, colours, cells
palette      the colours, as a histogram over Lab
statistics   what turns features into vectors; fitted once on a sample, and named by version and content
pairs        what cosines mean in each lens and in mixes of them, by pairs drawn by lot
keeping      statistics and features of a collection: fitted, refitted, filled in where a work is without
matching     which places of two works look alike
swatches     palettes as a few colours, and what two have in common
"""
