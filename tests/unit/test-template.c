/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "core/measurements/template.h"
#include "fixture-list.h"

static const char d[20] = "12345678901234567890";
static const char d_ng[] = "sha1:\0"
                           "12345678901234567890";
static const char d_ngv2[] = "verity:sha1:\0"
                             "12345678901234567890";

#define FIELD(bytes) (bytes), sizeof(bytes) - 1

/* An entry of this template with fields given as (bytes, size) pairs, NULL at the end. */
static int decode(Buffer *list, const char *template, MeasurementView *ret_view, ...)
{
        _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
        _cleanup_buffer_ Buffer data = { 0 };
        static Buffer kept; /* the view borrows from the reader: copy what it shows */
        const char *bytes;
        Measurement m;
        va_list args;
        int r;

        va_start(args, ret_view);
        while ((bytes = va_arg(args, const char *))) {
                size_t size = va_arg(args, size_t);

                fixture_append_field(&data, bytes, size, false);
        }
        va_end(args);
        fixture_append_entry(list, 10, HASH_SHA1, template, &data, false);
        cr_assert_eq(measurement_reader_new(20, false, &reader), 0);
        cr_assert_eq(measurement_reader_feed(reader, list->data, list->size), 0);
        cr_assert_eq(measurement_reader_next(reader, &m), 1);
        buffer_done(&kept);
        cr_assert_eq(buffer_append(&kept, m.data, m.data_size), 0);
        m.data = (const uint8_t *) kept.data;
        r = measurement_decode(&m, ret_view);
        if (r == 0 && measurement_is_boot_aggregate(&m, ret_view))
                r = 1;
        return r;
}

#define DECODE(template, view, ...)                                                                \
        ({                                                                                         \
                _cleanup_buffer_ Buffer _list = { 0 };                                             \
                decode(&_list, (template), (view), ##__VA_ARGS__, NULL);                           \
        })

static void assert_name(const MeasurementView *view, const char *name)
{
        cr_assert_eq(view->malformed, 0);
        cr_assert_eq(view->name_size, strlen(name));
        cr_assert_arr_eq(view->name, name, strlen(name));
        cr_assert_eq(view->digest.size, 20);
        cr_assert_arr_eq(view->digest.bytes, d, 20);
        cr_assert_not(view->trailing);
}

Test(template, ima_ng)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-ng", &view, FIELD(d_ng), FIELD("/bin/sh\0")), 0);
        assert_name(&view, "/bin/sh");
        cr_assert_eq(view.digest.algorithm, HASH_SHA1);
        cr_assert_eq(view.digest_type, MEASUREMENT_DIGEST_NONE);
}

Test(template, ima_sig)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-sig", &view, FIELD(d_ng), FIELD("/a\0"), FIELD("\3\2sig")), 0);
        assert_name(&view, "/a");
        cr_assert_eq(view.signature_size, 5);
        cr_assert_arr_eq(view.signature, "\3\2sig", 5);
}

Test(template, empty_fields_are_absent)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-sig", &view, FIELD(d_ng), FIELD("/a\0"), FIELD("")), 0);
        assert_name(&view, "/a");
        cr_assert_not(measurement_view_has(&view, MEASUREMENT_FIELD_SIG));
        cr_assert_null(view.signature);
}

Test(template, ima_ngv2_names_the_kind_of_digest)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-ngv2", &view, FIELD(d_ngv2), FIELD("/a\0")), 0);
        assert_name(&view, "/a");
        cr_assert_eq(view.digest_type, MEASUREMENT_DIGEST_VERITY);
        cr_assert_eq(DECODE("ima-ngv2", &view, FIELD("ima:sha1:\00012345678901234567890"),
                                     FIELD("/a\0")),
                        0);
        cr_assert_eq(view.digest_type, MEASUREMENT_DIGEST_IMA);
}

Test(template, ima_sigv2)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-sigv2", &view, FIELD(d_ngv2), FIELD("/a\0"), FIELD("\6")), 0);
        assert_name(&view, "/a");
        cr_assert_eq(view.signature[0], 6);
}

Test(template, ima_buf)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-buf", &view, FIELD(d_ng), FIELD("kexec-cmdline\0"),
                                     FIELD("root=/dev/sda")),
                        0);
        assert_name(&view, "kexec-cmdline");
        cr_assert_eq(view.buffer_size, strlen("root=/dev/sda"));
        cr_assert_arr_eq(view.buffer, "root=", 5);
}

Test(template, ima_modsig)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-modsig", &view, FIELD(d_ng), FIELD("/m.ko\0"), FIELD("\3"),
                                     FIELD("sha1:\000abcdefghijabcdefghij"), FIELD("0der")),
                        0);
        assert_name(&view, "/m.ko");
        cr_assert_arr_eq(view.modsig_digest.bytes, "abcdefghijabcdefghij", 20);
        cr_assert_eq(view.modsig_size, 4);
        cr_assert_arr_eq(view.modsig, "0der", 4);
}

Test(template, evm_sig)
{
        MeasurementView view;

        cr_assert_eq(DECODE("evm-sig", &view, FIELD(d_ng), FIELD("/e\0"), FIELD("\5evm"),
                                     FIELD("security.ima|security.capability\0"),
                                     FIELD("\4\0\0\0\2\0\0\0"), FIELD("imaXca"), FIELD("\1\2\0\0"),
                                     FIELD("\3\0\0\0"), FIELD("\355\201")),
                        0);
        assert_name(&view, "/e");
        cr_assert_eq(view.evm_signature_size, 4);
        cr_assert_eq(view.xattr_names_size, strlen("security.ima|security.capability"));
        cr_assert_eq(view.xattr_lengths_size, 8);
        cr_assert_eq(view.xattr_values_size, 6);
        cr_assert_eq(view.uid, 0x201);
        cr_assert_eq(view.gid, 3);
        cr_assert_eq(view.mode, 0100755);
}

Test(template, ima_has_unframed_data)
{
        static const struct {
                size_t digest_size;
                HashAlgorithm algorithm;
        } cases[] = {
                {20,  HASH_SHA1},
                { 16, HASH_MD5 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_buffer_ Buffer data = { 0 };
                MeasurementView view;
                Measurement m = { .template = measurement_template_find("ima", 3) };

                cr_assert_eq(buffer_append(&data, d, cases[i].digest_size), 0);
                fixture_append_field(&data, "/bin/sh", 7, false);
                m.data = (const uint8_t *) data.data;
                m.data_size = data.size;
                cr_assert_eq(measurement_decode(&m, &view), 0);
                cr_assert_eq(view.digest.algorithm, cases[i].algorithm);
                cr_assert_arr_eq(view.digest.bytes, d, cases[i].digest_size);
                cr_assert_eq(view.name_size, 7);
                cr_assert_eq(view.malformed, 0);
        }
}

Test(template, custom_format_d_n_is_framed_and_has_a_nul)
{
        MeasurementView view;

        cr_assert_eq(DECODE("d|n", &view, d, sizeof(d), FIELD("/a\0")), 0);
        assert_name(&view, "/a");
        cr_assert_eq(view.digest.algorithm, HASH_SHA1);
}

Test(template, the_named_digest_wins_over_the_old_one)
{
        MeasurementView view;

        cr_assert_eq(DECODE("d-ng|d", &view, FIELD(d_ng), "aaaaaaaaaaaaaaaaaaaa", (size_t) 20), 0);
        cr_assert_arr_eq(view.digest.bytes, d, 20);
        cr_assert_eq(DECODE("d|d-ng", &view, "aaaaaaaaaaaaaaaaaaaa", (size_t) 20, FIELD(d_ng)), 0);
        cr_assert_arr_eq(view.digest.bytes, d, 20);
}

Test(template, boot_aggregate_is_recognised)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-ng", &view, FIELD(d_ng), FIELD("boot_aggregate\0")), 1);
        cr_assert_eq(DECODE("ima-ng", &view, FIELD(d_ng), FIELD("boot_aggregates\0")), 0);
}

/* Each field with contents that are not of its form: named, and the others still decoded. */
static const struct {
        const char *id;
        const char *bytes;
        size_t size;
} malformed[] = {
        {"d",             FIELD("short")                          },
        { "n",            FIELD("no-nul")                         },
        { "d-ng",         FIELD("sha256:\00012345678901234567890")},
        { "d-ng",         FIELD("sha1\00012345678901234567890")   },
        { "d-ng",         FIELD("sha9:\00012345678901234567890")  },
        { "d-ng",         FIELD("no-nul")                         },
        { "d-ngv2",       FIELD("sha1:\00012345678901234567890")  },
        { "d-ngv2",       FIELD("ima:\00012345678901234567890")   },
        { "n-ng",         FIELD("no-nul")                         },
        { "n-ng",         FIELD("two\0names\0")                   },
        { "d-modsig",     FIELD("sha1:\0short")                   },
        { "iuid",         FIELD("\1\0\0")                         },
        { "igid",         FIELD("\1\0\0\0\0")                     },
        { "imode",        FIELD("\1\0\0\0")                       },
        { "xattrnames",   FIELD("no-nul")                         },
        { "xattrlengths", FIELD("\1\0\0")                         },
};

Test(template, malformed_fields_are_named_and_disturb_no_other)
{
        for (size_t i = 0; i < ELEMENTSOF(malformed); i++) {
                MeasurementTemplate template;
                char format[64];
                MeasurementView view;

                (void) snprintf(format, sizeof(format), "%s|sig", malformed[i].id);
                cr_assert_eq(measurement_template_parse(format, strlen(format), &template), 0);
                cr_assert_eq(DECODE(format, &view, malformed[i].bytes, malformed[i].size,
                                             FIELD("sig")),
                                0);
                cr_assert_eq(view.malformed, UINT32_C(1) << template.fields[0], "case %zu", i);
                cr_assert_eq(view.present, UINT32_C(1) << MEASUREMENT_FIELD_SIG, "case %zu", i);
                cr_assert_eq(view.digest.size, 0);
        }
}

Test(template, fields_behind_a_wrong_length_are_malformed)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-sig", &view, FIELD(d_ng)), 0);
        cr_assert_eq(view.present, UINT32_C(1) << MEASUREMENT_FIELD_D_NG);
        cr_assert_eq(view.malformed, UINT32_C(1) << MEASUREMENT_FIELD_N_NG |
                                                     UINT32_C(1) << MEASUREMENT_FIELD_SIG);
}

Test(template, bytes_behind_the_last_field_are_noticed)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-ng", &view, FIELD(d_ng), FIELD("/a\0"), FIELD("more")), 0);
        cr_assert(view.trailing);
}

Test(template, unknown_layouts_cannot_be_decoded)
{
        MeasurementView view;

        cr_assert_eq(DECODE("ima-future", &view, FIELD(d_ng)), -EOPNOTSUPP);
}

Test(template, formats_that_the_kernel_does_not_know)
{
        static const char *const wrong[] = { "", "|", "d|", "|d", "d||n", "x", "d-ng|x", "D",
                "d|d|d|d|d|d|d|d|d|d|d|d|d|d|d|d" };
        MeasurementTemplate template;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                cr_assert_eq(measurement_template_parse(wrong[i], strlen(wrong[i]), &template),
                                -EBADMSG, "%s", wrong[i]);
        cr_assert_eq(measurement_template_parse("d|d|d|d|d|d|d|d|d|d|d|d|d|d|d", 29, &template), 0);
        cr_assert_eq(template.n_fields, MEASUREMENT_FIELDS_MAX);
}

Test(template, every_field_of_the_recorded_lists_parses)
{
        uint32_t seen = 0;

        for (size_t i = 0; i < ELEMENTSOF(fixture_lists); i++) {
                _cleanup_fixture_list_ FixtureList list = fixture_list_load(fixture_lists[i]);
                _cleanup_measurement_reader_ MeasurementReader *reader = NULL;
                const FixtureBinary *b = &list.binaries[0];
                Measurement m;

                cr_assert_eq(measurement_reader_new(b->digest_size, false, &reader), 0);
                cr_assert_eq(measurement_reader_feed(reader, b->bytes, b->size), 0);
                while (measurement_reader_next(reader, &m) > 0) {
                        MeasurementView view;

                        cr_assert_eq(measurement_decode(&m, &view), 0);
                        cr_assert_eq(view.malformed, 0);
                        cr_assert_not(view.trailing);
                        cr_assert_eq(measurement_is_boot_aggregate(&m, &view), m.number == 1);
                        seen |= view.present;
                }
        }
        /* No recorded file had a portable EVM signature. */
        cr_assert_eq(seen | UINT32_C(1) << MEASUREMENT_FIELD_EVMSIG |
                                        UINT32_C(1) << MEASUREMENT_FIELD_XATTRNAMES |
                                        UINT32_C(1) << MEASUREMENT_FIELD_XATTRLENGTHS |
                                        UINT32_C(1) << MEASUREMENT_FIELD_XATTRVALUES,
                        (UINT32_C(1) << MEASUREMENT_FIELD_MAX) - 1);
}
