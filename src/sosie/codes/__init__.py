"""Barcodes and QR codes in a picture, and the article numbers that they hold."""
