/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/file-oracle.h"

#include "base/fs.h"
#include "system/appended-signature.h"
#include "system/file-facts.h"
#include "system/label-file.h"

void file_oracle_set_file(FileOracle *oracle, int path_fd)
{
        *oracle = (FileOracle){ .verifier = oracle->verifier, .path_fd = path_fd };
}

int file_oracle_check(FileOracle *oracle, SigningCheck *ret_check)
{
        if (!oracle->is_checked)
                oracle->error = signing_check_file(false, oracle->verifier, -EBADF, NULL,
                                oracle->path_fd, &oracle->check);
        oracle->is_checked = true;
        if (oracle->error < 0)
                return oracle->error;
        *ret_check = oracle->check;
        return 0;
}

static int digest(void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        FileOracle *oracle = userdata;

        if (!oracle->has_digest || oracle->is_verity != is_verity ||
                        (!is_verity && oracle->digest.algorithm != algorithm)) {
                int r = file_facts_digest(&oracle->path_fd, algorithm, is_verity, &oracle->digest);

                oracle->has_digest = r >= 0;
                oracle->is_verity = is_verity;
                if (r < 0)
                        return r;
        }
        *ret_digest = oracle->digest;
        return 0;
}

/* What appraisal.h wants to hear; what could not be checked stays open. */
static int verdict_to_answer(SignatureVerdict verdict)
{
        static const int answers[SIGNATURE_VERDICT_MAX] = {
                [SIGNATURE_VERDICT_UNSIGNED] = -ENODATA,
                [SIGNATURE_VERDICT_GOOD] = 1,
                [SIGNATURE_VERDICT_BAD] = 0,
                [SIGNATURE_VERDICT_UNKNOWN_KEY] = -EKEYREJECTED,
                [SIGNATURE_VERDICT_UNCHECKED] = -EOPNOTSUPP,
        };

        return answers[verdict];
}

/* A rule without fs-verity holds such a label against the digest of the content. */
static int verify_content_id(FileOracle *oracle, const AppraisalFile *file)
{
        Digest content;
        FileLabel label;
        int r = file_label_parse(FILE_LABEL_IMA, file->label, file->label_size, &label);

        if (r >= 0)
                r = digest(oracle, label.signature.hash, false, &content);
        if (r < 0)
                return r == -EBADMSG ? 0 : r;
        return verdict_to_answer(signature_verifier_check_file(
                        oracle->verifier, &label.signature, &content));
}

static int verify(void *userdata, const AppraisalFile *file, const Request *request, bool is_verity)
{
        FileOracle *oracle = userdata;
        SigningCheck check;
        int r;

        if (!oracle->verifier)
                return -ENOKEY;
        if (file->label[0] == APPRAISAL_LABEL_VERITY_SIGNATURE && !is_verity)
                return verify_content_id(oracle, file);
        r = file_oracle_check(oracle, &check);
        return r < 0 ? r : verdict_to_answer(check.ima);
}

static int check_appended(const FileOracle *oracle)
{
        _cleanup_appended_signature_ AppendedSignature signature = { 0 };
        _cleanup_label_file_ LabelFile file = { .fd = -EBADF };
        int r = label_file_open(oracle->path_fd, &file);

        if (r >= 0)
                r = appended_signature_load(file.fd, &signature);
        if (r < 0)
                return r;
        return oracle->verifier ? verdict_to_answer(appended_signature_check(
                                                  oracle->verifier, &signature))
                                : -ENOKEY;
}

static int verify_appended(void *userdata, const AppraisalFile *file, const Request *request)
{
        FileOracle *oracle = userdata;

        if (!oracle->is_appended_checked)
                oracle->appended = check_appended(oracle);
        oracle->is_appended_checked = true;
        return oracle->appended;
}

/* evm_verify_hmac() in security/integrity/evm/evm_main.c. */
static AppraisalEvm ask_evm(void *userdata, const AppraisalFile *file, const Request *request)
{
        FileOracle *oracle = userdata;
        SigningCheck check;

        if (!oracle->verifier || file_oracle_check(oracle, &check) < 0 ||
                        check.evm == SIGNATURE_VERDICT_UNCHECKED)
                return APPRAISAL_EVM_OPEN;
        if (check.evm == SIGNATURE_VERDICT_GOOD)
                return check.is_evm_portable ? APPRAISAL_EVM_PASSES_IMMUTABLE
                                             : APPRAISAL_EVM_PASSES;
        return check.is_evm_portable ? APPRAISAL_EVM_FAILS_IMMUTABLE : APPRAISAL_EVM_FAILS;
}

AppraisalOracle file_oracle_get_functions(FileOracle *oracle)
{
        return (AppraisalOracle){
                .digest = digest,
                .verify = verify,
                .userdata = oracle,
                .evm = ask_evm,
                .verify_appended = verify_appended,
        };
}
