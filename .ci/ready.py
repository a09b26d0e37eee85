"""Waits until a server that was just started answers.

    ready.py PID URL [SECONDS]

0: it answers, and every socket that it listens on is of 127.0.0.1. 1: it has ended, or the time is up. 2: it listens on other addresses.
"""

import os
import re
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

LISTEN = "0A"
LOOPBACK = "0100007F"  # 127.0.0.1 as the kernel writes it
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def answers(url):
    try:
        if url.startswith("redis:"):
            return pongs(urllib.parse.urlsplit(url))
        with DIRECT.open(url, timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def pongs(url):
    with socket.create_connection((url.hostname, url.port), timeout=2) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(7) == b"+PONG\r\n"


def listening(pid):
    """The addresses that the process listens on, as `ADDRESS:PORT` in the kernel's hexadecimal."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.update(re.findall(r"^socket:\[(\d+)\]$", os.readlink(f"/proc/{pid}/fd/{fd}")))
        except FileNotFoundError:
            pass  # closed in the meantime
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(table):
            continue  # no IPv6 on this machine
        with open(table) as lines:
            for line in list(lines)[1:]:
                columns = line.split()
                if columns[3] == LISTEN and columns[9] in inodes:
                    yield columns[1]


def main(pid, url, seconds="60"):
    end = time.monotonic() + float(seconds)
    while not answers(url):
        if not alive(pid) or time.monotonic() > end:
            print(f"{url} does not answer: {'the time is up' if alive(pid) else 'the server has ended'}", file=sys.stderr)
            return 1
        time.sleep(0.05)
    if not alive(pid):
        print(f"{url} is answered by another process", file=sys.stderr)
        return 1
    addresses = list(listening(pid))
    elsewhere = [address for address in addresses if not address.startswith(f"{LOOPBACK}:")]
    if elsewhere or not addresses:
        print(f"{url} listens on {elsewhere or 'nothing that can be seen'}, expected 127.0.0.1 alone", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
