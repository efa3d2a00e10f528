#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Crypto-agile event logs: what imactl replays is what the TCG's specification says and, where it is,
what tpm2_eventlog says.

tpm2-tools 5.4 extends PCR 0 by events that extend nothing (EV_NO_ACTION), and knows no
StartupLocality; so it is asked about logs without them.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import tap

EV_NO_ACTION, EV_SEPARATOR, EV_S_CRTM_VERSION, EV_IPL = 3, 4, 8, 0xd
BANKS = {'sha1': 0x4, 'sha256': 0xb, 'sha384': 0xc}
FIRMWARE_PCRS = range(8)


def header():
    """TCG_PCClientPCREvent with a TCG_EfiSpecIdEvent."""
    spec = b'Spec ID Event03\0' + struct.pack('<IBBBBI', 0, 0, 2, 0, 2, len(BANKS))
    for name, number in BANKS.items():
        spec += struct.pack('<HH', number, hashlib.new(name).digest_size)
    spec += b'\0'
    return struct.pack('<II20sI', 0, EV_NO_ACTION, bytes(20), len(spec)) + spec


def event(pcr, kind, data):
    """TCG_PCR_EVENT2; the digests of an event that extends nothing are zeros."""
    record = struct.pack('<III', pcr, kind, len(BANKS))
    for name, number in BANKS.items():
        digest = hashlib.new(name, data).digest()
        record += struct.pack('<H', number) + (bytes(len(digest)) if kind == EV_NO_ACTION else digest)
    return record + struct.pack('<I', len(data)) + data


def make_log(locality, changed=b''):
    """A log and the PCRs that it leads to, by bank."""
    events = [(0, EV_S_CRTM_VERSION, 'firmware'.encode('utf-16-le') + changed)]
    events += [(pcr, EV_SEPARATOR, bytes(4)) for pcr in FIRMWARE_PCRS]
    events += [(5, EV_IPL, b'Booting from hard disk'), (9, EV_IPL, b'/vmlinuz')]
    log = header()
    if locality is not None:
        log += event(0, EV_NO_ACTION, b'StartupLocality\0' + bytes([locality]))
    pcrs = {}
    for name in BANKS:
        size = hashlib.new(name).digest_size
        values = [bytes(size) for _ in range(24)]
        values[0] = bytes(size - 1) + bytes([locality or 0])
        for pcr, _, data in events:
            values[pcr] = hashlib.new(name, values[pcr] + hashlib.new(name, data).digest()).digest()
        pcrs[name] = [values[pcr].hex() for pcr in FIRMWARE_PCRS]
    return log + b''.join(event(*e) for e in events), pcrs


def replay_ours(folder):
    """By the worker, over a list that is not looked at."""
    source = pathlib.Path(os.environ['TEST_DATA']) / 'signatures/list'
    result = subprocess.run(
        [os.environ['IMAD_WORKER'], f'--list={source}', f'--event-log={folder}/log', 'measurements-verify'],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    pcrs = {}
    for bank in json.loads(result.stdout)['event_log']['banks']:
        pcrs.setdefault(bank['algorithm'], []).append(bank['replayed'])
    return pcrs


def replay_theirs(folder):
    """By tpm2_eventlog: "pcrs:", banks and values."""
    output = subprocess.run(['tpm2_eventlog', f'{folder}/log'], stdout=subprocess.PIPE, check=True).stdout
    text = output.decode(errors='replace')
    pcrs, bank = {}, None
    for line in text[text.index('\npcrs:'):].splitlines():
        if match := re.fullmatch(r'  (\w+):', line):
            bank = pcrs.setdefault(match[1], [])
        elif (match := re.fullmatch(r' +(\d+) *: 0x([0-9a-f]+)', line)) and int(match[1]) in FIRMWARE_PCRS:
            bank.append(match[2])
    return pcrs


def recorded():
    """The log and the PCRs of a boot of the machine, as TEST_DATA has them."""
    folder = pathlib.Path(os.environ['TEST_DATA']) / 'measurements'
    log = bytes.fromhex((folder / '6.1-firmware-event-log.txt').read_text().split()[-1])
    pcrs = {}
    for line in (folder / '6.1-ima-sig-three-banks.txt').read_text().splitlines():
        match line.split(' '):
            case ['PCR', bank, number, value] if int(number) in FIRMWARE_PCRS:
                pcrs.setdefault(bank, []).append(value)
    return log, pcrs


def main():
    checks = []
    with tempfile.TemporaryDirectory() as folder:
        for locality in (None, 0, 3, 4):
            log, expected = make_log(locality)
            pathlib.Path(folder, 'log').write_bytes(log)
            checks.append((f'startup locality {locality}: as specified', replay_ours(folder) == expected))
        log, expected = recorded()
        pathlib.Path(folder, 'log').write_bytes(log)
        checks.append(('a log of SeaBIOS: as the TPM says', replay_ours(folder) == expected))
        if shutil.which('tpm2_eventlog'):
            checks.append(('and as tpm2_eventlog says', replay_ours(folder) == replay_theirs(folder)))
        for name, changed in (('a log', b''), ('a changed log', b'!')):
            if shutil.which('tpm2_eventlog'):
                pathlib.Path(folder, 'log').write_bytes(make_log(None, changed)[0])
                checks.append((f'{name}: as tpm2_eventlog says', replay_ours(folder) == replay_theirs(folder)))
    return tap.report(checks)


if __name__ == '__main__':
    sys.exit(main())
