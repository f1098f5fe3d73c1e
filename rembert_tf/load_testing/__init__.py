"""`rembert load-test`: how much load a model server takes, and how many replicas an expected load needs."""
