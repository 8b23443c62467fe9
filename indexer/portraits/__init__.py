"""What the works of an artist or of a movement are like as a whole: their middle and their colours, kept in a file.

painting ──> file     the works of each artist in each movement, summed up in a row of their own; rows of works that
   │                  are as they were stay, and nothing is read of them
   │
pages ─────> model    artists and movements, put together from those rows when the file is read
"""
