"""From the library to the collection, as fast as the model runs and never in more memory than a few batches.

run.index ──> plan        what each record lacks: its point, its newest facts, thumbnails
   │
   ├──> decoders          threads, each with a process that may crash, hang or run out of memory
   │      └─> decoder     that process: picture in, 224 x 224 pixels and measures out, thumbnails written on the way
   │
   ├──> lanes             batches through the network, one on each core
   │
   └──> store.add         a batch is safe when this returns; what is not added is found missing by the next run
"""
