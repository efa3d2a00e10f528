#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs that one imad-worker hands to another over a socket, which systemd listens on elsewhere."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

WORKER = os.environ["IMAD_WORKER"]
count = failed = 0


def ok(name, condition, detail=""):
    global count, failed
    count += 1
    failed += not condition
    print(f"{'ok' if condition else 'not ok'} {count} - {name}")
    if not condition:
        print(f"# {detail}")


def listen():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind("socket")
    listener.listen()

    def serve():
        while True:
            connection = listener.accept()[0]
            subprocess.Popen([WORKER, "job-serve"], stdin=connection, stdout=subprocess.DEVNULL)
            connection.close()

    threading.Thread(target=serve, daemon=True).start()


def run(*words):
    process = subprocess.run([WORKER, "--relay=socket", *words], stdout=subprocess.PIPE, check=False)
    return process.returncode, json.loads(process.stdout)


def main():
    scratch = tempfile.mkdtemp()
    os.chdir(scratch)
    os.mkdir("tree")
    for i in range(3):
        with open(f"tree/{i}", "w", encoding="ascii") as file:
            file.write(str(i))
    tree = os.path.join(scratch, "tree")

    code, answer = run("--", "unsign", tree)
    ok("without a service it says so", code == 1 and "cannot be asked" in answer["error"]["message"])
    listen()
    code, answer = run("--dry-run", "--", "unsign", tree)
    ok("the service does it and its result arrives", code == 0 and answer["results"] == {"unsigned": 3}, answer)
    code, answer = run("--dry-run", "--", "unsign", tree + "/none")
    ok("so does its exit code", code == 3 and answer["failed"] == 1, (code, answer))
    shell = ["sh", "-c", 'exec "$0" "$@" 3>progress', WORKER, "--relay=socket", "--progress-fd=3"]
    subprocess.run([*shell, "--dry-run", "--", "unsign", tree], stdout=subprocess.DEVNULL, check=True)
    with open("progress", encoding="ascii") as file:
        ok("and its progress", json.loads(file.readline())["text"])
    for words in (
        ("--dry-run", "--", "inspect", tree),
        ("--dry-run", "unsign", tree),
        ("--journal=" + scratch, "--", "unsign", tree),
        ("--key=/etc/shadow", "--", "sign", tree),
        ("--root=" + scratch, "--", "unsign", "/tree"),
    ):
        code, answer = run(*words)
        ok(f"{words[0]} {words[-2]} is refused", code == 1 and "ended before" in answer["error"]["message"])
    os.chdir("/")
    shutil.rmtree(scratch)
    print(f"1..{count}")
    return failed > 0


sys.exit(main())
