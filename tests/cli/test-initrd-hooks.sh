#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The hooks of initramfs-tools and dracut, with fakes for their functions and for imad-load. A kernel
# and its initrd are installed whatever imad can tell.
# Functions are called by name, through ok.
# shellcheck disable=SC2317
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

# load CODE TEXT: what imad-load --list prints, and how it ends.
load() {
  printf '#!/bin/sh\nprintf %s "%s"\nexit %d\n' '%s' "$2" "$1" >"$scratch/imad-load"
  chmod +x "$scratch/imad-load"
}

# The hook with its paths in $scratch, as it cannot be told others.
sed -e "s|^\. .*|. $scratch/functions|" -e "s|^load=.*|load=$scratch/imad-load|" "$INITRD_HOOK" \
  >"$scratch/hook"
cat >"$scratch/functions" <<'END'
copy_exec() { echo "exec $1"; return "${FAKE_EXEC:-0}"; }
copy_file() { echo "$1 $2"; case $2 in *missing*) return 2 ;; *there*) return 1 ;; esac; }
END
hook() {
  code=0
  version=6.1.0 sh "$scratch/hook" >"$scratch/out" 2>"$scratch/err" || code=$?
}

load 0 ''
hook
ok "initramfs-tools: without placement in the initrd nothing is copied" out_is ''
ok "and nothing is said" err_is_empty

load 0 $'/etc/imad/there\n/etc/imad/missing\n/etc/imad/last'
hook
ok "initramfs-tools: a file that cannot be copied leaves the initrd to be made" code_is 0
ok "with a warning" err_has "/etc/imad/missing is not in the initrd for 6.1.0"
ok "one that is there already is none" test "$(wc -l <"$scratch/err")" -eq 1
ok "the others are copied" out_has "imad /etc/imad/last"

FAKE_EXEC=1 hook
ok "initramfs-tools: without imad-load in it the initrd is made" code_is 0
ok "and is said to load nothing" err_has "the initrd for 6.1.0 will load no policy"

load 1 ''
hook
ok "initramfs-tools: a list that cannot be told leaves the initrd to be made" code_is 0
ok "and is said to load nothing, too" err_has "the initrd for 6.1.0 will load no policy"

check() {
  code=0
  (
    dwarn() { echo "$*" >&2; }
    export kernel=6.1.0
    # shellcheck source=/dev/null
    . <(sed "s|\"\${dracutsysrootdir-}.*/imad-load\"|$scratch/imad-load|" "$DRACUT_MODULE")
    check
  ) >"$scratch/out" 2>"$scratch/err" || code=$?
}
check
ok "dracut: a list that cannot be told leaves the module out" code_is 1
ok "with a warning" err_has "the initrd for 6.1.0 will load no policy"
load 0 ''
check
ok "dracut: without placement in the initrd it is left out" code_is 1
ok "in silence" err_is_empty
load 0 '/etc/imad/imad.conf'
check
ok "dracut: where there is something to copy it is taken" code_is 0
tap_end
