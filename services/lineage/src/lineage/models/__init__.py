"""Models: an identity that outlives names, and the revisions whose digests are known."""
