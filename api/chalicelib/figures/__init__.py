"""Figures for the owner, of nobody in particular: `vitals` counts what pages say of themselves, `stats` sums it up.

a page's beacon --parse--> View --count--> rows of page_counts, per day and path --sum up--> /api/stats
"""
