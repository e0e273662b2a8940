"""Pages of one file each that open without a network: the report, the comparison of revisions, the runs of a sweep."""
