#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What only happens on terminals: colours, pager, progress. script(1) makes the terminal.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

# A pager that shows that it was used, and how.
mkdir "$scratch/bin"
cat >"$scratch/bin/less" <<'PAGER'
#!/bin/bash
printf 'paged secure=%s\n' "$LESSSECURE"
cat
PAGER
chmod +x "$scratch/bin/less"
export PATH=$scratch/bin:$PATH TERM=xterm
unset NO_COLOR

# on_terminal ARGUMENT…: as run, with all three streams on a terminal.
# shellcheck disable=SC2034
on_terminal() {
  script -qec "'$IMACTL' $*" /dev/null >"$scratch/out" 2>&1 </dev/null
  code=$?
}
out_lacks() { ! out_has "$1"; }
escape=$'\033['

answer 1 '{"checks":[{"id":"ima","result":"failed","message":"no IMA","hint":null}],"diagnostics":[]}'
on_terminal doctor
ok "the exit code passes through the pager" code_is 1
ok "a terminal gets colours" out_has "${escape}1;31m✗"
ok "a terminal gets the pager, in its secure mode" out_has "paged secure=1"
on_terminal doctor --no-pager
ok "--no-pager leaves it out" out_lacks paged
NO_COLOR=1 on_terminal doctor --no-pager
ok "NO_COLOR leaves colours out" out_lacks "${escape}1;31m"
TERM=dumb on_terminal doctor
ok "a dumb terminal gets neither" out_lacks "$escape"
ok "nor a pager" out_lacks paged
on_terminal doctor --json=short
ok "JSON is never paged" out_lacks paged
ok "JSON is never coloured" out_lacks "$escape"
run doctor
ok "a pipe gets no colours" out_lacks "$escape"

answer 0 '{"changed":false,"generation":4,"rules":14,"kernels":[],"diagnostics":[]}'
on_terminal policy apply --root=/r
ok "a terminal gets progress" out_has " 50 % compiling"
on_terminal policy apply --root=/r --quiet
ok "--quiet leaves progress out" out_lacks compiling
run policy apply --root=/r
ok "a pipe gets no progress" out_lacks compiling
tap_end
