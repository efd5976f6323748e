"""Shapes of requests and answers, written for those who program against the API."""
