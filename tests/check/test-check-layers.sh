#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The layering check fails on each kind of wrong include. Usage: test-check-layers.sh SOURCE-ROOT
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed=0
# expect VERDICT FILE INCLUDE
expect() {
  rm -rf "$work/src"
  mkdir -p "$work/$(dirname "$2")"
  echo "#include $3" >"$work/$2"
  if bash "$source/tools/check-layers" "$work" 2>/dev/null; then verdict=clean; else verdict=refused; fi
  [ "$verdict" = "$1" ] || { echo "$2 with $3: $verdict, expected $1" >&2; failed=1; }
}

mkdir -p "$work/src/core"
expect clean src/core/policy/rule/rule.c '"base/diag.h"'
expect clean src/imactl/main.c '"core/policy/rule/rule.h"'
expect refused src/base/diag.c '"core/policy/rule/rule.h"'
expect refused src/core/policy/rule/rule.c '"system/kernel.h"'
expect refused src/core/policy/rule/rule.c '<unistd.h>'
expect refused src/core/policy/rule/rule.c '"base/fs.h"'
expect refused src/imactl/status.c '"system/kernel.h"'
expect refused src/bus/names.c '"core/policy/rule/rule.h"'
expect refused src/system/kernel.c '"bus/names.h"'
expect refused src/imad/main.c '"imactl/verbs.h"'
expect refused src/imad/main.c '"manager.h"'
exit $failed
