"""params.yaml as typed objects, a module a part of the file."""
