/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares imad's verdicts on labels with those that two kernels gave: name, uid, security.ima and
 * security.evm in hexadecimal, and allow or deny of each kernel, separated by tabs, in each row.
 * IMAD_XATTR_CASES names another recording. The recording says which files and policy they were.
 */
#include "base/strings.h"
#include "core/policy/simulate/appraisal.h"
#include "core/policy/simulate/builtin.h"
#include "core/signature/evm.h"
#include "fixture-verdicts.h"

#define LABEL_MAX 65536U
#define COLUMNS 2
#define FIELDS (4 + COLUMNS)

static const char content[] = "payload\n";
static const char policy[] = "appraise fowner=0\n"
                             "appraise fowner=1000 appraise_type=imasig\n";

/* The machines that were recorded. They could load no modules, and 6.1 is built without ECDSA. */
static const struct {
        const char *name;
        const char *target;
        bool has_ecdsa;
} kernels[COLUMNS] = {
        {"6.1",   "debian-12-without-modules",           false},
        { "6.12", "debian-12-backports-without-modules", true },
};
static const char *const certificates[] = { "cert-rsa.pem", "cert-rsano.pem", "cert-rsaski.pem",
        "cert-ec.pem" };

typedef struct Column {
        Target *target;
        Simulator *simulator;
        CertificateList keys;
        SignatureVerifier *verifier;
        VerdictCount count;
} Column;

typedef struct File {
        const Column *column;
        uint32_t uid;
        uint8_t ima[LABEL_MAX];
        uint8_t evm[LABEL_MAX];
        size_t ima_size;
        size_t evm_size;
} File;

static int compute_digest(
                void *userdata, HashAlgorithm algorithm, bool is_verity, Digest *ret_digest)
{
        const File *file = userdata;

        if (is_verity || target_has_hash(file->column->target, algorithm) == 0)
                return -EOPNOTSUPP;
        return digest_compute(algorithm, content, strlen(content), ret_digest);
}

static int verify_label(void *userdata, const AppraisalFile *unused_file,
                const Request *unused_request, bool is_verity)
{
        const File *file = userdata;
        Signature signature;
        Digest digest;

        if (signature_parse(file->ima, file->ima_size, &signature) < 0 ||
                        compute_digest(userdata, signature.hash, is_verity, &digest) < 0)
                return 0;
        return signature_verifier_check_file(file->column->verifier, &signature, &digest) ==
               SIGNATURE_VERDICT_GOOD;
}

static AppraisalEvm verify_evm(
                void *userdata, const AppraisalFile *unused_file, const Request *unused_request)
{
        const File *file = userdata;
        const EvmAttribute ima = { "security.ima", file->ima, file->ima_size };
        const EvmFile evm = {
                .attributes = &ima,
                .n_attributes = 1,
                .uid = file->uid,
                .mode = S_IFREG | 0644,
        };
        bool portable = file->evm[0] == SIGNATURE_TYPE_PORTABLE, good;
        Signature signature;

        good = signature_parse(file->evm, file->evm_size, &signature) >= 0 &&
               target_has_hash(file->column->target, signature.hash) > 0 &&
               evm_check(&evm, file->evm, file->evm_size, file->column->verifier) ==
                               SIGNATURE_VERDICT_GOOD;
        if (good)
                return portable ? APPRAISAL_EVM_PASSES_IMMUTABLE : APPRAISAL_EVM_PASSES;
        return portable ? APPRAISAL_EVM_FAILS_IMMUTABLE : APPRAISAL_EVM_FAILS;
}

/* A digest that the kernel cannot compute leaves the case open here, and is denied there. */
static bool is_allowed(const Column *column, File *file, bool is_evm_active)
{
        const Request request = {
                .func = RULE_FUNC_FILE_CHECK,
                .mask = RULE_MASK_READ,
                .user.any = true,
                .group.any = true,
                .owner = file->uid,
                .fsname = "tmpfs",
        };
        const SimulateDecision decision = simulate_decide(column->simulator, &request);
        const AppraisalFile appraised = {
                .label = file->ima,
                .label_size = file->ima_size,
                .has_xattrs = true,
                .has_evm_label = file->evm_size > 0,
                .size = strlen(content),
        };
        const AppraisalSettings settings = { APPRAISE_MODE_ENFORCE, HASH_SHA256, is_evm_active,
                10 };
        const AppraisalOracle oracle = { compute_digest, verify_label, file, verify_evm };

        file->column = column;
        return appraisal_judge(&decision, &request, &appraised, &settings, &oracle).status ==
               APPRAISAL_STATUS_PASSES;
}

static int parse_label(const char *text, uint8_t *bytes, size_t *ret_size)
{
        *ret_size = 0;
        return string_equal(text, "-") ? 0 : hex_decode(text, bytes, LABEL_MAX, ret_size);
}

static int check_row(void *userdata, char *row, size_t line)
{
        static File file;
        Column *columns = userdata;
        char *fields[FIELDS] = { NULL };
        uint64_t uid;
        size_t n = 0;

        if (row[0] == '#' || row[0] == '\0')
                return 0;
        while (n < FIELDS && row)
                fields[n++] = strsep(&row, "\t");
        if (n < FIELDS || row || parse_u64(fields[1], UINT32_MAX, &uid) < 0 ||
                        parse_label(fields[2], file.ima, &file.ima_size) < 0 ||
                        parse_label(fields[3], file.evm, &file.evm_size) < 0) {
                printf("line %zu is no row of this format\n", line);
                return -EBADMSG;
        }
        file.uid = (uint32_t) uid;
        for (size_t i = 0; i < COLUMNS; i++) {
                bool allowed = is_allowed(&columns[i], &file, string_after(fields[0], "evm"));
                const char *got = allowed ? "allow" : "deny", *recorded = fields[4 + i];

                columns[i].count.rows++;
                if (string_equal(got, recorded))
                        columns[i].count.agree++;
                else
                        printf("%s: line %zu: %s: expected %s, got %s\n", kernels[i].name, line,
                                        fields[0], recorded, got);
        }
        return 0;
}

static int load_certificate(int root, const char *name, Column *column, bool has_ecdsa)
{
        _cleanup_free_ char *path = NULL, *pem = NULL;
        _cleanup_diags_ DiagList diags = { 0 };
        size_t size;
        int r;

        if (!has_ecdsa && strstr(name, "-ec."))
                return 0;
        if (asprintf(&path, "%s/%s", RECORDINGS, name) < 0)
                return -ENOMEM;
        r = fs_read_file(root, path, CERTIFICATE_FILE_SIZE_MAX, &pem, &size);
        if (r >= 0)
                r = certificate_list_parse(&column->keys, pem, size, &diags, path);
        if (r < 0)
                printf("%s cannot be used: %s\n", path, strerror(-r));
        return r;
}

static int load_column(int root, size_t i, Column *column)
{
        uint32_t line = 0;
        int r = verdicts_load_target(root, kernels[i].target, &column->target);

        for (size_t j = 0; r >= 0 && j < ELEMENTSOF(certificates); j++)
                r = load_certificate(root, certificates[j], column, kernels[i].has_ecdsa);
        if (r >= 0)
                r = signature_verifier_new(&column->keys, &column->verifier);
        if (r >= 0)
                r = simulate_new(column->target, &column->simulator);
        if (r >= 0)
                r = simulate_add_text(column->simulator, "policy", policy, strlen(policy),
                                column->target, &line);
        return r < 0 ? r : simulate_seal(column->simulator, true);
}

static void column_done(Column *column)
{
        simulate_free(column->simulator);
        signature_verifier_free(column->verifier);
        certificate_list_done(&column->keys);
        target_free(column->target);
}

int main(void)
{
        _cleanup_close_ int root = fs_open_root("/");
        _cleanup_free_ char *text = NULL;
        Column columns[COLUMNS] = { 0 };
        bool agree = true;
        int r = verdicts_read(root, "IMAD_XATTR_CASES", RECORDINGS "/xattr-cases.tsv", &text);

        for (size_t i = 0; r >= 0 && i < COLUMNS; i++)
                r = load_column(root, i, &columns[i]);
        if (r >= 0)
                r = verdicts_for_each_line(text, check_row, columns);
        for (size_t i = 0; i < COLUMNS; i++) {
                agree &= r >= 0 && verdicts_report(&columns[i].count, kernels[i].name);
                column_done(&columns[i]);
        }
        return agree ? EXIT_SUCCESS : EXIT_FAILURE;
}
