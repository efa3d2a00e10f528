# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The cache: folders named by what they were made from, moved in place when they are complete.

# cache_entry RET NAME KEY BUILDER [ARGUMENT…]: puts the path of the entry NAME-KEY into the
# variable RET. When it is not there, BUILDER is called with an empty folder and the arguments,
# fills it, and it becomes the entry; an interrupted builder leaves nothing that could be taken
# for one.
cache_entry() {
  local -n cache_ret=$1
  local name=$2 key=$3 builder=$4 new lock
  shift 4
  cache_ret=$imad_cache/$name-$key
  mkdir -p "$imad_cache"
  exec {lock}>"$imad_cache/.$name.lock"
  flock "$lock"
  if [[ ! -d $cache_ret ]]; then
    new=$imad_cache/.new-$name-$key
    cache_remove "$new"
    mkdir -m 0755 "$new"
    # Not in a condition: there bash would go on after a failed command of the builder.
    "$builder" "$new" "$@"
    sync -f "$new"
    mv -T "$new" "$cache_ret"
  fi
  touch "$cache_ret"
  cache_expire "$name"
  exec {lock}>&-
}

# cache_expire NAME: keeps the three entries used last and those of the last two hours.
cache_expire() {
  local old
  find "$imad_cache" -maxdepth 1 \( -name "$1-*" -o -name ".new-$1-*" \) -printf '%T@ %p\n' |
    sort -rn | tail -n +4 | cut -d' ' -f2- | while IFS= read -r old; do
    [[ -n $(find "$old" -maxdepth 0 -mmin -120) ]] || cache_remove "$old"
  done
}

# cache_remove DIR: never across a mount that an interrupted run left inside.
cache_remove() {
  [[ ! -e $1 ]] || rm -rf --one-file-system -- "$1"
}
