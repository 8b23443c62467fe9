"""The web site, its jobs and its command line."""
