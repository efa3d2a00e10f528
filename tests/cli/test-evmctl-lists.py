#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Recorded measurement lists held against evmctl(1): where it finds that list and TPM match, so does
imactl; and where its exit status is wrong (it compares the last bank only, and ends at what it cannot
read), imactl's is right.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import tap

BANKS = ('sha1', 'sha256')
MATCH, MISMATCH, MALFORMED = 0, 6, 9


def load(path):
    """The binary list of a recording and its PCRs by bank."""
    pcrs = {bank: {} for bank in BANKS}
    for line in path.read_text(encoding='utf-8', errors='surrogateescape').splitlines():
        match line.split(' '):
            case ['HEX', 'binary_runtime_measurements', text]:
                binary = bytes.fromhex(text)
            case ['PCR', bank, number, value] if bank in BANKS:
                pcrs[bank][int(number)] = value.lower()
    return binary, pcrs


def spoiled(pcrs, bank):
    """The same values but for PCR 10 of this bank."""
    value = pcrs[bank][10]
    wrong = ('1' if value[0] == '0' else '0') + value[1:]
    return {**pcrs, bank: {**pcrs[bank], 10: wrong}}


class Case:
    """A list and values of PCRs as files, for both programs."""

    def __init__(self, folder, binary, pcrs):
        self.list = pathlib.Path(folder, 'list')
        self.list.write_bytes(binary)
        self.pcrs = []
        for bank in BANKS:
            path = pathlib.Path(folder, bank)
            path.write_text(''.join(f'PCR-{n:02}: {v}\n' for n, v in sorted(pcrs[bank].items())), encoding='utf-8')
            self.pcrs.append((bank, path))

    def ours(self):
        """The exit code of the worker."""
        values = [f'--pcr={bank}:10={path.read_text().split("PCR-10: ")[1].split()[0]}' for bank, path in self.pcrs]
        return subprocess.run([os.environ['IMAD_WORKER'], f'--list={self.list}', *values, 'measurements-verify'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode

    def theirs(self):
        """Whether evmctl found a match, by what it says."""
        banks = [word for bank, path in self.pcrs for word in ('--pcrs', f'{bank},{path}')]
        output = subprocess.run(['evmctl', 'ima_measurement', '-v', '--ignore-violations', *banks, str(self.list)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
        return b'Matched per TPM bank' in output


def main():
    recordings = sorted((pathlib.Path(os.environ['TEST_DATA']) / 'measurements').glob('*-ima-sig-*.txt'))
    checks = []
    with tempfile.TemporaryDirectory() as folder:
        for path in recordings:
            binary, pcrs = load(path)
            case = Case(folder, binary, pcrs)
            if shutil.which('evmctl'):
                checks.append((f'{path.stem}: evmctl finds that it matches', case.theirs()))
            checks.append((f'{path.stem}: so does imactl', case.ours() == MATCH))
            for bank in BANKS:
                wrong = Case(folder, binary, spoiled(pcrs, bank))
                checks.append((f'{path.stem}: a wrong {bank} is a mismatch', wrong.ours() == MISMATCH))
            both = spoiled(spoiled(pcrs, 'sha1'), 'sha256')
            checks.append((f'{path.stem}: a list cut in its second entry is malformed',
                           Case(folder, binary[:150], both).ours() == MALFORMED))
            checks.append((f'{path.stem}: an empty list does not match', Case(folder, b'', both).ours() == MISMATCH))
    return tap.report(checks)


if __name__ == '__main__':
    sys.exit(main())
