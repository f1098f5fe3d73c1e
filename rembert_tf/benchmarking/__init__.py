"""`rembert bench`: how fast this machine runs the library, beside what else there is."""
