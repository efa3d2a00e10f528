/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * imad-repair: attaches what the journal of a package transaction that was cut short has signatures
 * for. It is static and needs no file but the journal and /proc, so that it runs where the C
 * library itself has lost its signature; imad-repair.service runs it before the policy is loaded.
 */
#include "base/exit-code.h"
#include "base/fs.h"
#include "system/transaction-journal.h"

static void print_result(const TransactionJournal *journal, const TransactionReplay *replay)
{
        printf("a transaction of %s was cut short: %zu files have got their signatures, %zu had "
               "theirs, %zu wait for one\n",
                        journal->owner_name, replay->labelled, replay->right, replay->missing);
        if (replay->missing > 0)
                puts("imad-gate.service makes the signatures that are missing, or imactl sign "
                     "--installed");
}

static int repair(int root_fd)
{
        _cleanup_transaction_journal_ TransactionJournal journal = { 0 };
        TransactionReplay replay;
        int r = transaction_journal_load(root_fd, &journal);

        if (r == -ENOENT) {
                puts("no transaction was cut short: " TRANSACTION_JOURNAL_PATH " is not there");
                return EXIT_CODE_OK;
        }
        if (r >= 0)
                r = transaction_journal_replay(root_fd, &journal, &replay);
        if (r < 0) {
                fprintf(stderr,
                                "imad-repair: %s cannot be read: %s; imactl sign --installed signs "
                                "what comes from packages\n",
                                TRANSACTION_JOURNAL_PATH, strerror(-r));
                return EXIT_CODE_FAILURE;
        }
        print_result(&journal, &replay);
        if (replay.failed == 0)
                return EXIT_CODE_OK;
        fprintf(stderr,
                        "imad-repair: %zu files cannot be signed: %s; run it again when that is "
                        "mended\n",
                        replay.failed, strerror(-replay.error));
        return EXIT_CODE_FAILURE;
}

int main(int argc, char **argv)
{
        _cleanup_close_ int root_fd = -EBADF;

        if (argc > 1) {
                fputs("Usage: imad-repair\nAttaches the signatures that a package transaction "
                      "which "
                      "was cut short has left to do.\n",
                                stderr);
                return EXIT_CODE_USAGE;
        }
        root_fd = fs_open_root(NULL);
        if (root_fd < 0) {
                fprintf(stderr, "imad-repair: /: %s\n", strerror(-root_fd));
                return EXIT_CODE_FAILURE;
        }
        return repair(root_fd);
}
