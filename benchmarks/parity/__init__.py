"""What we make beside what mergekit makes, judged in float64."""
