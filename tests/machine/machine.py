# SPDX-License-Identifier: LGPL-2.1-or-later
"""One virtual machine: a kernel, a disk and an emulated TPM under software emulation.

The guest's first serial port is its console, the second one carries the results of a test stage.
Always tcg, never KVM, so that results and time limits mean the same everywhere.
"""

import contextlib
import dataclasses
import pathlib
import subprocess
import tempfile
import time

ROOT = 'root=/dev/nvme0n1 rw console=ttyS0 panic=-1 quiet systemd.show_status=0'


@dataclasses.dataclass
class Boot:
    """What a boot needs; paths are absolute."""

    kernel: pathlib.Path  # a folder with vmlinuz
    disk: pathlib.Path
    tpm: pathlib.Path  # swtpm's state, made on first use
    console: pathlib.Path
    channel: pathlib.Path
    arguments: list[str]  # for the kernel
    initrd: pathlib.Path | None = None
    limit: float = 240  # seconds until the machine is killed
    shell: bool = False  # console on stdio instead of a file


def copy_disk(image: pathlib.Path, disk: pathlib.Path, *files: pathlib.Path) -> None:
    """Makes the disk of a machine: a copy of an image with files, payload.tar first, put in."""
    writes = ''.join(f'write {file} {file.name}\n' for file in files)
    subprocess.run(['cp', '--sparse=always', image, disk], check=True)
    subprocess.run(['debugfs', '-w', '-f', '-', disk], check=True, text=True,
                   input=f'cd usr/lib/imadtest\n{writes}',
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def take_file(disk: pathlib.Path, path: str, target: pathlib.Path) -> None:
    """Copies a file from the disk of a machine that is off."""
    target.unlink(missing_ok=True)
    subprocess.run(['debugfs', '-R', f'dump {path} {target}', disk], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def prepare_tpm(state: pathlib.Path) -> None:
    """Makes a TPM 2.0 with the three usual banks, unless there is one already."""
    if state.exists():
        return
    state.mkdir(parents=True)
    subprocess.run(
        ['swtpm_setup', '--tpm2', '--tpmstate', state, '--pcr-banks', 'sha1,sha256,sha384'],
        check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def running_tpm(state: pathlib.Path):
    """A running swtpm; gives the path of its control socket, which must be short."""
    with tempfile.TemporaryDirectory(prefix='imad-tpm-') as folder:
        socket = pathlib.Path(folder, 'sock')
        process = subprocess.Popen(
            ['swtpm', 'socket', '--tpm2', '--tpmstate', f'dir={state}',
             '--ctrl', f'type=unixio,path={socket}', '--terminate'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while not socket.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            yield socket
        finally:
            process.terminate()
            process.wait()


def qemu_command(boot: Boot, socket: pathlib.Path) -> list[str]:
    """qemu under timeout(1), so that no machine outlives its limit even when this program dies."""
    console = 'mon:stdio' if boot.shell else f'file:{boot.console}'
    command = ['qemu-system-x86_64', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2',
               '-m', '2048', '-display', 'none', '-nic', 'none', '-no-reboot',
               '-nodefaults', '-no-user-config',
               '-serial', console, '-serial', f'file:{boot.channel}',
               '-kernel', str(boot.kernel / 'vmlinuz'),
               '-append', ' '.join([ROOT, *boot.arguments]),
               '-chardev', f'socket,id=tpm,path={socket}',
               '-tpmdev', 'emulator,id=tpm0,chardev=tpm', '-device', 'tpm-tis,tpmdev=tpm0']
    # One disk only: the kernel may find two NVMe controllers in either order.
    command += ['-drive', f'file={boot.disk},format=raw,if=none,id=disk,cache=unsafe',
                '-device', 'nvme,serial=disk,drive=disk']
    # A device that the driver jr3_pci can be bound to, so that it asks for firmware.
    command += ['-device', 'edu,addr=0x10']
    if boot.initrd:
        command += ['-initrd', str(boot.initrd)]
    if boot.shell:
        return command
    return ['timeout', '--foreground', '--kill-after=5', str(boot.limit), *command]


@contextlib.contextmanager
def started(boot: Boot):
    """The running qemu process; killed when the block is left early."""
    prepare_tpm(boot.tpm)
    boot.channel.touch()
    with running_tpm(boot.tpm) as socket:
        stdin = None if boot.shell else subprocess.DEVNULL
        process = subprocess.Popen(qemu_command(boot, socket), stdin=stdin)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()


def channel_lines(path: pathlib.Path) -> list[str]:
    """The lines of a result channel, which is raw text from a serial line."""
    return path.read_text(encoding='utf-8', errors='replace').replace('\r', '').splitlines()
