#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# imad-hook as apt and dpkg run it, where nothing is enforced and nobody listens: it must stop
# nothing, and say nothing.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

hook() {
  code=0
  "$IMAD_HOOK" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
}
is_silent() { [[ ! -s $scratch/out && ! -s $scratch/err ]]; }

hook apt-begin <<<$'VERSION 3\nAPT::Architecture=amd64\n\ndash - - none < 0.5 amd64 none **CONFIGURE**\ndash 0.4 amd64 none > - - none **REMOVE**'
ok "what brings no archive goes on" code_is 0
ok "in silence" is_silent
hook apt-begin <<<$'VERSION 2\n\n'
ok "another version of apt's protocol is refused" code_is 1
ok "with the reason" err_has "what the package manager tells cannot be read"
hook dpkg-begin
ok "dpkg without archives goes on" code_is 0
ok "in silence, too" is_silent
hook apt-end
ok "the end of apt is no failure where nobody listens" code_is 0
hook dpkg-end
ok "nor that of dpkg" code_is 0
hook nonsense
ok "other verbs are refused" code_is 2
ok "with the usage" err_has "Usage: imad-hook"
tap_end
