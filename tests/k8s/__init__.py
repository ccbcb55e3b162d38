"""What `kubectl kustomize` makes of deploy/k8s, read by tests: one file per subject."""
