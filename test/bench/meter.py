"""meter.py FILE COMMAND…: runs a command; writes `wall user sys peak` (seconds, seconds, seconds, KiB) of it and its children to FILE.
For machines without GNU time, in its form."""
import os
import sys
import time

started = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - started
peak = used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss
with open(sys.argv[1], "w") as out:
    out.write(f"{wall:.3f} {used.ru_utime:.3f} {used.ru_stime:.3f} {peak}\n")
sys.exit(os.waitstatus_to_exitcode(status) & 255)
