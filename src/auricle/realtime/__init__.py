"""Listening: a producer thread fills a bounded queue, a consumer thread names what sounds."""
