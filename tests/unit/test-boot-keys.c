/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/wait.h>

#include "fixture-certificate.h"
#include "fixture-root.h"
#include "helpers/imad-load/boot-keys.h"

/* A program of root on a disk, with a label in the form of a signature by the only key there is. */
typedef struct Machine {
        BootKeys keys;
        FileFacts facts;
} Machine;

static Machine machine_new(void)
{
        Machine m = { .facts.stat.stx_mode = S_IFREG | 0755, .facts.magic = 0xef53 };
        uint8_t head[] = { 0x03, 0x02, 0x04, 0, 0, 0, 0, 0, 4 };
        uint32_t id;

        fixture_add_certificate(&m.keys.store.certificates, "cert-rsaski.pem");
        id = m.keys.store.certificates.items[0].key_ids[0];
        for (int i = 0; i < 4; i++)
                head[3 + i] = (uint8_t) (id >> (24 - 8 * i));
        memcpy(m.facts.label, head, sizeof(head));
        m.facts.label_size = sizeof(head) + 4;
        return m;
}

static bool fits(const Machine *m, const char *text, FileUse *ret_use)
{
        _cleanup_(simulate_freep) Simulator *policy = NULL;
        uint32_t line;

        cr_assert_eq(simulate_new(NULL, &policy), 0);
        cr_assert_eq(simulate_add_text(policy, "policy", text, strlen(text), NULL, &line), 0);
        cr_assert_eq(simulate_seal(policy, true), 0);
        return boot_keys_fit(&m->keys, policy, &m->facts, ret_use);
}

Test(boot_keys, use_is_the_one_that_the_policy_is_about)
{
        static const struct {
                const char *text;
                FileUse use; /* FILE_USE_INVALID: none */
        } cases[] = {
                {"appraise func=BPRM_CHECK appraise_type=imasig\n",                      FILE_USE_EXECUTE},
                { "appraise func=MMAP_CHECK mask=MAY_EXEC appraise_type=imasig\n",       FILE_USE_MAP    },
                { "appraise func=FILE_CHECK mask=MAY_READ uid=0 appraise_type=imasig\n",
                 FILE_USE_READ                                                                           },
                { "appraise func=MODULE_CHECK appraise_type=imasig\n",                   FILE_USE_MODULE },
                { "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig\n",
                 FILE_USE_KEXEC_KERNEL                                                                   },
                { "appraise func=BPRM_CHECK fowner=4711 appraise_type=imasig\n",         FILE_USE_INVALID},
                { "dont_appraise fsmagic=0xef53\nappraise func=BPRM_CHECK\n",            FILE_USE_INVALID},
                { "measure func=BPRM_CHECK\n",                                           FILE_USE_INVALID},
        };
        Machine m = machine_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                FileUse use = FILE_USE_INVALID;

                cr_expect_eq(fits(&m, cases[i].text, &use), cases[i].use != FILE_USE_INVALID, "%s",
                                cases[i].text);
                cr_expect_eq(use, cases[i].use, "%s", cases[i].text);
        }
        boot_keys_done(&m.keys);
}

Test(boot_keys, file_without_signature_by_a_key_does_not_fit)
{
        Machine m = machine_new();
        FileUse use;

        m.facts.label[3] ^= 1;
        cr_assert_not(fits(&m, "appraise func=BPRM_CHECK\n", &use));
        m.facts.label_size = 0;
        cr_assert_not(fits(&m, "appraise func=BPRM_CHECK\n", &use));
        boot_keys_done(&m.keys);
}

Test(boot_keys, without_certificates_no_keyring_is_touched)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_boot_keys_ BootKeys keys = { 0 };

        cr_assert_eq(boot_keys_load(root.fd, &keys), 0, "there is no /proc/keys");
        cr_assert_eq(keys.n_loaded + keys.refused.count, 0);
}

Test(boot_keys, file_without_certificate_is_told)
{
        _cleanup_root_ FixtureRoot root = fixture_root_new();
        _cleanup_boot_keys_ BootKeys keys = { 0 };

        fixture_root_write(&root, KEY_STORE_PATH "/a.pem", "nothing\n");
        cr_assert_eq(boot_keys_load(root.fd, &keys), 0);
        cr_assert_eq(keys.refused.count, 1);
        cr_assert(strstr(keys.refused.items[0], "a.pem"), "%s", keys.refused.items[0]);
}

Test(boot_keys, proof_needs_a_file_that_can_be_used)
{
        const TriggerList good = {
                {{ "/bin/sh", FILE_USE_MAP }, { "/bin/sh", FILE_USE_READ }},
                2
        };
        const TriggerList bad = { { { "/no/such/file", FILE_USE_READ } }, 1 };

        cr_assert_eq(boot_keys_prove(&good), 0);
        cr_assert_eq(boot_keys_prove(&bad), -ENOENT);
}

Test(boot_keys, claim_lasts_until_it_is_ended)
{
        TriggerList triggers = { { { "/bin/true", FILE_USE_READ } }, 1 };
        KeyClaim claim;
        pid_t claimer;

        cr_assert_eq(boot_keys_claim(&triggers, &claim), 0);
        cr_assert_geq(claim.n_claimers, 1);
        claimer = claim.claimers[0];
        cr_assert_eq(waitpid(claimer, NULL, WNOHANG), 0, "it goes on");
        boot_keys_end_claim(&claim);
        cr_assert_eq(waitpid(claimer, NULL, WNOHANG), -1);
        cr_assert_eq(errno, ECHILD);
}

Test(boot_keys, nothing_that_the_kernel_logs_is_done_again_and_again)
{
        TriggerList triggers = { { { "/bin/true", FILE_USE_MODULE } }, 1 };
        KeyClaim claim;

        cr_assert_eq(boot_keys_claim(&triggers, &claim), 0);
        cr_assert_eq(claim.n_claimers, 0);
        boot_keys_end_claim(&claim);
}
