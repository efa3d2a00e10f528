#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes bundles apart and forges them, with openssl(1) as the other implementation.

bundle-tool.py BUNDLE CHANGE [KEY]   print the bundle with that change, signed again with the key
bundle-tool.py BUNDLE verify CERT    check the envelope
bundle-tool.py BUNDLE evm CERT       check each security.evm
bundle-tool.py BUNDLE labels TREE    compare the labels with the sidecars of a tree
bundle-tool.py BUNDLE names          print the names of the subjects
bundle-tool.py --provenance FILE KEY print provenance of a file in an envelope
bundle-tool.py --rpm TREE FILE       write an rpm package of a tree
bundle-tool.py --tar FILE MEMBER...  write a tar archive: NAME=TEXT is a file, NAME:TARGET a hard link, NAME@TARGET a
                                     symbolic link, NAME/ a directory
"""
import base64
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse

TYPE = "application/vnd.in-toto+json"


def encode(payload):
    return b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)


def sign(payload, key):
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key],
                               input=encode(payload), stdout=subprocess.PIPE, check=True).stdout
    return {"payloadType": TYPE, "payload": base64.b64encode(payload).decode(),
            "signatures": [{"sig": base64.b64encode(signature).decode()}]}


def check(data, signature, certificate, hash_name="sha256"):
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as sig:
        key.write(subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"],
                                 stdout=subprocess.PIPE, check=True).stdout)
        sig.write(signature)
        key.flush()
        sig.flush()
        subprocess.run(["openssl", "dgst", "-" + hash_name, "-verify", key.name, "-signature",
                        sig.name], input=data, check=True, stdout=subprocess.DEVNULL)


def load(name):
    with open(name, encoding="utf-8") as file:
        envelope = json.loads(file.readline())
    return envelope, json.loads(base64.b64decode(envelope["payload"]))


def swap(items):
    items[0], items[1] = items[1], items[0]


def rename(statement, index, name):
    statement["subject"][index]["name"] = name
    statement["predicate"]["files"][index]["name"] = name


def duplicate(s):
    s["subject"].insert(0, s["subject"][0])
    s["predicate"]["files"].insert(0, s["predicate"]["files"][0])


def reorder(s):
    swap(s["subject"])
    swap(s["predicate"]["files"])


def set_file(key, value):
    def change(s):
        s["predicate"]["files"][0][key] = value
    return change


CHANGES = {
    "duplicate": duplicate,
    "dots": lambda s: rename(s, 0, "/../etc/shadow"),
    "order": reorder,
    "escape": lambda s: rename(s, 0, "/etc/%41"),
    "subject": lambda s: swap(s["subject"]),
    "fewer": lambda s: s["predicate"]["files"].pop(),
    "digest": lambda s: s["subject"][0]["digest"].update(sha256="00"),
    "label": lambda s: s["predicate"]["files"][0].update(ima=s["predicate"]["files"][1]["ima"]),
    "hash": set_file("ima", base64.b64encode(b"\4\4" + bytes(32)).decode()),
    "base64": set_file("ima", "%%%"),
    "mode": set_file("mode", 0o120777),
    "size": set_file("size", -1),
    "version": lambda s: s.update(predicateType="https://imad1.org/bundle/v9"),
    "other": lambda s: s.update(predicateType="https://example.org/other"),
    "kind": lambda s: s["predicate"].update(source={"kind": "zip"}),
    "lines": lambda s: None,
    "twice": lambda s: None,
}


def forge(name, change, key):
    envelope, statement = load(name)
    if change == "payload":
        statement["predicate"]["files"][0]["size"] += 1
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    elif change == "signature":
        signature = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
        signature[-1] ^= 1
        envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    elif change == "text":
        return "no JSON"
    elif change == "envelope":
        del envelope["payload"]
    elif change == "nosig":
        envelope["signatures"] = []
    else:
        CHANGES[change](statement)
        envelope = sign(json.dumps(statement).encode(), key)
    return "\n".join([json.dumps(envelope)] * {"twice": 2, "lines": 20}.get(change, 1))


def check_evm(name, certificate):
    for file in load(name)[1]["predicate"]["files"]:
        ima, evm = base64.b64decode(file["ima"]), base64.b64decode(file["evm"])
        data = ima + struct.pack("=QIIIHxx", 0, 0, file["uid"], file["gid"], file["mode"])
        assert evm[0] == 5
        check(data, evm[9:], certificate)


def compare_labels(name, tree):
    for file in load(name)[1]["predicate"]["files"]:
        path = urllib.parse.unquote_to_bytes(file["name"])
        try:
            with open(os.fsencode(tree) + path + b".sig", "rb") as sidecar:
                assert sidecar.read() == base64.b64decode(file["ima"]), path
        except FileNotFoundError:
            assert os.stat(os.fsencode(tree) + path).st_nlink > 1, path


def make_provenance(name, key):
    with open(name, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    statement = {"_type": "https://in-toto.io/Statement/v1",
                 "subject": [{"name": "x", "digest": {"sha256": digest}}],
                 "predicateType": "https://slsa.dev/provenance/v1",
                 "predicate": {"runDetails": {"builder": {"id": "https://builder"}}}}
    return json.dumps(sign(json.dumps(statement).encode(), key))


def make_member(path, mode, data):
    """cpio(5), the new ASCII format."""
    name = path.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def make_rpm(tree, name):
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", 0, 0)
    payload = b""
    for directory, _, names in os.walk(tree):
        for member in sorted(names):
            path = os.path.join(directory, member)
            with open(path, "rb") as data:
                payload += make_member("./" + os.path.relpath(path, tree), 0o100755, data.read())
    payload += make_member("TRAILER!!!", 0, b"")
    with open(name, "wb") as file:
        file.write(b"\xed\xab\xee\xdb\3\0" + bytes(90) + header + header + payload)


def make_tar(name, members):
    types = {"=": tarfile.REGTYPE, ":": tarfile.LNKTYPE, "@": tarfile.SYMTYPE, "/": tarfile.DIRTYPE}
    with tarfile.open(name, "w") as archive:
        for member in members:
            path, kind, value = re.fullmatch("([^=:@/]+)([=:@/])(.*)", member).groups()
            info = tarfile.TarInfo("./" + path)
            info.type = types[kind]
            info.mode = 0o755
            if kind == "=":
                info.size = len(value)
            elif kind in ":@":
                info.linkname = value if kind == "@" else "./" + value
            archive.addfile(info, io.BytesIO(value.encode()) if kind == "=" else None)


def main(words):
    if words[0] == "--provenance":
        print(make_provenance(*words[1:]))
    elif words[0] == "--rpm":
        make_rpm(*words[1:])
    elif words[0] == "--tar":
        make_tar(words[1], words[2:])
    elif words[1] == "verify":
        envelope, statement = load(words[0])
        assert statement["_type"] == "https://in-toto.io/Statement/v1"
        check(encode(base64.b64decode(envelope["payload"])),
              base64.b64decode(envelope["signatures"][0]["sig"]), words[2])
    elif words[1] == "evm":
        check_evm(words[0], words[2])
    elif words[1] == "labels":
        compare_labels(words[0], words[2])
    elif words[1] == "names":
        for subject in load(words[0])[1]["subject"]:
            print(subject["name"])
    else:
        print(forge(words[0], words[1], words[2] if len(words) > 2 else None))


main(sys.argv[1:])
