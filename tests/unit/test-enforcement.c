/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "imad/enforcement.h"

#define APPRAISE "measure func=BPRM_CHECK\nappraise func=BPRM_CHECK appraise_type=imasig\n"

typedef struct Case {
        const char *command_line;
        const char *config; /* NULL: not known */
        const char *rules;
        Enforcement expected;
} Case;

static const Case cases[] = {
        {"ro quiet",                               NULL,                                                                 NULL,                                                      ENFORCEMENT_NONE   },
        { "ro",                                    NULL,                                                                 "measure func=BPRM_CHECK\ndont_appraise fsmagic=0x9fa0\n", ENFORCEMENT_NONE   },
        { "ro",                                    NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_ENFORCE},
        { "ima_appraise=log",                      NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_LOG    },
        { "ima_appraise=fix",                      NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_FIX    },
        { "ima_appraise=off",                      NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_OFF    },
        { "ima_appraise=log ima_appraise=enforce", NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_ENFORCE},
        { "ima_appraise=logging",                  NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_LOG    },
        { "ima_appraise=nonsense",                 NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_ENFORCE},
        { "ima_appraise=log",                      "CONFIG_IMA=y\nCONFIG_IMA_APPRAISE=y\n",                              APPRAISE,
         ENFORCEMENT_ENFORCE                                                                                                                                                                           },
        { "ima_appraise=log",                      "CONFIG_IMA_APPRAISE=y\nCONFIG_IMA_APPRAISE_BOOTPARAM=y\n",           APPRAISE,
         ENFORCEMENT_LOG                                                                                                                                                                               },
        { "ro",                                    "CONFIG_IMA=y\n# CONFIG_IMA_APPRAISE is not set\n",                   APPRAISE,
         ENFORCEMENT_UNSUPPORTED                                                                                                                                                                       },
        { "ro",                                    "CONFIG_IMA_APPRAISE=y\nCONFIG_IMA_APPRAISE_REQUIRE_MODULE_SIGS=y\n",
         "measure func=BPRM_CHECK\n",                                                                                                                                               ENFORCEMENT_ENFORCE},
        { "ima_policy=appraise_tcb",               NULL,                                                                 NULL,                                                      ENFORCEMENT_ENFORCE},
        { "ima_policy=tcb|secure_boot",            NULL,                                                                 NULL,                                                      ENFORCEMENT_ENFORCE},
        { "ima_policy=\"tcb appraise_tcb\" ro",    NULL,                                                                 NULL,                                                      ENFORCEMENT_ENFORCE},
        { "ima_policy=tcb ima_appraise_tcb",       NULL,                                                                 NULL,                                                      ENFORCEMENT_ENFORCE},
        { "ima_policy=tcb",                        NULL,                                                                 NULL,                                                      ENFORCEMENT_NONE   },
 /* The first custom policy drops what the command line asked for. */
        { "ima_policy=appraise_tcb",               NULL,                                                                 "measure func=BPRM_CHECK\n",                               ENFORCEMENT_NONE   },
        { NULL,                                    NULL,                                                                 APPRAISE,                                                  ENFORCEMENT_ENFORCE},
};

Test(enforcement, follows_the_kernel)
{
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(kconfig_freep) Kconfig *config = NULL;
                const Case *c = &cases[i];

                if (c->config)
                        cr_assert_eq(kconfig_parse(c->config, strlen(c->config), &config), 0);
                cr_expect_eq(enforcement_determine(&(EnforcementInput){
                                             .ima = true,
                                             .command_line = c->command_line,
                                             .config = config,
                                             .rules = c->rules,
                             }),
                                c->expected, "case %zu: %s", i, c->command_line);
        }
}

Test(enforcement, without_ima)
{
        cr_expect_eq(enforcement_determine(&(EnforcementInput){ .rules = APPRAISE }),
                        ENFORCEMENT_UNSUPPORTED);
}
