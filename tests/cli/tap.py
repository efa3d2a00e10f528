# SPDX-License-Identifier: LGPL-2.1-or-later
"""How tests in Python tell Meson what has passed."""


def report(checks):
    """Prints pairs of a name and whether it passed; 0 when all have."""
    for number, (name, good) in enumerate(checks, 1):
        print(f'{"ok" if good else "not ok"} {number} - {name}')
    print(f'1..{len(checks)}')
    return 0 if all(good for _, good in checks) else 1
