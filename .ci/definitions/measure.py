"""Runs `PROGRAM FILE`, and fails if it takes more than a second of CPU time or 300 MB of memory. The wall clock is not to be trusted here."""

import os
import resource
import subprocess
import sys

program, file = sys.argv[1:]
done = subprocess.run([program, file], check=True, capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
size, routes = os.path.getsize(file) / 1e6, len(done.stdout.splitlines())
print(f"{os.path.basename(file)}: {size:.1f} MB, {routes} routes, {seconds:.2f} s of CPU time, {megabytes:.0f} MB of memory")
if not routes or seconds > 1 or megabytes > 300:
    sys.exit("that is too much, or nothing was read")
