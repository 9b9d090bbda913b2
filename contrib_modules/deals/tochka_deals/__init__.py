"""Deals with contacts, on their way through pipelines of stages."""
