#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# attest: what reaches the worker, and what people see of its answer.
# Functions are called by name, through ok.
# shellcheck disable=SC2317,SC2089,SC2090
# shellcheck source=tests/cli/lib.sh
. "$(dirname -- "$0")/lib.sh"

worker_called_with() { [[ $(<"$FAKE_LOG") == "$1" ]]; }

verified='{"status":"verified","failed":null,"checks":[{"check":"key","result":"passed"},{"check":"allow-list","result":"skipped"}],"key":{"type":"prime256v1","fingerprint":"ab12","pinned":true},"attested":3,"entries":4,"violations":1,"diagnostics":[]}'
refuted='{"status":"refuted","failed":"nonce","checks":[{"check":"nonce","result":"failed"}],"key":{"type":"prime256v1","fingerprint":"ab12","pinned":false},"attested":3,"entries":3,"violations":0,"diagnostics":[{"severity":"error","code":"E453","source":"e.tar","line":0,"column":0,"message":"the quote is of another nonce","hint":"ask again"}]}'

run attest quote
ok "quote needs a nonce" code_is 2
ok "and says how to make one" err_has "openssl rand"
run attest verify e.tar
ok "verify needs a nonce" code_is 2

answer 0 '{"path":"e.tar","banks":["sha256"],"key":{"type":"prime256v1","fingerprint":"ab12"},"event_log":true,"ek_certificate":false,"diagnostics":[]}'
run attest quote --nonce=01 --output=e.tar --tcti=device:/dev/tpm0
ok "quote succeeds" code_is 0
ok "options reach the worker" worker_called_with \
  "--output=e.tar --nonce=01 --tcti=device:/dev/tpm0 attest-quote"
ok "it says where the evidence is" out_has "Evidence written to e.tar."
ok "it names the key" out_has "Key: prime256v1 ab12"

answer 0 "$verified"
run attest verify e.tar --nonce=01 --ak=ak.pub --allow-list=l
ok "verified is exit code 0" code_is 0
ok "the file reaches the worker" worker_called_with \
  "--nonce=01 --ak=ak.pub --allow-list=l attest-verify -- e.tar"
ok "it says so" out_has "The evidence is verified."
ok "it counts" out_has "3 of 4 entries attested, 1 violation; key prime256v1 ab12"
ok "what was not checked is told" out_has "not checked: every file is on the allow list"
run attest verify e.tar --nonce=01 -q
ok "-q prints nothing" out_is_empty

answer 6 "$refuted"
run attest verify e.tar --nonce=01
ok "refuted is exit code 6" code_is 6
ok "the first thing wrong is named" out_has "The evidence is REFUTED. The first thing wrong: nonce."
ok "the cause goes to stderr" err_has "another nonce [E453]"
run attest verify e.tar --nonce=01 --json=short
ok "JSON is pure" is_pure_json
ok "and has the verdict" json_is 'v["status"] == "refuted" and v["failed"] == "nonce"'

answer 9 '{"status":"malformed","diagnostics":[]}'
run attest verify e.tar --nonce=01
ok "malformed is exit code 9" code_is 9
ok "and says so" out_has "malformed: it cannot be checked"
tap_end
