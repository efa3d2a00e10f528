# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For stages that install packages under enforcement: the repository, the key, and who was denied what.

. "$payload/signed.sh"

control=/usr/local/bin/imadtest-unsigned
libc=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)
waiting=/run/imadtest-waiting # where the package imadtest-wait waits
go=/run/imadtest-go

# put_repository: apt knows the repository and no other.
put_repository() {
  mkdir -p "$work/repository"
  tar -xf /usr/lib/imadtest/repository.tar -C "$work/repository"
  rm -f /etc/apt/sources.list.d/*
  : >/etc/apt/sources.list
  add_source "[signed-by=$work/repository/archive.asc]" ./
}

# add_source OPTIONS DIRECTORY: apt knows one more directory of the repository.
add_source() {
  echo "deb $1 file:$work/repository $2" >>/etc/apt/sources.list
  works "apt reads $2" apt-get -q update
}

# put_key: imad signs with the key of the image.
put_key() {
  mkdir -p /etc/imad
  install -m 0600 "$payload/keys/ima.key" /etc/imad/ima.key
  printf '%s\n' '[Signing]' 'SigningKey=/etc/imad/ima.key' >/etc/imad/imad.conf
}

# denials: what the kernel has denied in this boot, less the control program and what imad asks it by.
denials() {
  journalctl -b --no-pager -o cat _TRANSPORT=audit + _TRANSPORT=kernel | grep -E 'op=(appraise_data|collect_data)' |
    grep -vE "$control|appraisal-probe-"
}

# no_denials NAME
no_denials() {
  is "$(denials)" '' "$1: nothing was denied"
  is "$(journalctl -b --no-pager -o cat -k | grep -c 'audit: .*lost=[1-9]')" 0 "$1: no record of denials was lost"
}

# watch_control: tries the unsigned program all the time; unwatch_control tells how often it ran.
watch_control() {
  rm -f "$work"/control-*
  (
    while :; do
      if "$control" 2>/dev/null; then echo >>"$work/control-ran"; else echo >>"$work/control-denied"; fi
      sleep 1
    done
  ) &
  watcher=$!
}

unwatch_control() {
  kill "$watcher"
  wait "$watcher" 2>/dev/null
  works "$1: the unsigned program was denied all the time" test -s "$work/control-denied" -a ! -e "$work/control-ran"
}

# apt ARGUMENT…: nobody is asked anything.
apt() {
  env DEBIAN_FRONTEND="${frontend:-noninteractive}" apt-get -q -y "$@"
}

# change NAME ARGUMENT…: apt-get with these arguments, which nothing is denied to; its seconds go into $took.
change() {
  local name=$1 start=$SECONDS
  shift
  watch_control
  works "$name" apt "$@"
  took=$((SECONDS - start))
  echo "$out" >"$work/apt.log"
  unwatch_control "$name"
  denied "$name: the unsigned program afterwards" "$control"
  no_denials "$name"
}

# enforce_signatures: with the repository, imad's key, and the control program.
enforce_signatures() {
  came_up 'with signed files'
  put_repository
  put_key
  put_unsigned
  enforce 45-signed-modules-and-firmware 51-signed-programs-and-libraries
  denied 'an unsigned program' "$control"
}

# last_transaction: the report of the newest one.
last_transaction() {
  local number
  number=$(find /var/lib/imad/transactions -name "*.json" -printf "%f\n" 2>/dev/null | sort -n | tail -1)
  [[ -z $number ]] || cat "/var/lib/imad/transactions/$number"
}

# verified NAME PACKAGE…: what can be executed or mapped of the packages has a good signature.
verified() {
  local what=$1
  shift
  dpkg -L "$@" | sort -u | while read -r file; do
    name=${file##*/}
    [[ ! -f $file || -L $file ]] || [[ ! -x $file && $name != *.so && $name != *.so.* ]] || echo "$file"
  done >"$work/files"
  for file in "$@"; do
    ls /var/lib/dpkg/info/"$file".{pre,post}{inst,rm} /var/lib/dpkg/info/"$file":*.{pre,post}{inst,rm} 2>/dev/null
  done >>"$work/files"
  works "$what: its files verify" xargs -a "$work/files" imactl verify --cert="$payload/keys/ima.der"
}

# cost NAME: how long ten packages take that every upgrade uses; all that they need is there before.
cost() {
  local start
  start=${EPOCHREALTIME/./}
  works "$1: ten packages are installed again" apt install --reinstall libc6 bash dash coreutils perl-base dpkg apt \
    systemd libssl3 ca-certificates
  took=$(((${EPOCHREALTIME/./} - start) / 1000))
  echo "$took" >"$work/cost-$1"
  figure "reinstall-$1" "$took" ms
}

# hold_transaction PACKAGE…: apt installs them and then waits, until release_transaction.
hold_transaction() {
  rm -f "$waiting" "$go"
  apt install --reinstall "$@" imadtest-wait >"$work/apt.log" 2>&1 &
  apt=$!
  until [[ -e $waiting ]] || ! kill -0 "$apt" 2>/dev/null; do sleep 0.5; done
  works 'the transaction waits in the middle' test -e "$waiting"
}

release_transaction() {
  : >"$go"
  if wait "$apt"; then
    ok 'the transaction ends well'
  else
    not_ok 'the transaction ends well' "$(tail -n 20 "$work/apt.log")"
  fi
  settled
}

# settled: waits until imad-gate has ended the transaction, which it does by itself.
settled() {
  until [[ ! -e /var/lib/imad/transaction.journal && -z $(processes imad-labeller) ]]; do sleep 0.2; done
}

# processes NAME: of imad-gate, by the names that they give themselves.
processes() {
  pgrep -P "$(systemctl show -P MainPID imad-gate.service)" -x "$1"
}

# resumes NAME: within five seconds a program can be executed again, which opens its file and libraries. Uses
# nothing but the shell itself until that is so.
resumes() {
  local start=$EPOCHREALTIME usec
  until (/bin/true) 2>/dev/null; do
    ((${EPOCHREALTIME/./} - ${start/./} < 20000000)) || break
  done
  usec=$((${EPOCHREALTIME/./} - ${start/./}))
  figure "resume-${1// /-}" "$((usec / 1000))" ms
  at_most "$((usec / 1000))" 5000 "$1: opens resume within 5 s"
}

# label FILE: its security.ima in hexadecimal; nothing where it has none.
label() {
  getfattr --absolute-names -e hex -n security.ima "$1" 2>/dev/null | sed -n 's/^security.ima=//p'
}

# labelled FILE: waits for it.
labelled() {
  local i
  for ((i = 0; i < 100; i++)); do
    [[ -z $(label "$1") ]] || return 0
    sleep 0.1
  done
  return 1
}

# new_gate NAME: waits until another one has taken its place.
new_gate() {
  local i old=$gate
  for ((i = 0; i < 100; i++)); do
    gate=$(processes imad-gate)
    [[ -z $gate || $gate == "$old" ]] || break
    sleep 0.1
  done
  like "$gate" '^[0-9]+$' "$1: a gate runs"
  unlike "$gate" "^$old\$" "$1: it is another one"
}

# kill_gate: kills $gate while nothing can start, as libc6 and bash, of the transaction that waits, are unsigned.
kill_gate() {
  setfattr -x security.ima "$libc" /usr/bin/bash
  if (/bin/true) 2>/dev/null; then
    not_ok 'without the signature of libc6 nothing starts'
  else
    ok 'without the signature of libc6 nothing starts'
  fi
  kill -9 "$gate"
  resumes killed
  works 'killed: libc6 has its signature again' labelled "$libc"
  works 'killed: so has bash' labelled /usr/bin/bash
  new_gate killed
}
