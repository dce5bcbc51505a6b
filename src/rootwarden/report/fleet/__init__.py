"""How is a fleet told? Takes a study or key figures as records, gives text, pages and plots; counts nothing itself.

One module per format, as in `report`; plots need the extra `fleet` (altair and vl-convert), everything else only what
the base install has. Every plot has its numbers as a table beside it, and no meaning stands on colour alone.
What is unknown is shown as unknown, and every share with its interval. Only `plot_files` touches the disk.
"""
