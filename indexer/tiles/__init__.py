"""Pictures in pieces for viewers that zoom: one archive for each picture, made when first asked for.

plan ──> keeping ──> cutter     a process that may crash, hang or run out of memory: a picture in, an archive out
"""
