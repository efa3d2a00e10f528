/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a generation back; nothing in its files is taken on trust. */
#include <inttypes.h>

#include "base/diag-code.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/strings.h"
#include "system/generation.h"
#include "system/kernel.h"

#define PROVENANCE_SIZE_MAX (64U * 1024 * 1024)
#define MANIFEST_SIZE_MAX (4U * 1024 * 1024)
#define MANIFEST_VERSION 1

static const char rewrite_hint[] = "run imactl policy apply, which writes a new generation";

static int damaged(DiagList *diags, const char *path, const char *why)
{
        return diag_error(diags, DIAG_CODE_GENERATION_DAMAGED, ((DiagPlace){ .source = path }),
                        rewrite_hint, "generation is damaged: %s", why);
}

static bool is_sha256_text(const char *text)
{
        uint8_t bytes[32];
        size_t size;

        return hex_decode(text, bytes, sizeof(bytes), &size) >= 0 && size == sizeof(bytes);
}

/* "KIND/NAME.SUFFIX" only: a manifest must not lead elsewhere. */
static bool is_file_name(const char *path, const char *kind, const char *name, const char *suffix)
{
        const char *rest = string_after(path, kind);
        size_t length = strlen(name);

        return rest && strncmp(rest, name, length) == 0 && string_equal(rest + length, suffix);
}

static int parse_kernel(const json_t *json, Generation *generation)
{
        const char *release, *policy, *provenance, *sha256;
        json_int_t rules, size;
        GenerationKernel *kernel = &generation->kernels[generation->n_kernels];

        if (json_unpack((json_t *) json, "{s:s, s:s, s:s, s:I, s:I, s:s}", "release", &release,
                            "policy", &policy, "provenance", &provenance, "rules", &rules, "size",
                            &size, "sha256", &sha256) < 0)
                return -EBADMSG;
        if (!kernel_release_is_valid(release) ||
                        !is_file_name(policy, "policy/", release, ".policy") ||
                        !is_file_name(provenance, "provenance/", release, ".json"))
                return -EBADMSG;
        if (rules < 0 || size < 0 || size > GENERATION_POLICY_MAX || !is_sha256_text(sha256))
                return -EBADMSG;
        *kernel = (GenerationKernel){ .rules = (size_t) rules, .size = (size_t) size };
        (void) strcpy(kernel->sha256, sha256);
        kernel->release = strdup(release);
        if (!kernel->release)
                return -ENOMEM;
        generation->n_kernels++;
        return 0;
}

static int parse_fragment(const json_t *json, Generation *generation)
{
        GenerationFragment *fragment = &generation->fragments[generation->n_fragments];
        const char *name, *path, *sha256;

        if (json_unpack((json_t *) json, "{s:s, s:s, s:s}", "name", &name, "path", &path, "sha256",
                            &sha256) < 0 ||
                        strchr(name, '/') || !is_sha256_text(sha256))
                return -EBADMSG;
        *fragment = (GenerationFragment){ .name = strdup(name), .path = strdup(path) };
        (void) strcpy(fragment->sha256, sha256);
        generation->n_fragments++;
        return fragment->name && fragment->path ? 0 : -ENOMEM;
}

static int parse_lists(const json_t *fragments, const json_t *kernels, Generation *generation)
{
        const json_t *item;
        size_t i;
        int r;

        generation->fragments = calloc(json_array_size(fragments) + 1, sizeof(GenerationFragment));
        generation->kernels = calloc(json_array_size(kernels) + 1, sizeof(GenerationKernel));
        if (!generation->fragments || !generation->kernels)
                return -ENOMEM;
        json_array_foreach (fragments, i, item) {
                r = parse_fragment(item, generation);
                if (r < 0)
                        return r;
        }
        json_array_foreach (kernels, i, item) {
                r = parse_kernel(item, generation);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Generations of earlier versions have none. */
static int parse_forced(const json_t *json, Generation *generation)
{
        const char *forced = json_string_value(json_object_get(json, "forced"));
        const char *reason = json_string_value(json_object_get(json, "reason"));

        if (!forced || !reason)
                return 0;
        generation->forced = strdup(forced);
        generation->reason = strdup(reason);
        return generation->forced && generation->reason ? 0 : -ENOMEM;
}

static int parse_manifest(
                const json_t *json, uint64_t number, Generation *generation, const char **ret_why)
{
        json_int_t version, own_number, created;
        const json_t *fragments, *kernels;
        const char *state;

        *ret_why = "a field of its manifest is missing or malformed";
        if (json_unpack((json_t *) json, "{s:I, s:I}", "version", &version, "number", &own_number) <
                        0)
                return -EBADMSG;
        if (version != MANIFEST_VERSION) {
                *ret_why = "it was written by another version of imad";
                return -EBADMSG;
        }
        if (own_number < 0 || (uint64_t) own_number != number) {
                *ret_why = "its manifest bears another number";
                return -EBADMSG;
        }
        if (json_unpack((json_t *) json, "{s:I, s:s, s:o, s:o}", "created_usec", &created, "state",
                            &state, "fragments", &fragments, "kernels", &kernels) < 0)
                return -EBADMSG;
        if (created < 0 || !json_is_array(fragments) || !json_is_array(kernels))
                return -EBADMSG;
        generation->number = number;
        generation->created_usec = (usec_t) created;
        generation->state = strdup(state);
        if (!generation->state || parse_forced(json, generation) < 0)
                return -ENOMEM;
        return parse_lists(fragments, kernels, generation);
}

int generation_load(int root_fd, uint64_t number, Generation *ret_generation, DiagList *diags)
{
        char path[sizeof(GENERATION_DIRECTORY) + 64];
        _cleanup_generation_ Generation generation = { 0 };
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *json = NULL;
        const char *why;
        size_t size;
        int r;

        (void) snprintf(path, sizeof(path), GENERATION_DIRECTORY "/%" PRIu64 "/generation.json",
                        number);
        r = fs_read_file(root_fd, path, MANIFEST_SIZE_MAX, &text, &size);
        if (r == -ENOENT) {
                (void) diag_error(diags, DIAG_CODE_GENERATION_MISSING,
                                ((DiagPlace){ .source = path }), rewrite_hint,
                                "generation %" PRIu64 " does not exist", number);
                return r;
        }
        if (r < 0)
                return r == -ENOMEM ? r : damaged(diags, path, strerror(-r));
        if (json_parse(text, size, &json) < 0)
                return damaged(diags, path,
                                size == 0 ? "its manifest is empty" : "its manifest is no JSON");
        r = parse_manifest(json, number, &generation, &why);
        if (r < 0)
                return r == -ENOMEM ? r : damaged(diags, path, why);
        *ret_generation = TAKE_STRUCT(generation);
        return 0;
}

int generation_read_policy(int root_fd, const Generation *generation,
                const GenerationKernel *kernel, char **ret_text, size_t *ret_size, DiagList *diags)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        char hex[GENERATION_DIGEST_TEXT_SIZE];
        Digest digest;
        size_t size;
        int r = generation_policy_path(generation->number, kernel->release, &path);

        if (r < 0)
                return r;
        r = fs_read_file(root_fd, path, GENERATION_POLICY_MAX, &text, &size);
        if (r == -ENOENT) {
                (void) diag_error(diags, DIAG_CODE_GENERATION_MISSING,
                                ((DiagPlace){ .source = path }), rewrite_hint,
                                "policy file of generation %" PRIu64 " is missing",
                                generation->number);
                return r;
        }
        if (r < 0)
                return r == -ENOMEM ? r : damaged(diags, path, strerror(-r));
        if (size != kernel->size)
                return damaged(diags, path, "its policy file has another size than written");
        r = digest_compute(HASH_SHA256, text, size, &digest);
        if (r < 0)
                return r;
        hex_encode(digest.bytes, digest.size, hex);
        if (!string_equal(hex, kernel->sha256))
                return damaged(diags, path, "its policy file was altered (SHA-256 differs)");
        *ret_text = TAKE_PTR(text);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int generation_read_provenance(int root_fd, const Generation *generation,
                const GenerationKernel *kernel, json_t **ret_provenance)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_json_ json_t *json = NULL;
        size_t size;
        int r;

        if (asprintf(&path, GENERATION_DIRECTORY "/%" PRIu64 "/provenance/%s.json",
                            generation->number, kernel->release) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = fs_read_file(root_fd, path, PROVENANCE_SIZE_MAX, &text, &size);
        if (r >= 0)
                r = json_parse(text, size, &json);
        if (r < 0)
                return r;
        if (!json_is_array(json) || json_array_size(json) != kernel->rules)
                return -EBADMSG;
        *ret_provenance = TAKE_PTR(json);
        return 0;
}
