/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system/generation.h"

#include <inttypes.h>
#include <sys/file.h>

#include "base/digest.h"
#include "base/fs.h"
#include "base/strings.h"

#define GENERATIONS_MAX 100000U
#define STORE_WAIT_STEPS 100 /* of 0.1 s */

static void fragment_done(GenerationFragment *fragment)
{
        free(fragment->name);
        free(fragment->path);
        free(fragment->text);
        *fragment = (GenerationFragment){ 0 };
}

static void kernel_done(GenerationKernel *kernel)
{
        free(kernel->release);
        free(kernel->text);
        json_decref(kernel->provenance);
        *kernel = (GenerationKernel){ 0 };
}

void generation_done(Generation *generation)
{
        for (size_t i = 0; i < generation->n_fragments; i++)
                fragment_done(&generation->fragments[i]);
        for (size_t i = 0; i < generation->n_kernels; i++)
                kernel_done(&generation->kernels[i]);
        free(generation->fragments);
        free(generation->kernels);
        free(generation->state);
        free(generation->forced);
        free(generation->reason);
        *generation = (Generation){ 0 };
}

static int compute_sha256(const char *text, size_t size, char *hex)
{
        Digest digest;
        int r = digest_compute(HASH_SHA256, text, size, &digest);

        if (r >= 0)
                hex_encode(digest.bytes, digest.size, hex);
        return r;
}

static int copy_text(const char *text, size_t size, char **ret_copy)
{
        char *copy = malloc(size + 1);

        if (!copy)
                return -ENOMEM;
        if (size > 0)
                memcpy(copy, text, size);
        copy[size] = '\0';
        *ret_copy = copy;
        return 0;
}

int generation_add_fragment(Generation *generation, const char *name, const char *path,
                const char *text, size_t size)
{
        _cleanup_(fragment_done) GenerationFragment fragment = { .size = size };
        GenerationFragment *items;
        int r;

        fragment.name = strdup(name);
        fragment.path = strdup(path);
        if (!fragment.name || !fragment.path || copy_text(text, size, &fragment.text) < 0)
                return -ENOMEM;
        r = compute_sha256(text, size, fragment.sha256);
        if (r < 0)
                return r;
        items = reallocarray(generation->fragments, generation->n_fragments + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        generation->fragments = items;
        items[generation->n_fragments++] = TAKE_STRUCT(fragment);
        return 0;
}

int generation_add_kernel(Generation *generation, const char *release, const char *text,
                size_t size, size_t rules, json_t *provenance)
{
        _cleanup_(kernel_done) GenerationKernel kernel = { .size = size, .rules = rules };
        GenerationKernel *items;
        int r;

        if (size > GENERATION_POLICY_MAX)
                return -EFBIG;
        kernel.release = strdup(release);
        kernel.provenance = json_incref(provenance);
        if (!kernel.release || copy_text(text, size, &kernel.text) < 0)
                return -ENOMEM;
        r = compute_sha256(text, size, kernel.sha256);
        if (r < 0)
                return r;
        items = reallocarray(generation->kernels, generation->n_kernels + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        generation->kernels = items;
        items[generation->n_kernels++] = TAKE_STRUCT(kernel);
        return 0;
}

const GenerationKernel *generation_find_kernel(const Generation *generation, const char *release)
{
        for (size_t i = 0; i < generation->n_kernels; i++)
                if (string_equal(generation->kernels[i].release, release))
                        return &generation->kernels[i];
        return NULL;
}

bool generation_has_same_fragments(const Generation *a, const Generation *b)
{
        if (a->n_fragments != b->n_fragments)
                return false;
        for (size_t i = 0; i < a->n_fragments; i++)
                if (!string_equal(a->fragments[i].path, b->fragments[i].path) ||
                                !string_equal(a->fragments[i].sha256, b->fragments[i].sha256))
                        return false;
        return true;
}

bool generation_has_same_policies(const Generation *a, const Generation *b)
{
        if (a->n_kernels != b->n_kernels)
                return false;
        for (size_t i = 0; i < a->n_kernels; i++) {
                const GenerationKernel *other = generation_find_kernel(b, a->kernels[i].release);

                if (!other || !string_equal(a->kernels[i].sha256, other->sha256))
                        return false;
        }
        return true;
}

bool generation_has_same_rules(const Generation *a, const Generation *b)
{
        if (!generation_has_same_fragments(a, b))
                return false;
        for (size_t i = 0; i < a->n_kernels; i++) {
                const GenerationKernel *other = generation_find_kernel(b, a->kernels[i].release);

                if (other && !string_equal(a->kernels[i].sha256, other->sha256))
                        return false;
        }
        return true;
}

int generation_store_lock(int root_fd, int *ret_fd)
{
        _cleanup_close_ int fd = -EBADF;
        int r = fs_make_directories(root_fd, GENERATION_STORE_PATH, 0755);

        if (r < 0)
                return r;
        fd = fs_open(root_fd, GENERATION_STORE_PATH, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int generation_store_wait(int root_fd, int *ret_fd)
{
        int r = generation_store_lock(root_fd, ret_fd);

        for (unsigned i = 0; r == -EAGAIN && i < STORE_WAIT_STEPS; i++) {
                (void) usleep(100000);
                r = generation_store_lock(root_fd, ret_fd);
        }
        return r;
}

int generation_next_number(int root_fd, const GenerationState *state, uint64_t *ret_number)
{
        _cleanup_strings_ StringList names = { 0 };
        uint64_t next = state->next < 1 ? 1 : state->next;
        int r = fs_list_directory(root_fd, GENERATION_DIRECTORY, GENERATIONS_MAX, &names);

        if (r < 0 && r != -ENOENT)
                return r;
        for (size_t i = 0; i < names.count; i++) {
                uint64_t number;

                if (parse_u64(names.items[i], INT64_MAX - 1, &number) >= 0 && number >= next)
                        next = number + 1;
        }
        *ret_number = next;
        return 0;
}

int generation_policy_path(uint64_t number, const char *release, char **ret_path)
{
        char *path;

        if (asprintf(&path, GENERATION_DIRECTORY "/%" PRIu64 "/policy/%s.policy", number, release) <
                        0)
                return -ENOMEM;
        *ret_path = path;
        return 0;
}
