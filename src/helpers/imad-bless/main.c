/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imad-bless: judges this boot when it has come up; imad-bless.service runs it. */
#include "base/exit-code.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/message-id.h"
#include "helpers/imad-bless/facts.h"

/* What cannot be found out speaks against the boot: it is added as a sentence. */
static int collect(BlessFacts *facts, bool due)
{
        static const struct {
                int (*ask)(BlessFacts *facts);
                const char *what;
        } sources[] = {
                {facts_ask_systemd,   "systemd cannot be asked for its units" },
                { facts_read_denials, "the journal cannot be read for denials"},
                { facts_try_login,    "the login path cannot be tried"        },
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < (due ? ELEMENTSOF(sources) : 1); i++) {
                int error = sources[i].ask(facts);

                if (error < 0) {
                        log_error("%s: %s", sources[i].what, strerror(-error));
                        r = string_list_add(&facts->denials, sources[i].what);
                }
        }
        return r;
}

static void tell(BlessVerdict verdict, const StringList *problems)
{
        for (size_t i = 0; i < problems->count; i++)
                log_error("%s", problems->items[i]);
        if (verdict == BLESS_VERDICT_BLESSED)
                log_event(LOG_NOTICE, MESSAGE_ID_BOOT_BLESSED, NULL,
                                "this boot came up under the policy");
        else if (verdict == BLESS_VERDICT_WAITING)
                log_event(LOG_NOTICE, MESSAGE_ID_BOOT_BLESSED, NULL,
                                "this boot came up under the policy; it waits for imactl policy "
                                "confirm, else the machine reboots");
        else if (verdict == BLESS_VERDICT_FAILED)
                log_event(LOG_ERR, MESSAGE_ID_BOOT_FAILED, NULL,
                                "this boot is not as it should be under the policy; the machine "
                                "reboots when BootTimeoutSec= is over");
}

int main(int argc, char **argv)
{
        _cleanup_bless_facts_ BlessFacts facts = { 0 };
        _cleanup_strings_ StringList problems = { 0 };
        _cleanup_close_ int root_fd = -EBADF;
        BlessVerdict verdict;
        int r;

        log_open("imad-bless");
        if (argc > 1) {
                fputs("Usage: imad-bless\nJudges this boot; imad-bless.service runs it.\n", stderr);
                return EXIT_CODE_USAGE;
        }
        root_fd = fs_open_root(NULL);
        r = root_fd < 0 ? root_fd : collect(&facts, bless_is_due(root_fd));
        if (r >= 0)
                r = bless_boot(root_fd, &facts, &verdict, &problems);
        if (r < 0) {
                log_error("this boot cannot be judged: %s", strerror(-r));
                return EXIT_CODE_FAILURE;
        }
        tell(verdict, &problems);
        return verdict == BLESS_VERDICT_FAILED ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
