"""Middleware for all routes."""
