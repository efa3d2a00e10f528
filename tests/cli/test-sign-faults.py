#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signing while everything goes wrong: kills, errors, files that change and trees that move.

The real imad-worker, with security attributes of its own (shim-labels.c), so that every user can run
it. SEED repeats a run of random kills, KILLS says how many.
"""

import errno
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

WORKER, SHIM = os.environ["IMAD_WORKER"], os.environ["SHIM"]
SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
KILLS = int(os.environ.get("KILLS", 40 if "SANITIZED" in os.environ else 200))
LABELS = "user.security.ima", "user.security.evm"
NAMES = [f"file-{i}" for i in range(30)] + ["odd\nname", b"no-utf8-\xff", "below/deep"]

environment = dict(os.environ, LD_PRELOAD=SHIM, ASAN_OPTIONS="verify_asan_link_order=0")
count = failed = 0


def ok(name, condition, detail=""):
    global count, failed
    count += 1
    failed += not condition
    print(f"{'ok' if condition else 'not ok'} {count} - {name}")
    if not condition:
        print(f"# {detail}")


def start(*words, **more):
    return subprocess.Popen(
        [WORKER, "--journal=journal", *words], stdout=subprocess.PIPE, env=dict(environment, **more)
    )


def run(*words, **more):
    answer = start(*words, **more)
    return json.loads(answer.communicate()[0]) | {"code": answer.returncode}


def get_label(path, name):
    try:
        return os.getxattr(path, name, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return None


def get_labels(root=b"tree"):
    return {
        os.path.join(top, name): tuple(get_label(os.path.join(top, name), n) for n in LABELS)
        for top, _, names in os.walk(root)
        for name in names
        if os.path.isfile(os.path.join(top, name))
    }


def make_tree(names=NAMES):
    for folder in "tree", "journal", "outside":
        shutil.rmtree(folder, ignore_errors=True)
    os.makedirs("tree/below")
    os.mkdir("outside")
    for i, name in enumerate(names):
        with open(os.path.join(b"tree", os.fsencode(name)), "wb") as file:
            file.write(b"%d" % i * 100)


def verify():
    """Paths of files that are good by one of both keys, as the worker prints them."""
    answer = run("--cert=one.pub", "--cert=two.pub", "--details", "verify", "tree")
    return {f["path"] for f in answer["list"] if f["result"] == "good" and f["evm"] == "good"}


def printed(path):
    return os.path.join(os.getcwd(), path.decode("utf-8", "replace").replace("\ufffd", "?"))


def random_kills():
    chance = random.Random(SEED)
    print(f"# SEED={SEED}")
    make_tree()
    begin = time.monotonic()
    run("--key=one.pem", "--evm", "sign", "tree")
    duration = time.monotonic() - begin
    wrong, interrupted, kills, i = [], 0, 0, -1
    # Where a run takes little longer than its start, few kills find it at work.
    while (i := i + 1) < KILLS or (interrupted == 0 and i < 20 * KILLS):
        before = get_labels()
        key = ("two.pem", "one.pem")[i % 2]
        process = start(f"--key={key}", "--evm", "sign", "tree")
        time.sleep(chance.uniform(0, duration * 1.1))
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        # Any run looks after the one before.
        recovered = run("unsign", "outside").get("recovered", [])
        interrupted += len(recovered)
        now, good = get_labels(), verify()
        wrong += [
            (i, path, recovered)
            for path in now
            if now[path] != before[path] and printed(path) not in good
        ]
        if recovered and chance.random() < 0.5:
            run("--undo=last", "sign")
            undone = get_labels()
            wrong += [(i, "undo", p) for p in before if undone[p] != before[p]]
        elif recovered:
            run("--resume=last", "sign")
            wrong += [(i, "resume", p) for p in set(map(printed, now)) - verify()]
    ok(f"after {kills} kills, {interrupted} of them halfway, every file is whole", not wrong, wrong)
    ok("some came halfway", interrupted > 0, (kills, duration))


def errors():
    for name in "ENOSPC", "EIO", "EPERM", "EROFS", "ENODATA", "EDQUOT", "ENOTSUP":
        number = getattr(errno, name)
        make_tree([f"file-{i}" for i in range(12)])
        answer = run("--key=one.pem", "sign", "tree", SHIM_EVERY="3", SHIM_ERROR=str(number))
        labels = list(get_labels().values())
        ok(
            f"{name}: counts are exact, and each file has its reason",
            answer["results"] == {"signed": 8, "failed": 4}
            and answer["failed"] == len(answer["list"]) == labels.count((None, None)) == 4
            and all(f["reason"] for f in answer["list"])
            and answer["code"] != 0,
            answer,
        )


def full_journal():
    make_tree()
    process = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; exec "$0" --journal=journal --key=one.pem --evm sign tree', WORKER],
        stdout=subprocess.PIPE,
        env=environment,
        check=False,
    )
    answer = json.loads(process.stdout)
    whole = {printed(p) for p, labels in get_labels().items() if labels != (None, None)} <= verify()
    ok(
        "without room for the journal nothing is changed that is not in it",
        whole and "journal" in answer["error"]["message"] and process.returncode != 0,
        answer,
    )


def special_files():
    make_tree([])
    os.mkfifo("tree/fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("tree/socket")
    os.symlink("/etc/passwd", "tree/link")
    words = "tree/fifo", "tree/socket", "tree/link", "/dev/null", "tree/none"
    answer = run("--key=one.pem", "sign", *words)
    reasons = {os.path.basename(f["path"]): f["reason"] for f in answer["list"]}
    ok(
        "what is no file is told, each with its reason",
        reasons
        == {
            "fifo": "it is no regular file",
            "socket": "it is no regular file",
            "null": "it is no regular file",
            "link": "it is a symbolic link",
            "none": "it does not exist",
        },
        reasons,
    )
    ok("and passed over below a directory", run("--key=one.pem", "sign", "tree")["files"] == 0)
    listener.close()


def file_systems():
    make_tree(["a"])
    for name, magic, reason in (
        ("NFS", "6969", "it lies on a network file system or one in user space"),
        ("CIFS", "ff534d42", "it lies on a network file system or one in user space"),
        ("FUSE", "65735546", "it lies on a network file system or one in user space"),
        ("overlayfs", "794c7630", "it lies on overlayfs, where a label would make a copy of it"),
    ):
        answer = run("--key=one.pem", "sign", "tree", SHIM_MAGIC=magic)
        ok(
            f"a file on {name} is left alone, with the reason",
            [f["reason"] for f in answer["list"]] == [reason]
            and list(get_labels().values()) == [(None, None)],
            answer,
        )


def while_running(disturb, check):
    """Runs of the signer, as long as `disturb` is called in a loop beside them."""
    stop = threading.Event()

    def loop():
        while not stop.is_set():
            disturb()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        return [check(run("--key=one.pem", "sign", "tree")) for _ in range(30)]
    finally:
        stop.set()
        thread.join()


def changing_tree():
    make_tree()
    chance = random.Random(SEED)

    def disturb():
        path = f"tree/file-{chance.randrange(30)}"
        what = chance.randrange(4)
        if what == 0 and os.path.exists(path):
            os.truncate(path, chance.randrange(100))
        elif what == 1 and os.path.exists(path):
            os.rename(path, path + "-renamed")
        elif what == 2:
            with open("tree/new", "w", encoding="ascii") as file:
                file.write(str(chance.random()))
            os.rename("tree/new", path)
        else:
            with open(path, "a", encoding="ascii") as file:
                file.write("more")

    reasons = {
        "it was changed meanwhile",
        "it is open for writing",
        "it does not exist",
    }
    told = while_running(
        disturb,
        lambda a: sum(a["results"].values()) == a["files"]
        and {f["reason"] for f in a["list"]} <= reasons
        or a,
    )
    ok("a tree that is being written is signed as far as it rests", set(map(str, told)) == {"True"}, told)
    run("--key=one.pem", "--evm", "sign", "tree")
    ok("and wholly when it does", {printed(p) for p in get_labels()} == verify())


def swapped_directory():
    make_tree(["below/inside"])
    with open("outside/inside", "w", encoding="ascii") as file:
        file.write("not to be signed")

    def disturb():
        os.rename("tree/below", "kept")
        os.symlink("../outside", "tree/below")
        os.unlink("tree/below")
        os.rename("kept", "tree/below")

    while_running(disturb, lambda answer: None)
    ok(
        "a link that takes the place of a directory leads nowhere",
        get_labels(b"outside") == {b"outside/inside": (None, None)},
    )


def main():
    scratch = tempfile.mkdtemp()
    os.chdir(scratch)
    try:
        with open("probe", "wb") as probe:
            os.setxattr(probe.fileno(), LABELS[0], b"x")
    except OSError:
        print("1..0 # SKIP no attributes of users here")
        return 0
    for key in "one", "two":
        make = "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{key}.pem"
        subprocess.run(["openssl", *make], check=True, stderr=subprocess.DEVNULL)
        public = "pkey", "-in", f"{key}.pem", "-pubout", "-out", f"{key}.pub"
        subprocess.run(["openssl", *public], check=True)
    for part in errors, full_journal, special_files, file_systems, changing_tree, swapped_directory, random_kills:
        part()
    os.chdir("/")
    shutil.rmtree(scratch)
    print(f"1..{count}")
    return failed > 0


sys.exit(main())
