"""What reruns, repeats and sweeps the pipeline: the logic of CI, which runs the same without GitHub."""
