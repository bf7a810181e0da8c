"""Barcodes and QR codes in a picture, and the article numbers in them."""
