"""Product-image search: which product is this, and what looks like it?"""
