"""A module that nobody has the time to import."""

import time

time.sleep(300)
