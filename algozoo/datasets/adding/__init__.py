"""From a folder of somebody's files to a dataset: find them, look at them, say what they are, write a manifest."""
